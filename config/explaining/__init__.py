"""Saying in words what a policy would do: the real core is told a made-up story, and what it decides is put down."""

from config.explaining.story import Asked, Happening, Story, Unknown, told
from config.explaining.words import LANGUAGES, as_json, lines

__all__ = ["LANGUAGES", "Asked", "Happening", "Story", "Unknown", "as_json", "lines", "told"]
