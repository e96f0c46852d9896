"""Shifts that overlap: then nobody could say when one ends, which is what its grace rests on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from itertools import combinations, product
from typing import Any

from pydantic_core import PydanticCustomError

from config.raw import listed, mapping, sequence
from config.values_time import DAYS, day_meant, days_meant, hours_meant
from config.yaml_places import Document, Path

DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Minutes of the day on which it begins; the end may lie beyond 24 hours."""

    at: Path
    start: int
    end: int
    days: tuple[tuple[int, ...], bool, bool]

    def is_on(self, weekday: int, works: bool) -> bool:
        weekdays, workdays, restdays = self.days
        return weekday in weekdays or (workdays if works else restdays)


def check_shifts(document: Document, at: Path, shifts: Any) -> None:
    """Note every two stretches of work that overlap on some weekday, be it a working day or not."""
    found = list(_stretches(at, shifts))
    for one, other in combinations(found, 2):
        day = _clash(one, other) or _clash(other, one)
        if day:
            document.add(other.at, f"overlaps another shift on {day}", "Let one end when the other begins.")


def check_exceptions(document: Document, at: Path, exceptions: Any) -> None:
    """Note days that two exceptions claim, and those that end before they begin."""
    spans: list[tuple[date, date]] = []
    for index, raw in enumerate(sequence(exceptions)):
        try:
            first = day_meant(mapping(raw).get("date"))
            last = day_meant(mapping(raw).get("until", first))
        except PydanticCustomError:
            continue  # the models say so
        if last < first:
            document.add(
                (*at, index, "until"), f"{last} is before {first}", "Give a later day, or leave it out."
            )
        if any(first <= end and start <= last for start, end in spans):
            document.add(
                (*at, index), f"another exception holds for {first} to {last} too", "Keep one of them."
            )
        spans.append((first, last))


def _stretches(at: Path, shifts: Any) -> Iterator[_Stretch]:
    for index, raw in enumerate(sequence(shifts)):
        shift = mapping(raw)
        days = [word for _, word in listed(shift, "days")]
        for place, words in listed(shift, "hours"):
            try:
                start, end = map(_minutes, hours_meant(words))
                meant = days_meant(days)
            except (PydanticCustomError, ValueError):
                continue  # the models say so
            yield _Stretch((*at, index, "hours", place), start, end if end > start else end + DAY, meant)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _clash(one: _Stretch, other: _Stretch) -> str:
    """The day on which ``one`` begins and runs into ``other`` of that day or the next; "" none."""
    for weekday, works, works_next in product(range(7), (True, False), (True, False)):
        if not one.is_on(weekday, works):
            continue
        same = other.is_on(weekday, works) and one.start < other.end and other.start < one.end
        after = other.is_on((weekday + 1) % 7, works_next) and other.start + DAY < one.end
        if same or after:
            return f"a {DAYS[weekday]} that is a {'working' if works else 'rest'} day"
    return ""
