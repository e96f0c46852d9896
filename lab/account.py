"""The demo's last page: what callers did, against what is in the book and what the carriers saw. Counted, not assumed."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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

    @property
    def kept(self) -> bool:
        """Every caller was heard, nothing lost, twice or made up, every promise has its outcome, every call that the
        book knows was seen by a carrier and the other way round, and both tiers had callers.
        """
        open_ones = sum(self.outcomes[state] for state in ("open", "claimed", "dialling", "talking"))
        wrong = self.lost or self.twice or self.wrongly or open_ones
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
            ("taken by the bridge, by Asterisk alone", f"{self.tiers[1]}, {self.tiers[3]}"),
            ("promises due from what callers did", str(len(self.due))),
            ("promises in the book", str(len(self.book))),
            ("lost", _count(self.lost)),
            ("twice", _count(self.twice)),
            ("in the book and due to nobody", _count(self.wrongly)),
            ("attempts", f"{sum(self.attempts.values())} ({_words(self.attempts)})"),
            ("calls seen by the carriers", str(self.seen)),
            ("promises by outcome", _words(self.outcomes)),
        ]
        width = max(len(name) for name, _ in rows)
        verdict = (
            "Nothing lost, nobody called twice, every promise has its outcome."
            if self.kept
            else "NOT every promise was kept."
        )
        return "\n" + "\n".join(f"{name:<{width}}  {value}" for name, value in rows) + f"\n\n{verdict}"


def settle(placed: Sequence[tuple[Person, CallHandle]], site: Site, lab: Lab) -> Account:
    """Reads the book by the command line and the carriers' own logs, and compares."""
    promises: list[dict[str, Any]] = json.loads(site.run("callbacks", "list", "--all", "--full", "--json"))
    results = [(person, call.result()) for person, call in placed]
    return compare(results, promises, lab.carrier_log())


def compare(
    results: Sequence[tuple[Person, CallResult]],
    promises: Sequence[dict[str, Any]],
    calls: Sequence[CarrierCall],
) -> Account:
    """Pure: the account of a run."""
    due = frozenset(person.due for person, _ in results if person.due)
    book = Counter(promise["number"] for promise in promises)
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
