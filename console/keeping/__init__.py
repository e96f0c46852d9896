"""Keeping, forgetting and one person's data, for the command line."""
