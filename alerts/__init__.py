"""The ways to reach staff, until someone acknowledges."""
