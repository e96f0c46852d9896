"""Working days behind one interface (E4): mainland China with its shifted days, another country's holidays, or none.

The site's own table wins over every calendar. A year for which the calendar only guesses is "not confirmed": it is
used, and people are told.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Protocol

from config.hours import Workdays

SATURDAY = 5


class DayCalendar(Protocol):
    """What a calendar can say of a day."""

    def works(self, day: date) -> bool:
        """Whether it is a working day, as far as is known."""

    def is_sure(self, year: int) -> bool:
        """Whether the year's days are announced, and no guess."""


class PlainWeek:
    """Monday to Friday, and no holidays."""

    def works(self, day: date) -> bool:
        """Whether it is Monday to Friday."""
        return day.weekday() < SATURDAY

    def is_sure(self, year: int) -> bool:
        """Always."""
        return True


class Country:
    """The public holidays of a country, as ``holidays`` computes them. It never says that it guesses; China's days
    are announced late each year, so for China see ``MainlandChina``."""

    def __init__(self, code: str) -> None:
        from holidays import country_holidays  # slow to import, and mainland China needs it for guesses only

        self._days = country_holidays(code)

    def works(self, day: date) -> bool:
        """Whether it is a working day there."""
        return bool(self._days.is_working_day(day))

    def is_sure(self, year: int) -> bool:
        """Always: its holidays follow from rules."""
        return True


class MainlandChina:
    """The announced days of ``chinesecalendar``; ``holidays`` guesses years that are not announced yet, which then
    lack the shifted working days."""

    def __init__(self) -> None:
        self._guess: Country | None = None

    def works(self, day: date) -> bool:
        """Whether it is a working day, guessed if the year is not announced."""
        import chinese_calendar

        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:  # the library's word for a year that is not announced yet
            self._guess = self._guess or Country("CN")
            return self._guess.works(day)

    def is_sure(self, year: int) -> bool:
        """Whether the year is announced, as far as the installed package knows."""
        import chinese_calendar

        try:
            chinese_calendar.is_workday(date(year, 12, 31))
        except NotImplementedError:  # the same word
            return False
        return True


class WithExceptions:
    """A calendar, and the site's table that wins over it."""

    def __init__(self, table: Workdays, calendar: DayCalendar) -> None:
        self._work, self._rest = frozenset(table.work), frozenset(table.rest)
        self._confirmed, self._calendar = frozenset(table.confirmed), calendar

    def works(self, day: date) -> bool:
        """Whether it is a working day."""
        if day in self._work or day in self._rest:
            return day in self._work
        return self._calendar.works(day)

    def is_sure(self, year: int) -> bool:
        """Whether the year is announced, or a person has confirmed it."""
        return year in self._confirmed or self._calendar.is_sure(year)


def day_calendar(table: Workdays) -> DayCalendar:
    """The calendar that a policy names."""
    return WithExceptions(table, _named(table.calendar))


def _named(name: str) -> DayCalendar:
    if name == "china":
        return MainlandChina()
    return PlainWeek() if name == "none" else Country(name)


def unconfirmed(table: Workdays, first: date, last: date) -> tuple[int, ...]:
    """Years from first to last whose working days are a guess."""
    calendar = day_calendar(table)
    return tuple(year for year in range(first.year, last.year + 1) if not calendar.is_sure(year))


def days(first: date, last: date) -> Iterator[date]:
    """Every day from first to last, both included."""
    for count in range((last - first).days + 1):
        yield first + timedelta(days=count)
