"""Starts the script of tier 2 as Asterisk would, with a book of what it has made durable (see power.py)."""

import os
import sys
from pathlib import Path

from . import power

DURABLE = "CHAOS_DURABLE"  # where each sync is written down


def main() -> int:
    """One call."""
    power.watch(Path(os.environ[DURABLE]), ".jsonl")
    from ivr.local_agi import main as script  # after watch(): it takes what it needs of os by name

    return script()


if __name__ == "__main__":
    sys.exit(main())
