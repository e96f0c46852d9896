"""The manual form (requirement C2): printed sheets and blanks for people, and files that they filled in."""
