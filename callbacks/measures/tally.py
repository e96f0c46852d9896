"""Raw records counted: rows of sums by half hour, queue, agent and incident. Sums of sums are sums, so a day is its half hours.

How many waited for how many seconds is kept too (``Waits``), so that the seconds of the service level and of short abandons may
be chosen afterwards. A row without a queue holds an agent's time over all his queues, each second once.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import pairwise

from callbacks.measures.half_hours import half_hour_of
from callbacks.measures.records import (
    AFTER_CALL_REASONS,
    SITE_STATES,
    AgentSpan,
    AgentState,
    CallEnd,
    CallRecord,
    Transfer,
    is_open,
)

Sums = Mapping[str, float]
CALL_COUNTERS = (
    "total", "answered", "abandoned", "left", "unknown", "cut", "answered_waited", "answered_wait_s", "waited", "wait_s",
    "talked", "talk_s", "hold_s", "rung", "ring_s", "queued", "transferred", "callbacks", "callbacks_taken",
    "callback_talk_s", "callback_hold_s",
)  # fmt: skip
TIME_COUNTERS = (
    "idle_s", "ringing_s", "call_s", "after_s", "other_s", "paused_s", "away_s", "missed", "missed_s", "seen_s", "full_s",
)  # fmt: skip
COUNTERS = (*CALL_COUNTERS, *TIME_COUNTERS)
QUEUED_AFTER = 1.0  # a caller for whom a phone rings within so many seconds did not queue
_TIME = {
    AgentState.IDLE: "idle_s",
    AgentState.RINGING: "ringing_s",
    AgentState.CALL: "call_s",
    AgentState.AFTER_CALL: "after_s",
    AgentState.OTHER: "other_s",
    AgentState.PAUSED: "paused_s",
    AgentState.AWAY: "away_s",
    AgentState.SEEN: "seen_s",
    AgentState.FULL: "full_s",
}
# Where an agent is in several states at once, because he is in several queues, the first of these is what he does.
_RANK = (
    AgentState.CALL,
    AgentState.OTHER,
    AgentState.RINGING,
    AgentState.AFTER_CALL,
    AgentState.IDLE,
    AgentState.PAUSED,
    AgentState.AWAY,
)


@dataclass(frozen=True, slots=True)
class RowKey:
    """start: of the half hour, aware UTC. queue "": over all queues; agent "": nobody's, as of an abandoned call."""

    start: datetime
    pbx: str
    queue: str = ""
    agent: str = ""
    incident: str = ""


Waits = dict[tuple[str, int], tuple[int, float]]
"""(answered or abandoned, whole seconds rounded up) → how many calls, and how long they waited together."""


@dataclass(slots=True)
class Row:
    """sums: only what is not 0, by the names of COUNTERS."""

    sums: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    waits: Waits = field(default_factory=dict)


def rows_of(records: Iterable[CallRecord], spans: Iterable[AgentSpan], zone: tzinfo) -> dict[RowKey, Row]:
    """Every row of these records and spans. Calls that still wait or talk are not counted yet. Spans lie within half hours
    (``parts``)."""
    rows: dict[RowKey, Row] = defaultdict(Row)
    for record in records:
        if not is_open(record):
            key = RowKey(
                half_hour_of(record.joined_at, zone), record.pbx, record.queue, record.agent, record.incident
            )
            _count(rows[key], record)
    by_agent: dict[tuple[datetime, str, str], list[AgentSpan]] = defaultdict(list)
    for span in spans:
        start = half_hour_of(span.since, zone)
        _time(rows[RowKey(start, span.pbx, span.queue, span.agent)], span)
        if span.state not in SITE_STATES:
            by_agent[start, span.pbx, span.agent].append(span)
    for (start, pbx, agent), his in by_agent.items():
        row = rows[RowKey(start, pbx, "", agent)]
        for span in over_all(his):
            _time(row, span)
    return dict(rows)


