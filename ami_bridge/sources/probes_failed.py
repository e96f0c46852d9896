"""What every way of asking says when a part does not work."""


class Failed(Exception):
    """It does not work; the text says why in some words."""
