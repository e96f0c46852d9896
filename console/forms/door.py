"""What the page for filled-in forms needs, as plain values."""

from dataclasses import dataclass
from pathlib import Path

from config.policy import SitePolicy


@dataclass(frozen=True, slots=True)
class FormDoor:
    """spool: the folder into which rows go; data: the site's. rejects: where rows that are wrong are kept."""

    policy: SitePolicy
    spool: Path
    data: Path

    @property
    def rejects(self) -> Path:
        """In the site's folder."""
        return self.data / "forms"
