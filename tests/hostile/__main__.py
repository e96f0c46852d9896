"""``python -m tests.hostile --streams N --seed S``: no crash, no hang, no growth; ends with how many there were."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from .run import GROWTH, main_report, split_everywhere


def main(argv: Sequence[str] | None = None) -> int:
    """0: all went well; 1: memory grew. What crashes or hangs is raised, with the number of its stream."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--streams", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--cuts", action="store_true", help="also cut every recorded conversation at every byte"
    )
    given = parser.parse_args(argv)
    done = main_report(given.streams, given.seed, lambda text: print(text, file=sys.stderr, flush=True))  # noqa: T201  # a program
    said = (
        f"{done.agi + done.ami} streams ({done.agi} AGI, {done.ami} AMI with {done.messages} messages; {done.kept} lines left) "
        f"in {done.seconds:.0f} s, slowest {done.slowest * 1000:.0f} ms, grown by {done.grown:.1f} MB; seed {given.seed}"
    )
    print(said)  # noqa: T201  # a program
    if given.cuts:
        print(f"{asyncio.run(split_everywhere())} cuts, all the same")  # noqa: T201  # a program
    return 1 if done.grown > GROWTH else 0


if __name__ == "__main__":
    sys.exit(main())
