"""``python -m tests.chaos --faults N --seed S``: ends with must, found, lost, twice, wrongly there and time in silence."""

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from lab.errors import LabError

from . import pages
from .papers import as_json, lines
from .run import Run
from .world import ROOT


def main(argv: Sequence[str] | None = None) -> int:
    """0: nothing lost, twice or wrongly there; 1: something was; 2: it cannot be run here; 130: interrupted."""
    given = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        done = Run(given.faults, given.seed, given.rate, given.asterisk, _say, given.keep, given.store).run(
            _version()
        )
    except LabError as error:
        _say(f"chaos: {error}")
        return 2
    except KeyboardInterrupt:
        _say("chaos: interrupted; everything is cleared away")
        return 130
    print("\n".join(lines(done)))  # noqa: T201  # this is a program
    if given.json:
        given.json.write_text(json.dumps(as_json(done), indent=1) + "\n")
    if given.report:
        pages.write(given.report, done)
    return 1 if done.whole.bad or done.whole.found == 0 else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--asterisk", choices=["22", "16"], default=None)
    parser.add_argument(
        "--rate", type=float, default=2.0, help="calls a second; full load is four times as many"
    )
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the logs of bridge and Asterisk there"
    )
    parser.add_argument("--report", type=_page, metavar="FILE", help="a page such as docs/reliability.md")
    return parser


def _page(name: str) -> Path:
    """Looked at before the run: afterwards would be an hour too late."""
    file = Path(name)
    if not file.is_file() or pages.BEGIN not in file.read_text(encoding="utf-8"):
        raise argparse.ArgumentTypeError(f"{name} is no page with {pages.BEGIN} in it")
    return file


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201  # this is a program


def _version() -> str:
    """The commit of this tree, with the day it was made."""
    words = ["git", "-C", str(ROOT), "log", "-1", "--format=%h of %cs"]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    return said.stdout.strip() or datetime.now(UTC).strftime("unknown, run on %Y-%m-%d")


if __name__ == "__main__":
    sys.exit(main())
