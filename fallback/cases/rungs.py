"""When a rung is due, and raising it once.

A rung's due time follows from the case's start alone, so a restart changes nothing: what ``Case.raised`` does not
hold and is due is raised at once, however late. Acknowledged, only rungs that go on are left.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from fallback.calendar import Calendar, Interval
from fallback.cases.book import Draft, facts_of, mark
from fallback.decision import RaiseRung
from fallback.policy import OnAck, Policy, Rung
from fallback.state import Case

DAY = timedelta(days=1)


def raise_due(draft: Draft) -> None:
    """Raises every rung of every case that is due, in the order of due times."""
    for case in tuple(draft.state.cases.values()):
        for due, name, rung in pending(case, draft.policy, draft.state.calendar):
            if due <= draft.now.wall:
                case = _raised(draft, case, due, name, rung)


def pending(case: Case, policy: Policy, calendar: Calendar) -> list[tuple[datetime, str, Rung]]:
    """(due, ``<ladder>.<rung>``, rung) of what is still to be raised, in the order of due times."""
    ladder = policy.ladders.get(case.ladder)
    if ladder is None:
        return []
    rungs = (
        (due_at(rung, case.climbs_from or case.opened_at, calendar), f"{ladder.name}.{rung.name}", rung)
        for rung in ladder.rungs
        if rung.min_hurt <= case.hurt and not (case.acked_by and rung.on_ack is OnAck.STOP)
    )
    return sorted((r for r in rungs if r[1] not in case.raised), key=lambda r: r[0])


def next_due(case: Case, policy: Policy, calendar: Calendar) -> datetime | None:
    """When the next rung of a case is due; None: none is left."""
    left = pending(case, policy, calendar)
    return left[0][0] if left else None


def stopping(case: Case, policy: Policy) -> tuple[str, ...]:
    """Names of the rungs that an acknowledgement stops: of its ladder, and of those that it was on before."""
    ladders = {case.ladder, *(name.partition(".")[0] for name in case.raised)}
    return tuple(
        f"{ladder.name}.{rung.name}"
        for ladder in policy.ladders.values()
        if ladder.name in ladders
        for rung in ladder.rungs
        if rung.on_ack is OnAck.STOP
    )


def due_at(rung: Rung, opened_at: datetime, calendar: Calendar) -> datetime:
    """When a rung of a case is due, aware UTC. opened_at: from when its ladder counts."""
    if rung.after_workdays:
        return workday_end(opened_at, rung.after_workdays, calendar.workdays)
    return opened_at + timedelta(seconds=rung.after)


def workday_end(start: datetime, count: int, workdays: tuple[Interval, ...]) -> datetime:
    """End of the ``count``-th working day that begins after ``start`` (E4).

    Where the calendar says nothing, before its first working day and after its last, Monday to Friday count, in
    UTC: a supervisor told somewhat early is better than one who is never told.
    """
    left = count
    for end in _ends(start, workdays):
        left -= 1
        if not left:
            return end
    raise AssertionError("days do not end")


def _ends(start: datetime, workdays: tuple[Interval, ...]) -> Iterator[datetime]:
    if workdays:
        yield from _weekdays(start, workdays[0].start)
    yield from (day.end for day in workdays if day.start > start)
    yield from _weekdays(max(start, workdays[-1].end) if workdays else start, None)


def _weekdays(start: datetime, until: datetime | None) -> Iterator[datetime]:
    day = datetime(start.year, start.month, start.day, tzinfo=UTC) + DAY
    while until is None or day + DAY / 2 <= until:  # a local day may begin up to half a day beside UTC's
        if day.weekday() < 5:
            yield day + DAY
        day += DAY


def _raised(draft: Draft, case: Case, due: datetime, name: str, rung: Rung) -> Case:
    marked = mark(draft, case, name)
    draft.note("rung", name, "", "raised", f"{', '.join(rung.roles)}; due {due.isoformat()}", "", case.key)
    draft.actions.append(
        RaiseRung(
            key=f"{case.key}/{name}",
            incident=case.key,
            rung=name,
            roles=rung.roles,
            text=rung.text,
            due_at=due,
            facts=facts_of(draft, marked),
            drill=bool(case.drill),
        )
    )
    return marked
