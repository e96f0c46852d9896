"""Days, times of day and recurrences as a policy holds them; all in the site's time zone."""

import re
from datetime import date, datetime, time
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from config.values import bad

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "daily", "workdays", "restdays")


def _weekday(value: str) -> str:
    for word in value.split("-", 1):
        if word not in DAYS:
            raise bad(
                f"no day is called '{value[:40]}'", f"Use {', '.join(DAYS)} or a range such as mon-fri."
            )
    if "-" in value and not set(value.split("-", 1)) <= set(DAYS[:7]):
        raise bad(f"'{value[:40]}' is no range of days", "Write, for example, mon-fri.")
    return value


def days_meant(words: list[str]) -> tuple[tuple[int, ...], bool, bool]:
    """Weekdays (0 Monday), whether working days, whether rest days; daily is all seven weekdays."""
    weekdays: set[int] = set()
    for word in words:
        first, _, last = word.partition("-")
        if first == "daily":
            weekdays |= set(range(7))
        elif first in DAYS[:7]:
            start, end = DAYS.index(first), DAYS.index(last or first)
            weekdays |= {(start + n) % 7 for n in range((end - start) % 7 + 1)}
    return tuple(sorted(weekdays)), "workdays" in words, "restdays" in words


_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*(?:([01]\d|2[0-3]):([0-5]\d)|24:00)", re.ASCII)


def _hours(value: object) -> tuple[time, time]:
    found = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise bad(
            f"'{str(value)[:40]}' is no stretch of a day",
            'Write "08:00-20:00"; an end at or before the start is on the next day.',
        )
    end = time(int(found[3]), int(found[4])) if found[3] else time(0)
    return time(int(found[1]), int(found[2])), end


def hours_meant(text: str) -> tuple[time, time]:
    """``"08:00-20:00"`` as two times of day. Raises an error that names its remedy."""
    return _hours(text)


_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)


def day_time(value: object, otherwise: time) -> time | None:
    """A time of day as the file holds it, midnight for 24:00; ``otherwise`` for None, None for what is no time of day."""
    if value is None or isinstance(value, time):
        return value or otherwise
    found = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    return time(int(found[1] or 0), int(found[2] or 0)) if found else None


def day_time_meant(value: object) -> time:
    """The same; what is no time of day raises an error that names its remedy."""
    found = day_time(value, time(0))
    if value is None or found is None:
        raise bad(f"'{str(value)[:40]}' is no time of day", 'Write it in quotes: "08:00".')
    return found


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise bad(f"'{str(value)[:40]}' is no date", "Write 2027-02-05.") from None


def day_meant(value: object) -> date:
    """A date as the file holds it. Raises an error that names its remedy."""
    return _day(value)


def _moment(value: object) -> datetime:
    try:
        found = (
            value
            if isinstance(value, datetime)
            else datetime.fromisoformat(value if isinstance(value, str) else "")
        )
    except ValueError:
        raise bad(
            f"'{str(value)[:40]}' is no date and time", 'Write "2026-12-31 22:00", in the site\'s time zone.'
        ) from None
    if found.tzinfo is not None:
        raise bad("must not name a time zone", 'Write "2026-12-31 22:00", in the site\'s time zone.')
    return found


TOO_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")


def _recurrence(value: str) -> str:
    from icalendar import vRecur  # slow to import, and few policies have a planned window

    try:
        known = vRecur.from_ical(value).get("FREQ")
    except ValueError:
        known = None
    if not known or known[0] in TOO_OFTEN:
        raise bad(
            f"'{value[:80]}' is no recurrence rule for days",
            "Write, for example, FREQ=MONTHLY;BYMONTHDAY=-1 (RFC 5545).",
        )
    return value


def _country(value: str) -> str:
    if value in ("china", "none"):
        return value
    from holidays import list_supported_countries  # slow to import, and mainland China needs it not

    if value not in list_supported_countries():
        raise bad(
            f"no calendar is called '{value[:40]}'", "Write china, none, or a country's code such as DE."
        )
    return value


Weekday = Annotated[str, AfterValidator(_weekday)]
Hours = Annotated[tuple[time, time], BeforeValidator(_hours)]
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Recurrence = Annotated[str, AfterValidator(_recurrence)]
Country = Annotated[str, AfterValidator(_country)]
