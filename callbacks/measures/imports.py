"""What is imported for the measures: a roster of agents, and what carriers counted. CSV text becomes values.

Every line that is wrong is told. Times without a zone are those of the site's clocks. Both files have a header; columns may stand
in any order, others are ignored.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeVar

LONGEST_SHIFT = timedelta(hours=24)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shift:
    """An agent (interface, e.g. "PJSIP/agent-1") is to work from since to until, without the pauses between two shifts."""

    agent: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class CarrierCount:
    """What a carrier counted of a time: calls offered to us, and those of them refused because every line was in use."""

    carrier: str
    start: datetime
    until: datetime
    offered: int
    refused: int


@dataclass(frozen=True, slots=True)
class WrongLine:
    """line: in the file, from 1; field: the column."""

    line: int
    field: str
    what: str


class _Wrong(Exception):
    def __init__(self, field: str, what: str) -> None:
        super().__init__(what)
        self.field, self.what = field, what


def read_roster(text: str, zone: tzinfo) -> tuple[list[Shift], list[WrongLine]]:
    """Columns agent, from, until. Nothing of a file with a wrong line should be used."""
    return _read(text, ("agent", "from", "until"), lambda row: _shift(row, zone))


def read_carrier_counts(text: str, zone: tzinfo) -> tuple[list[CarrierCount], list[WrongLine]]:
    """Columns carrier, from, until, offered, refused."""
    return _read(text, ("carrier", "from", "until", "offered", "refused"), lambda row: _count(row, zone))


def _read(
    text: str, columns: tuple[str, ...], build: Callable[[Mapping[str, str]], T]
) -> tuple[list[T], list[WrongLine]]:
    rows = csv.DictReader(text.removeprefix("﻿").splitlines())
    missing = [name for name in columns if name not in (rows.fieldnames or ())]
    if missing:
        return [], [WrongLine(1, name, f"the column {name} is missing") for name in missing]
    good: list[T] = []
    wrong: list[WrongLine] = []
    for number, row in _numbered(rows):
        try:
            good.append(build({name: (row.get(name) or "").strip() for name in columns}))
        except _Wrong as problem:
            wrong.append(WrongLine(number, problem.field, problem.what))
    return good, wrong


def _numbered(rows: "csv.DictReader[str]") -> Iterator[tuple[int, Mapping[str, str]]]:
    for row in rows:
        yield rows.line_num, row


def _shift(row: Mapping[str, str], zone: tzinfo) -> Shift:
    agent = _name(row, "agent")
    since, until = _span(row, zone)
    if until - since > LONGEST_SHIFT:
        raise _Wrong("until", "a shift lasts 24 hours at most")
    return Shift(agent, since, until)


def _count(row: Mapping[str, str], zone: tzinfo) -> CarrierCount:
    offered, refused = _number(row, "offered"), _number(row, "refused")
    if refused > offered:
        raise _Wrong("refused", f"more calls refused ({refused}) than offered ({offered})")
    return CarrierCount(_name(row, "carrier"), *_span(row, zone), offered, refused)


def _name(row: Mapping[str, str], field: str) -> str:
    name = row[field]
    if not name or len(name) > 80 or not name.isprintable():
        raise _Wrong(field, "give a name of 1 to 80 characters")
    return name


def _number(row: Mapping[str, str], field: str) -> int:
    text = row[field].replace(",", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise _Wrong(field, f"{row[field]!r} is not a number of calls")
    return int(text)


def _span(row: Mapping[str, str], zone: tzinfo) -> tuple[datetime, datetime]:
    since, until = _time(row, "from", zone), _time(row, "until", zone)
    if until <= since:
        raise _Wrong("until", "the end does not lie after the beginning")
    return since, until


def _time(row: Mapping[str, str], field: str, zone: tzinfo) -> datetime:
    try:
        at = datetime.fromisoformat(row[field])
    except ValueError:
        raise _Wrong(field, f"{row[field]!r} is not a time; write 2026-11-21 08:00") from None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
