"""What a played storm says: figures of the promises and of live callers, and the words that stand beside them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from bench.report import Figure, quantile
from bench.storm_book import Dial
from bench.storm_centre import Tally
from bench.storm_people import HOUR
from bench.storm_play import OUTAGE, STORM_AT, Played
from callbacks.values import Matter, Promise

POINTS = 0.001  # what callbacks may cost live callers
CLASSES = {"danger": (Matter.DANGER,), "fault": (Matter.FAULT,), "complaint": (Matter.COMPLAINT,)}


def waits(played: Played) -> dict[str, list[float]]:
    """Seconds from the promise to its first attempt, by class, of those that were tried."""
    found: dict[str, list[float]] = defaultdict(list)
    for one in played.book.promises.values():
        if one.first_at is not None:
            found[class_of(one)].append((one.first_at - one.created_at).total_seconds())
    return {name: found[name] for name in (*CLASSES, "others")}


def class_of(promise: Promise) -> str:
    """Of the classes whose times are printed."""
    return next((name for name, matters in CLASSES.items() if promise.matter in matters), "others")


def late(played: Played) -> int:
    """Promises that were not closed within the policy's days, or not at all."""
    book = played.book
    return sum(
        one.closed_at is None
        or ((until := book.owed[one.id].give_up_at) is not None and one.closed_at > until)
        for one in book.promises.values()
    )


def first_late(played: Played) -> int:
    """Promises whose first attempt came after the day that E2 gives it."""
    return sum(
        one.first_by is not None and (one.first_at or one.closed_at or one.first_by) > one.first_by
        for one in played.book.promises.values()
    )


def never_dialled(played: Played) -> int:
    """Closed, though nobody was ever called; whoever got through by himself is no such case (E6, E8)."""
    return sum(
        one.closed_at is not None and one.tries == 0 and one.reason != "adopted"
        for one in played.book.promises.values()
    )


def called_twice(dials: Sequence[Dial]) -> int:
    """Calls to somebody who was being called already, or whose promise was closed by an earlier call."""
    closing, by_promise = ("answered", "refused"), defaultdict(list)
    for one in sorted(dials, key=lambda dial: dial.start):
        by_promise[one.promise].append(one)
    pairs = [pair for calls in by_promise.values() for pair in pairwise(calls)]
    return sum(later.start < first.end or first.outcome.value in closing for first, later in pairs)


def refused(played: Played, until: float) -> Tally:
    """Live callers from the moment at which callbacks were allowed."""
    return played.centre.between(STORM_AT + OUTAGE, until)


def figures(ours: Played, without: Played) -> list[Figure]:
    """What became of the promises, and of live callers beside the same days without callbacks."""
    assert ours.dispatcher is not None
    count, dials = len(ours.book.promises), ours.dispatcher.dials
    there, base = (refused(one, ours.last + HOUR) for one in (ours, without))
    share, floor = (tally.refused / max(1, tally.calls) for tally in (there, base))
    made = [
        Figure(
            "storm late", late(ours), "promises", 0, 0, "0 after the policy's days", not late(ours), count
        ),
        _zero("storm never dialled", never_dialled(ours), count),
        _zero("storm called twice", called_twice(dials), len(dials)),
        Figure(
            *("storm refused", share, "share", floor, share / floor if floor else 0.0),
            *("floor + 0.001", share <= floor + POINTS, there.calls),
        ),
    ]
    for name, seconds in waits(ours).items():
        hours = [quantile(seconds, at) / HOUR for at in (0.9, 0.5)] if seconds else [0.0, 0.0]
        ratio = hours[0] / hours[1] if hours[1] else 0.0
        made.append(
            Figure(
                f"storm first {name} p90",
                hours[0],
                "h",
                hours[1],
                ratio,
                "told, floor: p50",
                True,
                len(seconds),
            )
        )
    return made


def _zero(name: str, count: int, of: int) -> Figure:
    return Figure(name, count, "calls", 0, 0, "0", count == 0, of)


def told(ours: Played, without: Played) -> list[str]:
    """What stands beside the figures, for people."""
    assert ours.dispatcher is not None
    states = Counter(one.state for one in ours.book.promises.values())
    day = ours.centre.between(STORM_AT, STORM_AT + OUTAGE)
    there, base = (refused(one, ours.last + HOUR) for one in (ours, without))
    lines = [
        f"in the outage: {day.calls} calls, {day.refused} refused, {len(ours.book.promises)} promises",
        f"last promise closed after {(ours.last - STORM_AT) / HOUR:.1f} h; first attempt later than E2's day: {first_late(ours)}",
        "ends: "
        + ", ".join(f"{state} {count}" for state, count in states.items())
        + f" (adopted {ours.book.adopted})",
        "attempts: " + ", ".join(f"{word} {count}" for word, count in ours.dispatcher.outcomes.most_common()),
    ]
    for name, tally in (("with callbacks", there), ("without", base)):
        lines.append(
            f"live callers {name}: {tally.calls} calls, {tally.refused / tally.calls:.2%} refused, "
            f"{tally.abandoned / tally.calls:.2%} gave up, {tally.within / tally.answered:.1%} answered in 20 s, "
            f"wait {tally.waited / tally.answered:.1f} s"
        )
    for name, seconds in waits(ours).items():
        p50, p90, most = (
            (quantile(seconds, share) / HOUR for share in (0.5, 0.9, 1.0)) if seconds else (0, 0, 0)
        )
        lines.append(
            f"first attempt, {name}: p50 {p50:.2f} h, p90 {p90:.2f} h, longest {most:.2f} h ({len(seconds)})"
        )
    return lines
