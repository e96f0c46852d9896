"""Whatever ways answer, whenever we are killed: nobody is left out, nobody is told twice on one way, limits hold."""

import json
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from alert_world import AT, person, policy_of
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.book import Book, RungNote, fate_entry, rung_entry, try_entry
from alerts.plan import Item, make_plan
from alerts.policy import AlertPolicy, Way
from alerts.values import Fate, Receipt

WAYS = (Way.CALL, Way.SMS, Way.NOTE)
PEOPLE = ("one", "two")
POLICY = policy_of(
    person("one", *WAYS), person("two", Way.SMS, Way.CALL), patience=60.0, limit=2, limit_window=300.0
)
RECEIPTS = (
    Receipt(Fate.SENT),
    Receipt(Fate.DELIVERED),
    Receipt(Fate.CONFIRMED),
    Receipt(Fate.FAILED),
    Receipt(Fate.FAILED, permanent=True),
    Receipt(Fate.FAILED, untouched=True),
    Receipt(Fate.UNKNOWN),
)
STEPS = st.one_of(
    st.tuples(st.just("pass"), st.integers(1, 400)),
    st.tuples(st.just("news"), st.integers(0, 20), st.sampled_from(RECEIPTS)),
    st.tuples(st.just("raise"), st.integers(0, 5)),
    st.tuples(st.just("kill")),
)


class Run:
    """The dispatcher's order of things without time or disk: entries first, then what leaves."""

    def __init__(self, policy: AlertPolicy) -> None:
        self.policy, self.now = policy, AT
        self.book = Book()
        self.entries: list[dict[str, Any]] = []
        self.left: list[tuple[datetime, list[Item]]] = []
        self.raised: set[str] = set()

    def note(self, entry: dict[str, Any]) -> None:
        kept = json.loads(json.dumps(entry))
        self.book.apply(kept)
        self.entries.append(kept)

    def raise_rung(self, number: int) -> None:
        key = f"INC-{number}/a2.engineer"
        if key not in self.raised:
            self.raised.add(key)
            note = RungNote(key, f"INC-{number}", "engineer", "a2-engineer", "A2", {}, self.now, self.now)
            self.note(rung_entry(note, [(name, "engineer") for name in PEOPLE]))

    def round(self) -> None:
        plan = make_plan(self.book, self.policy, self.now)
        for errand, why in plan.over:
            over = {"e": "over", "at": self.now.isoformat(), "incident": errand.rung.incident, "why": why}
            self.note({**over, "rung": errand.rung.key, "person": errand.person})
        for batch in plan.batches:
            for item in batch:
                before = [one for one in item.errand.tries if one.way is item.way]
                assert all(one.fate is Fate.FAILED and one.untouched for one in before)
                self.note(try_entry(item.errand, item.way, item.key, batch[0].key, self.now))
            self.left.append((self.now, batch))

    def news(self, key: str, receipt: Receipt) -> None:
        for errand, one in self.book.together(key):
            self.note(fate_entry(errand.rung.incident, one.key, receipt, self.now))

    def intended(self) -> list[str]:
        return [key for key, (_, one) in self.book.by_key.items() if one.fate is Fate.INTENDED]

    def kill(self) -> None:
        """What the journal holds is all that is left."""
        self.book = Book()
        for entry in self.entries:
            self.book.apply(entry)
        for key in self.intended():
            self.news(key, Receipt(Fate.UNKNOWN))

    def step(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("pass", seconds):
                self.now += timedelta(seconds=seconds)
            case ("news", place, receipt):
                keys = list(self.book.by_key)
                if keys:
                    self.news(keys[place % len(keys)], receipt)
            case ("raise", number):
                self.raise_rung(number)
            case _:
                self.kill()
        self.round()

    def finish(self) -> None:
        """From now on every way takes what it is given, and nobody confirms."""
        for _ in range(60):
            for key in self.intended():
                self.news(key, Receipt(Fate.SENT))
            self.now += timedelta(seconds=100)
            self.round()


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_nobody_is_left_out_and_nobody_told_twice_on_one_way(steps: list[tuple[Any, ...]]) -> None:
    run = Run(POLICY)
    for step in steps:
        run.step(step)
    run.finish()
    for errand in run.book.errands.values():
        maybe_reached = any(one.fate is not Fate.FAILED for one in errand.tries)
        person_ways = {reach.way for reach in POLICY.people[errand.person].reaches}
        assert maybe_reached or {one.way for one in errand.tries} == person_ways
        assert errand.closed


@settings(max_examples=100, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_no_window_holds_more_messages_than_the_limit(steps: list[tuple[Any, ...]]) -> None:
    run = Run(POLICY)
    for step in steps:
        run.step(step)
    run.finish()
    sent: defaultdict[tuple[str, Way], list[datetime]] = defaultdict(list)
    for at, batch in run.left:
        sent[batch[0].errand.person, batch[0].way].append(at)
    span = timedelta(seconds=POLICY.limit_window)
    for times in sent.values():
        assert all(sum(at <= other < at + span for other in times) <= POLICY.limit for at in times)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_the_journal_alone_gives_the_same_book(steps: list[tuple[Any, ...]]) -> None:
    run = Run(POLICY)
    for step in steps:
        run.step(step)
    again = Book()
    for entry in run.entries:
        again.apply(entry)
    assert again == run.book
