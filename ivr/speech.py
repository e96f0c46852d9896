"""Numbers and times as sequences of prompts. Pure; every id is in the catalogue (``config/prompts/catalogue.yaml``)."""

from datetime import datetime, timedelta, tzinfo


def digits(number: str) -> tuple[str, ...]:
    """One prompt a digit, so that no grammar of the PBX is needed; anything but digits and "+" is left out."""
    return tuple("plus" if c == "+" else f"digit-{c}" for c in number if c in "+0123456789")


def moment(
    at: datetime, now: datetime, zone: tzinfo, language: str, intro: str = "recovery-at"
) -> tuple[str, ...]:
    """A coming moment as a person says it: today or tomorrow or the date, then the hour and the minute.

    at, now: aware. intro: the prompt before it. Nothing is said of a moment that is over.
    """
    if at <= now:
        return ()
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        day: tuple[str, ...] = ("today",)
    elif local.date() == today + timedelta(days=1):
        day = ("tomorrow",)
    else:
        day = (f"month-{local.month}", f"day-{local.day}")
    clock = (f"hour-{local.hour}", f"minute-{local.minute}")
    return (intro, *day, *clock) if language.startswith("zh") else (intro, *clock, *day)
