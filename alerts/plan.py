"""What is to be sent at this moment over all open errands, and how it is gathered. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alerts.book import Book, Errand
from alerts.policy import AlertPolicy, Way
from alerts.rules import Over, Send, Wait, next_step, room, share_out


@dataclass(frozen=True, slots=True)
class Item:
    """One errand on one way. number: 1, or higher when this way surely reached nobody before."""

    errand: Errand
    way: Way
    number: int

    @property
    def key(self) -> str:
        """``<incident>/<rung>/<person>/<way>``, with ``~2`` for a second use of a way that reached nobody."""
        again = f"~{self.number}" if self.number > 1 else ""
        return f"{self.errand.rung.key}/{self.errand.person}/{self.way.value}{again}"


@dataclass(slots=True)
class Plan:
    """batches: what goes out now, each one message. over: errands whose ways are through, with the reason. next_at: when to
    look again, None: only after news.
    """

    batches: list[list[Item]] = field(default_factory=list)
    over: list[tuple[Errand, str]] = field(default_factory=list)
    next_at: datetime | None = None


def make_plan(book: Book, policy: AlertPolicy, now: datetime) -> Plan:
    """Looks at every open errand once. now: aware UTC."""
    plan = Plan()
    wanting: defaultdict[tuple[str, Way], list[Item]] = defaultdict(list)
    for errand in book.open():
        limited = errand.rung.kind not in policy.never_limited

        def room_at(way: Way, person: str = errand.person, limited: bool = limited) -> datetime:
            return _room(book, policy, person, way, now)[1] if limited else now

        step = next_step(errand, _ways(policy, errand.person), policy.confirm_within, now, room_at)
        match step:
            case Wait(until):
                plan.next_at = until if plan.next_at is None else min(plan.next_at, until)
            case Over(why):
                plan.over.append((errand, why))
            case Send(way, number) if limited:
                wanting[errand.person, way].append(Item(errand, way, number))
            case Send(way, number):
                plan.batches.append([Item(errand, way, number)])
    plan.batches += _gather(book, policy, wanting, now)
    return plan


def _gather(
    book: Book, policy: AlertPolicy, wanting: Mapping[tuple[str, Way], list[Item]], now: datetime
) -> list[list[Item]]:
    batches: list[list[Item]] = []
    for (person, way), items in wanting.items():
        batches += share_out(items, _room(book, policy, person, way, now)[0])
    return batches


def _room(book: Book, policy: AlertPolicy, person: str, way: Way, now: datetime) -> tuple[int, datetime]:
    return room(book.sent.get((person, way), ()), policy.limit, policy.limit_window, now)


def _ways(policy: AlertPolicy, name: str) -> tuple[Way, ...]:
    person = policy.people.get(name)
    return tuple(reach.way for reach in person.reaches) if person else ()
