"""What a run has found, for people, for programs and for docs/reliability.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bench.callers.owed import Due, due
from bench.callers.reckoning import LOST, TWICE, WRONGLY, Reckoning

MOST_QUIET = 5  # of those who heard nothing for too long, so many are shown


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run. at: aware UTC; version: of this tree; seconds: from the first fault to the last one mended."""

    faults: int
    planned: int
    seed: int
    rate: float
    at: datetime
    version: str
    asterisk: str
    seconds: float
    recovery: float
    whole: Reckoning
    kinds: Mapping[str, tuple[int, Reckoning]]
    without: Sequence[str]
    notes: Sequence[str] = ()


def share(values: Sequence[float], part: float) -> float:
    """The value below which this part of them lies; 0.0 without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def lines(done: Outcome) -> list[str]:
    """The end of a run in the terminal."""
    one = done.whole
    quiet = one.silences
    head = (
        f"faults {done.faults} of {done.planned}, seed {done.seed}, Asterisk {done.asterisk}, "
        f"{done.seconds:.0f} s, recovered in {done.recovery:.1f} s, version {done.version}"
    )
    ledger = (
        f"must {one.due[Due.MUST]}   found {one.found}   lost {one.count(LOST)}   twice {one.count(TWICE)}   "
        f"wrongly there {one.count(WRONGLY)}   (may {one.due[Due.MAY]}, of them {one.may_found} kept; "
        f"must not {one.due[Due.MUST_NOT]})"
    )
    silence = (
        f"time in silence: p50 {share(quiet, 0.5):.2f} s   p99 {share(quiet, 0.99):.2f} s   "
        f"worst {max(quiet, default=0.0):.2f} s   of {len(quiet)} calls"
    )
    tiers = ", ".join(f"tier {tier}: {count}" for tier, count in sorted(one.tiers.items()))
    said = [
        head,
        f"calls {one.calls}, answered {one.answered}; written down by {tiers}",
        ledger,
        silence,
        *_table(done.kinds),
    ]
    if done.without:
        said.append(f"not done here: {', '.join(done.without)}")
    return [*said, *done.notes, *(_wrong(wrong) for wrong in [*one.wrong, *one.quiet[:MOST_QUIET]])]


def _table(kinds: Mapping[str, tuple[int, Reckoning]]) -> list[str]:
    rows = [
        f"{'fault':16} {'n':>4} {'calls':>6} {'must':>5} {'found':>5} {'lost':>4} {'twice':>5} {'wrong':>5} p99 silence"
    ]
    for kind, (count, part) in sorted(kinds.items()):
        rows.append(
            f"{kind:16} {count:4} {part.calls:6} {part.due[Due.MUST]:5} {part.found:5} {part.count(LOST):4} "
            f"{part.count(TWICE):5} {part.count(WRONGLY):5} {share(part.silences, 0.99):9.2f} s"
        )
    return rows


def _wrong(wrong: Any) -> str:
    story = wrong.story
    heard = " ".join(f"{run.sound}({run.packets})@{run.begun:.1f}" for run in story.runs)
    keys = " ".join(f"{digits}@{at:.1f}" for at, digits in story.keys)
    return (
        f"{wrong.what.upper()}: caller {story.person.own} ({story.person.way}; other {story.person.other or '-'}) "
        f"placed {story.placed:.1f} answered {story.answered and round(story.answered, 1)} ended "
        f"{story.ended and round(story.ended, 1)} by {story.ended_by or '-'}{' dead' if story.dead else ''}; "
        f"due {due(story)}; heard {heard or 'nothing'}; pressed {keys or 'nothing'}; in the book {wrong.in_book}"
    )


def as_json(done: Outcome) -> dict[str, Any]:
    """For programs."""
    return {
        "faults": done.faults,
        "planned": done.planned,
        "seed": done.seed,
        "rate": done.rate,
        "at": done.at.isoformat(),
        "version": done.version,
        "asterisk": done.asterisk,
        "seconds": round(done.seconds, 1),
        "recovery": round(done.recovery, 1),
        "without": list(done.without),
        **_figures(done.whole),
        "kinds": {kind: {"faults": count, **_figures(part)} for kind, (count, part) in done.kinds.items()},
    }


def _figures(one: Reckoning) -> dict[str, Any]:
    return {
        "calls": one.calls,
        "answered": one.answered,
        "must": one.due[Due.MUST],
        "found": one.found,
        "lost": one.count(LOST),
        "twice": one.count(TWICE),
        "wrongly_there": one.count(WRONGLY),
        "may": one.due[Due.MAY],
        "may_kept": one.may_found,
        "must_not": one.due[Due.MUST_NOT],
        "silence_p50": round(share(one.silences, 0.5), 3),
        "silence_p99": round(share(one.silences, 0.99), 3),
        "silence_worst": round(max(one.silences, default=0.0), 3),
    }
