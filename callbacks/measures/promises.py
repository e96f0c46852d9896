"""Promises counted for the callback measures (requirement G, E2, E8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from callbacks.measures.imports import Shift
from callbacks.measures.records import AgentSpan, AgentState
from callbacks.measures.tally import over_all, state_of
from callbacks.values import PromiseState

PRESENT = frozenset(
    {AgentState.IDLE, AgentState.RINGING, AgentState.CALL, AgentState.AFTER_CALL, AgentState.OTHER}
)


@dataclass(frozen=True, slots=True)
class PromiseCount:
    """What of one promise is counted. attempts: calls that reached the line; reached: those in which the caller spoke.

    first_at: when the first attempt began; first_by: when it was owed. adopted: the caller got through by himself.
    """

    created_at: datetime
    scope: str
    agent: str
    incident: str
    state: PromiseState
    adopted: bool
    first_at: datetime | None
    first_by: datetime | None
    attempts: int
    reached: int
    tries: int


def promise_sums(promises: Iterable[PromiseCount], now: datetime) -> dict[str, float]:
    """Sums by the names of ``callbacks.measures.words``. Merged promises are counted as merged and as nothing else."""
    names = (
        "promises", "merged", "expired", "never_dialled", "on_time", "overdue", "first_wait_s", "tried", "contacted",
        "attempts", "successes", "done_at_once",
    )  # fmt: skip
    sums = dict.fromkeys(names, 0.0)
    for one in promises:
        if one.state is PromiseState.MERGED:
            sums["merged"] += 1
            continue
        _add(sums, one, now)
    return sums


def _add(sums: dict[str, float], one: PromiseCount, now: datetime) -> None:
    done = one.state is PromiseState.DONE and one.reached > 0
    sums["promises"] += 1
    sums["expired"] += one.state is PromiseState.UNREACHABLE
    sums["never_dialled"] += _is_never_dialled(one)
    sums["attempts"] += one.attempts
    sums["contacted"] += one.reached > 0
    sums["successes"] += done
    sums["done_at_once"] += done and one.reached == 1
    if one.first_at is not None:
        sums["tried"] += 1
        sums["first_wait_s"] += max(0.0, (one.first_at - one.created_at).total_seconds())
    if one.first_by is None or (one.first_at is None and _is_closed(one)):
        return
    if one.first_at is not None or now > one.first_by:
        in_time = one.first_at is not None and one.first_at <= one.first_by
        sums["on_time" if in_time else "overdue"] += 1


def _is_closed(one: PromiseCount) -> bool:
    return one.state in (
        PromiseState.DONE,
        PromiseState.REFUSED,
        PromiseState.UNREACHABLE,
        PromiseState.CANCELLED,
    )


def _is_never_dialled(one: PromiseCount) -> bool:
    """E8: closed, though nobody was called, the caller did not take it back, and did not get through by himself."""
    closed = _is_closed(one) and one.state is not PromiseState.CANCELLED
    return closed and one.tries == 0 and not one.adopted


def adherence_sums(
    shifts: Iterable[Shift], spans: Iterable[AgentSpan], until: datetime
) -> dict[str, dict[str, float]]:
    """Agent → seconds on the roster up to ``until``, and those of them signed in and not paused, each once over all queues."""
    there: dict[str, list[AgentSpan]] = {}
    for span in spans:
        there.setdefault(span.agent, []).append(span)
    merged = {
        agent: [one for one in over_all(his) if state_of(one) in PRESENT] for agent, his in there.items()
    }
    sums: dict[str, dict[str, float]] = {}
    for shift in shifts:
        end = min(shift.until, until)
        if end <= shift.since:
            continue
        mine = sums.setdefault(shift.agent, {"rostered_s": 0.0, "adhered_s": 0.0})
        mine["rostered_s"] += (end - shift.since).total_seconds()
        for span in merged.get(shift.agent, ()):
            overlap = (min(end, span.until) - max(shift.since, span.since)).total_seconds()
            mine["adhered_s"] += max(0.0, overlap)
    return sums
