"""What the page for filled-in forms needs, as plain values."""

from dataclasses import dataclass
from pathlib import Path

from config.policy import SitePolicy


@dataclass(frozen=True, slots=True)
class FormDoor:
    """spool: the folder into which rows go; rejects: the one in which rows that are wrong are kept."""

    policy: SitePolicy
    spool: Path
    rejects: Path
