"""What is kept between runs, outside every clone."""

import os
from pathlib import Path


def cache(name: str) -> Path:
    """$XDG_CACHE_HOME/holdfast/NAME; not made here."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "holdfast" / name
