"""Whom a role means at a moment. Pure."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerts.policy import AlertPolicy, Duty, Person


def on_duty(policy: AlertPolicy, role: str, at: datetime) -> tuple[Person, ...]:
    """Everybody who holds the role at this moment (aware UTC), in the roster's order, each once.

    When nobody is on duty, everybody of the role: a gap in the roster may not silence an alert. () only for a role
    without duties. Raises ValueError for a naive time.
    """
    if at.tzinfo is None:
        raise ValueError(f"the roster needs an aware time, not {at!r}")
    local = at.astimezone(ZoneInfo(policy.timezone)).replace(tzinfo=None)
    duties = policy.roles.get(role, ())
    names = [duty.person for duty in duties if holds(duty, local)] or [duty.person for duty in duties]
    return tuple(policy.people[name] for name in dict.fromkeys(names) if name in policy.people)


def holds(duty: Duty, local: datetime) -> bool:
    """Whether the duty covers this local time. A duty over midnight belongs to the weekday on which it starts."""
    if not duty.weekdays:
        return _covers(duty, local.time())
    return any(
        (local.date() - timedelta(days=back)).weekday() in duty.weekdays and _covers_from(duty, local, back)
        for back in (0, 1)
    )


def _covers(duty: Duty, at: time) -> bool:
    """Every day alike; start and end the same: the whole day."""
    if duty.start == duty.end:
        return True
    if duty.start < duty.end:
        return duty.start <= at < duty.end
    return at >= duty.start or at < duty.end


def _covers_from(duty: Duty, local: datetime, back: int) -> bool:
    """Whether the shift that began ``back`` days ago lasts at this time. Wall-clock times, as the roster is read."""
    day = local.date() - timedelta(days=back)
    start = datetime.combine(day, duty.start)
    over = duty.end <= duty.start
    end = datetime.combine(day + timedelta(days=1 if over else 0), duty.end)
    return start <= local < end
