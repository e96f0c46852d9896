"""What a look can come to."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.policy import SitePolicy
from config.settings import Settings


class NotWell(Exception):
    """Something must be mended: the field, what is wrong with it, and the remedy."""

    def __init__(self, field: str, what: str, remedy: str) -> None:
        super().__init__(f"{field}: {what}")
        self.field, self.what, self.remedy = field, what, remedy


class Warned(NotWell):
    """It works as it is, but somebody should know."""


@dataclass(frozen=True, slots=True)
class Place:
    """files: the folder with what was rendered for Asterisk. user: that Asterisk runs as, "" find out."""

    settings: Settings
    policy: SitePolicy
    files: Path
    user: str = ""


Look = Callable[[Place], str]
"""Returns what is well. Raises NotWell or Warned."""
