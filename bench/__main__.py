"""``python -m bench``: every figure, one after the other; with ``--json`` one object a figure."""

import argparse
import sys

from bench import captures, rungs, switch


def main() -> int:
    """The worst exit code of all: 0 only when every figure was reached."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true")
    json = ["--json"] if parser.parse_args().json else []
    return max(captures.main(["--rate", "60", "--seconds", "30", *json]), switch.main(json), rungs.main(json))


if __name__ == "__main__":
    sys.exit(main())
