"""How a benchmark says what it found: words for people, one JSON object a figure for programs."""

import json
import sys
from dataclasses import asdict, dataclass

from bench.host import warning


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure. floor: what the same run measured for the least that must be done; ratio: figure ÷ floor.

    reach: what the design asks for, in words. ok: whether it was reached. n: how many samples stand behind it.
    """

    name: str
    figure: float
    unit: str
    floor: float
    ratio: float
    reach: str
    ok: bool
    n: int


def show(figures: list[Figure], as_json: bool) -> int:
    """Prints the figures and returns the exit code: 0 when all were reached."""
    for one in figures:
        word = "reached" if one.ok else "NOT reached"
        print(
            f"{one.name:24} {one.figure:12.3f} {one.unit:10} floor {one.floor:10.3f}  ratio {one.ratio:7.3f}  "
            f"({one.reach}: {word}, n={one.n})",
            file=sys.stderr if as_json else sys.stdout,
        )
    if said := warning():
        print(said, file=sys.stderr)
    if as_json:
        for one in figures:
            print(json.dumps(asdict(one)))
    return 0 if all(one.ok for one in figures) else 1


def quantile(samples: list[float], share: float) -> float:
    """The sample below which ``share`` (0 to 1) of them lie; raises ValueError without samples."""
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
