"""A time at which a caller wishes to be called, as he says it: a date and a time of the site's clocks."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callbacks.rules.hours import CallCalendar, may_call, next_call
from callbacks.values import Matter
from callbacks.work.values import N_, NotAllowed

AHEAD: Final = timedelta(days=30)
FORM: Final = N_("Give the date as YYYY-MM-DD and the time as HH:MM.")
PAST: Final = N_("That time is over.")
FAR: Final = N_("At most %(days)s days ahead.")
NO_SUCH: Final = N_("The clocks are set forward then; there is no such time.")
QUIET: Final = N_("Nobody is called at that time; the next one is %(next)s.")


def wished(
    day: str, clock: str, now: datetime, zone: ZoneInfo, matter: Matter, calendar: CallCalendar | None
) -> datetime:
    """The moment (aware UTC): to come, within 30 days, and inside the hours in which people are called, but for danger (E4).

    Raises NotAllowed that names what is wrong.
    """
    at = _moment(day, clock, zone)
    if at <= now:
        raise NotAllowed("at", PAST)
    if at - now > AHEAD:
        raise NotAllowed("at", FAR, days=AHEAD.days)
    if calendar is not None and matter is not Matter.DANGER and not may_call(calendar, at):
        then = next_call(calendar, at).astimezone(zone)
        raise NotAllowed("at", QUIET, next=f"{then:%Y-%m-%d %H:%M}")
    return at


def _moment(day: str, clock: str, zone: ZoneInfo) -> datetime:
    try:
        local = datetime.combine(date.fromisoformat(day.strip()), time.fromisoformat(clock.strip()), zone)
        at = local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotAllowed("at", FORM) from None
    if at.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NotAllowed("at", NO_SUCH)
    return at
