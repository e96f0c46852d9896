"""The demo's last page: what callers did, against what is in the book and what the carriers saw. Counted, not assumed."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from lab.demo_rungs import Rungs
from lab.lab import Lab
from lab.ledger import CarrierCall
from lab.people import Person
from lab.results import CallHandle, CallResult
from lab.site import Site

REACHED = ("answered", "silent")  # a person took the call; who is rung again after that was called twice


@dataclass(frozen=True, slots=True)
class Account:
    """placed: calls; answered: of those. due: numbers to which a promise is due. book: numbers with a promise. lost: due and
    not in the book. tiers: captures by the tier that took them.
    wrongly: in the book and due to nobody. twice: called again after they had been reached, or promised twice at once.
    attempts: outgoing calls of the book; seen: those that the carriers saw. outcomes: of the promises.
    waited: numbers of callers who were brought out of the queue; first: as many as were called back first, danger left out.
    cancelled: numbers of callers who cancelled; called: of those, called all the same, or not cancelled in the book.
    to_notify, notified: numbers that wanted to know when it is over, and those that were told so, as often as they were.
    rungs: what staff were told; None where that is not counted.
    """

    placed: int
    answered: int
    due: frozenset[str]
    book: frozenset[str]
    lost: tuple[str, ...]
    wrongly: tuple[str, ...]
    twice: tuple[str, ...]
    attempts: Counter[str]
    seen: int
    outcomes: Counter[str]
    tiers: Counter[int]
    waited: frozenset[str] = frozenset()
    first: frozenset[str] = frozenset()
    cancelled: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    to_notify: tuple[str, ...] = ()
    notified: tuple[str, ...] = ()
    rungs: Rungs | None = None

    @property
    def kept(self) -> bool:
        """Every caller was heard, nothing lost, twice or made up, every promise has its outcome, every call that the
        book knows was seen by a carrier and the other way round, both tiers had callers, whoever had waited was called
        first, whoever cancelled was not called, whoever asked for it heard once that it is over, and staff were told once of
        all that was due.
        """
        open_ones = sum(self.outcomes[state] for state in ("open", "claimed", "dialling", "talking"))
        wrong = bool(self.lost or self.twice or self.wrongly or open_ones or self.waited != self.first)
        wrong = wrong or bool(self.called) or self.to_notify != self.notified
        wrong = wrong or (self.rungs is not None and not self.rungs.kept)
        heard = self.answered == self.placed and bool(self.due)
        return (
            not wrong
            and heard
            and sum(self.attempts.values()) == self.seen
            and bool(self.tiers[1] and self.tiers[3])
        )

    def table(self) -> str:
        """For people."""
        rows = [
            ("calls placed", f"{self.placed} ({self.answered} answered)"),
            (
                "taken by the bridge, the local script, the dial plan",
                f"{self.tiers[1]}, {self.tiers[2]}, {self.tiers[3]}",
            ),
            ("promises due from what callers did", str(len(self.due))),
            ("promises in the book", str(len(self.book))),
            ("lost", _count(self.lost)),
            ("twice", _count(self.twice)),
            ("in the book and due to nobody", _count(self.wrongly)),
            ("attempts", f"{sum(self.attempts.values())} ({_words(self.attempts)})"),
            ("calls seen by the carriers", str(self.seen)),
            ("promises by outcome", _words(self.outcomes)),
            *([("had waited in the queue", self._waited())] if self.waited else ()),
            *([("cancelled by the caller", self._cancelled())] if self.cancelled else ()),
            *([("told that it is over", self._notified())] if self.to_notify else ()),
            *(self.rungs.rows() if self.rungs else ()),
        ]
        width = max(len(name) for name, _ in rows)
        verdict = (
            f"Nothing lost, nobody called twice, every promise has its outcome{self._staff()}."
            if self.kept
            else "NOT every promise was kept."
        )
        return "\n" + "\n".join(f"{name:<{width}}  {value}" for name, value in rows) + f"\n\n{verdict}"

    def _waited(self) -> str:
        kept = "all called back before anybody else" if self.waited == self.first else "NOT called back first"
        return f"{len(self.waited)} ({kept})"

    def _cancelled(self) -> str:
        return f"{len(self.cancelled)} ({_count(tuple(sorted(self.called)))} of them called)"

    def _notified(self) -> str:
        once = "once" if self.to_notify == self.notified else "NOT once"
        return f"{len(self.notified)} of {len(self.to_notify)} who asked for it ({once})"

    def _staff(self) -> str:
        return ", and staff were told once of all that was due" if self.rungs else ""


def settle(
    placed: Sequence[tuple[Person, CallHandle]], site: Site, lab: Lab, rungs: Rungs, staff: Collection[str]
) -> Account:
    """Reads the book by the command line and the carriers' own logs, and compares. staff: numbers that are no callers'."""
    promises: list[dict[str, Any]] = json.loads(site.run("callbacks", "list", "--all", "--full", "--json"))
    results = [(person, call.result()) for person, call in placed]
    calls = [call for call in lab.carrier_log() if call.number not in staff]
    return compare(results, promises, calls, rungs)


def compare(
    results: Sequence[tuple[Person, CallResult]],
    promises: Sequence[dict[str, Any]],
    calls: Sequence[CarrierCall],
    rungs: Rungs | None = None,
) -> Account:
    """Pure: the account of a run. calls: to callers, oldest first."""
    waited = frozenset(person.due for person, _ in results if person.waited)
    danger = {person.due for person, _ in results if person.danger}
    wanted = tuple(sorted({person.notice for person, _ in results if person.notice}))
    told = [call for call in calls if call.number in wanted]
    calls = [call for call in calls if call.number not in wanted]
    rung_first = list(dict.fromkeys(call.number for call in calls if call.number not in danger))
    due = frozenset(person.due for person, _ in results if person.due)
    book = Counter(promise["number"] for promise in promises)
    cancelled = frozenset(person.due for person, _ in results if person.cancels)
    closed = {promise["number"] for promise in promises if promise["state"] == "cancelled"}
    return Account(
        placed=len(results),
        answered=sum(result.answered for _, result in results),
        due=due,
        book=frozenset(book),
        lost=tuple(sorted(due - book.keys())),
        wrongly=tuple(sorted(book.keys() - due)),
        twice=tuple(sorted({n for n, count in book.items() if count > 1} | _called_after_reached(calls))),
        attempts=Counter(
            attempt["outcome"] or "open" for one in promises for attempt in one["attempts_made"]
        ),
        seen=len(calls),
        outcomes=Counter(promise["state"] for promise in promises),
        tiers=Counter(capture["tier"] for one in promises for capture in one["captures_made"]),
        waited=waited,
        first=frozenset(rung_first[: len(waited)]),
        cancelled=cancelled,
        called=cancelled - closed | {call.number for call in calls if call.number in cancelled},
        to_notify=wanted,
        notified=tuple(sorted(call.number for call in told)),
        rungs=rungs,
    )


def _called_after_reached(calls: Sequence[CarrierCall]) -> set[str]:
    reached: set[str] = set()
    again: set[str] = set()
    for call in calls:  # oldest first
        if call.number in reached:
            again.add(call.number)
        if call.outcome in REACHED:
            reached.add(call.number)
    return again


def _count(numbers: tuple[str, ...]) -> str:
    return f"{len(numbers)}" + (f" ({', '.join(numbers)})" if numbers else "")


def _words(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counter.items())) or "none"