def _count(row: Row, record: CallRecord) -> None:
    sums = row.sums
    sums["cut"] += record.cut
    if record.callback:
        _count_callback(sums, record)
        return
    sums["total"] += 1
    sums[record.end.value] += 1
    sums["transferred"] += record.transfer is not Transfer.NONE
    if not record.cut:
        sums["queued"] += record.rang_after is None or record.rang_after > QUEUED_AFTER
    if record.wait is not None:
        sums["waited"] += 1
        sums["wait_s"] += record.wait
        _wait(row, record.end, record.wait)
    if record.end is not CallEnd.ANSWERED:
        return
    if record.wait is not None:
        sums["answered_waited"] += 1
        sums["answered_wait_s"] += record.wait
    if record.ring is not None:
        sums["rung"] += 1
        sums["ring_s"] += record.ring
    if record.talk is not None:
        sums["talked"] += 1
        sums["talk_s"] += record.talk
        sums["hold_s"] += record.hold


def _count_callback(sums: dict[str, float], record: CallRecord) -> None:
    sums["callbacks"] += 1
    if record.end is CallEnd.ANSWERED:
        sums["callbacks_taken"] += 1
        sums["callback_talk_s"] += record.talk or 0.0
        sums["callback_hold_s"] += record.hold


def _wait(row: Row, end: CallEnd, wait: float) -> None:
    if end not in (CallEnd.ANSWERED, CallEnd.ABANDONED):
        return
    place = (end.value, math.ceil(wait))
    calls, waited = row.waits.get(place, (0, 0.0))
    row.waits[place] = (calls + 1, waited + wait)


def _time(row: Row, span: AgentSpan) -> None:
    if span.state is AgentState.MISSED:
        row.sums["missed"] += 1
        row.sums["missed_s"] += span.seconds
    else:
        row.sums[_TIME[state_of(span)]] += span.seconds


def state_of(span: AgentSpan) -> AgentState:
    """A pause whose reason says so is work after a call."""
    if span.state is AgentState.PAUSED and span.reason.strip().casefold() in AFTER_CALL_REASONS:
        return AgentState.AFTER_CALL
    return span.state


def over_all(spans: Iterable[AgentSpan]) -> Iterator[AgentSpan]:
    """One agent's spans in several queues as what he does over all of them: each moment once. Missed rings stay as they are."""
    states: list[AgentSpan] = []
    for span in spans:
        if span.state is AgentState.MISSED:
            yield span
        else:
            states.append(span)
    edges = sorted({edge for span in states for edge in (span.since, span.until)})
    for since, until in pairwise(edges):
        there = [span for span in states if span.since <= since and until <= span.until]
        if there:
            first = min(there, key=lambda span: _RANK.index(state_of(span)))
            yield AgentSpan(first.pbx, "", first.agent, state_of(first), since, until)


def wait_sums(
    waits: Iterable[tuple[str, int, int, float]], answer_in: float, short: float
) -> dict[str, float]:
    """What depends on the seconds chosen. waits: (answered or abandoned, seconds rounded up, calls, seconds waited)."""
    sums = dict.fromkeys(("answered_in", "abandoned_in", "abandoned_wait_s", "short", "short_wait_s"), 0.0)
    for end, seconds, calls, waited in waits:
        if end == CallEnd.ANSWERED:
            sums["answered_in"] += calls if seconds <= answer_in else 0
            continue
        sums["abandoned_wait_s"] += waited
        sums["abandoned_in"] += calls if seconds <= answer_in else 0
        if seconds <= short:
            sums["short"] += calls
            sums["short_wait_s"] += waited
    return sums


def added(all_of_them: Iterable[Sums]) -> dict[str, float]:
    """Sums by name."""
    total: dict[str, float] = defaultdict(float)
    for sums in all_of_them:
        for name, value in sums.items():
            total[name] += value
    return dict(total)
