"""What becomes of every row of a filled-in form: found out beforehand, and done through the spool, the one way in."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from callbacks.masking import mask_number
from callbacks.paper import Reading, Row
from callbacks.policy import LimitPolicy
from callbacks.spool import SpoolFigures
from callbacks.values import Capture
from store.rehearsing import Rehearsed


class Fate(StrEnum):
    """What becomes of a row."""

    NEW = "new"  # opens a promise
    JOINS = "joins"  # the open promise of its number and scope
    LISTED = "listed"  # kept, and nobody is called: no call was wished
    HELD = "held"  # above a limit: the leader lets it be called
    COMPLETES = "completes"  # it was imported, and says more now
    KNOWN = "known"  # it was imported
    TWICE = "twice"  # says the same as an earlier row
    FORGOTTEN = "forgotten"  # its person had himself deleted since
    WRONG = "wrong"
    UNSURE = "unsure"  # the book is away: it comes in once, and nobody can say yet how


COMES_IN = frozenset({Fate.NEW, Fate.JOINS, Fate.LISTED, Fate.HELD, Fate.COMPLETES, Fate.UNSURE})


@dataclass(frozen=True, slots=True)
class Planned:
    """One row. promise: that it joins or belongs to, 0 none or not known yet. number: masked."""

    reading: Reading
    row: Row
    fate: Fate
    promise: int = 0
    number: str = ""


class Book(Protocol):
    """Says what an import would do."""

    def rehearse(
        self, captures: Sequence[Capture], now: datetime, limits: LimitPolicy | None = None
    ) -> Mapping[str, Rehearsed]: ...


class Keeper(Protocol):
    """Makes captures durable: the spool."""

    def submit(self, capture: Capture) -> "Future[None]": ...

    @property
    def figures(self) -> SpoolFigures: ...


def plan(
    rows: Sequence[Row],
    readings: Sequence[Reading],
    book: Book | None,
    limits: LimitPolicy | None,
    now: datetime,
    is_forgotten: Callable[[Capture], bool] = lambda _capture: False,
) -> list[Planned]:
    """Every row's fate. Nothing is written. book: None while it is away. now: aware UTC. Raises what the book raises."""
    fresh = [
        one.capture
        for one in readings
        if one.capture is not None and not one.again and not is_forgotten(one.capture)
    ]
    told = {} if book is None or not fresh else book.rehearse(fresh, now, limits)
    there: dict[int, int] = {}
    return [
        _planned(row, reading, told, there, is_forgotten, away=book is None)
        for row, reading in zip(rows, readings, strict=True)
    ]


def _planned(
    row: Row,
    reading: Reading,
    told: Mapping[str, Rehearsed],
    opened: dict[int, int],
    is_forgotten: Callable[[Capture], bool],
    *,
    away: bool,
) -> Planned:
    one = reading.capture
    if one is None:
        return Planned(reading, row, Fate.WRONG)
    number = mask_number(one.number)
    if is_forgotten(one):
        return Planned(reading, row, Fate.FORGOTTEN)
    if reading.again:
        return Planned(reading, row, Fate.TWICE, number=number)
    if away:
        return Planned(reading, row, Fate.UNSURE, number=number)
    known = told[one.key]
    first = known.opened and opened.setdefault(known.promise, reading.line) == reading.line
    return Planned(reading, row, _fate(known, first=first), 0 if known.opened else known.promise, number)


def _fate(known: Rehearsed, *, first: bool) -> Fate:
    if known.known:
        return Fate.COMPLETES if known.completed else Fate.KNOWN
    if not known.promise:
        return Fate.LISTED
    if known.held:
        return Fate.HELD
    return Fate.NEW if first else Fate.JOINS


def carry_out(planned: Sequence[Planned], spool: Keeper) -> list[Planned]:
    """Make durable what comes in; returns those rows that could not be. Raises nothing of the spool's."""
    waiting = [
        (one, spool.submit(one.reading.capture))
        for one in planned
        if one.fate in COMES_IN and one.reading.capture is not None
    ]
    return [one for one, done in waiting if done.exception() is not None]
