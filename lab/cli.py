"""The command line of the lab."""

import argparse
import json
import sys

from lab import serve
from lab.errors import LabError
from lab.lab import Lab


def main(arguments: list[str]) -> int:
    """Runs one command; returns the exit code: 0, 1 when a check failed, 2 when the lab cannot do it, 130 on Ctrl-C."""
    if arguments[:1] == ["serve"]:
        return serve.main(arguments[1:])
    given = _parser().parse_args(arguments)
    try:
        return int(given.run_command(given) or 0)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lab: interrupted, everything is cleared away", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    up = verbs.add_parser("up", help="start a lab in the background")
    up.add_argument(
        "--asterisk", choices=["22", "16"], help="which Asterisk (default: an installed one, else 22)"
    )
    up.add_argument("--json", action="store_true", help="print the addresses as one JSON object")
    up.set_defaults(run_command=_up)
    return parser


def _up(given: argparse.Namespace) -> None:
    with Lab.start(given.asterisk) as lab:
        facts = lab.facts.public()
        lab.release()
        print(json.dumps(facts))
        import time

        time.sleep(1000)
