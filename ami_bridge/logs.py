"""The bridge's log."""

from callbacks.logs import set_up

__all__ = ["set_up"]
