"""Callbacks above a limit are kept and held, never lost; toll fraud is the attack."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callbacks.policy import CallbackPolicy, LimitPolicy
from callbacks.rules import after_attempt
from callbacks.rules.limits import Counts
from callbacks.values import Asks, Attempt, Capture, NumberSource, Outcome
from store import Store

Build = Callable[..., Capture]
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
FEW = LimitPolicy(per_caller_day=3, per_number_day=2, prefix_digits=7, per_prefix_day=4, per_day=8)


@pytest.fixture
def keyed(capture: Build) -> Build:
    def build(n: int, number: str, **values: object) -> Capture:
        return capture(
            f"pbx1:{n}", number=number, **({"source": NumberSource.KEYED, "caller_id": ""} | values)
        )

    return build


def held(book: Store, *captures: Capture, limits: LimitPolicy = FEW, now: datetime = NOW) -> int:
    return book.import_captures(captures, "test", 0, now, limits=limits).held


def reasons(book: Store) -> Sequence[str]:
    return [one.reason for one in book.for_leader()]


def answer_all(book: Store, now: datetime) -> None:
    for one in book.claim_due(["power"], 99, now, "bridge", 60):
        dialled = book.start_attempt(
            Attempt(f"a{one.id}", one.id, one.scope, one.number, "carrier-a", now), "bridge"
        )
        after = after_attempt(dialled, Outcome.ANSWERED, CallbackPolicy(), now)
        assert book.finish_attempt(f"a{one.id}", Outcome.ANSWERED, after, now)


def test_a_caller_who_keys_one_number_after_the_other_is_held_above_his_limit(
    book: Store, keyed: Build
) -> None:
    """Also within one batch; what is above stays, on the leader's list, and is not dialled."""
    calls = [keyed(n, f"1380{n:07}", caller_id="13912341234") for n in range(5)]
    assert held(book, *calls) == 2
    assert reasons(book) == ["over a limit: caller"] * 2
    assert len(book.open_promises()) == 5
    assert len(book.claim_due(["power"], 9, NOW + timedelta(days=30), "bridge", 60)) == 3


def test_calls_of_yesterday_count_no_more(book: Store, keyed: Build) -> None:
    assert held(book, *(keyed(n, f"1380{n:07}", caller_id="13912341234") for n in range(3))) == 0
    later = NOW + timedelta(hours=25)
    assert held(book, keyed(9, "13899999999", caller_id="13912341234", at=later), now=later) == 0


def test_withheld_callers_are_not_taken_for_one(book: Store, keyed: Build) -> None:
    assert held(book, *(keyed(n, f"138{n:08d}1"[:11]) for n in (11, 22222, 3333333, 4))) == 0


def test_one_number_that_is_called_back_again_and_again_is_held(book: Store, keyed: Build) -> None:
    for n in range(2):
        assert held(book, keyed(n, "13800000000")) == 0
        answer_all(book, NOW)
    assert held(book, keyed(3, "13800000000")) == 1
    assert reasons(book) == ["over a limit: number"]


def test_one_who_rings_again_while_his_promise_is_open_asks_for_nothing_more(
    book: Store, capture: Build
) -> None:
    """E6: the tenth call of a worried caller is no fraud."""
    assert held(book, *(capture(f"pbx1:{n}") for n in range(10))) == 0
    assert held(book, *(capture(f"pbx1:1{n}") for n in range(10))) == 0
    assert reasons(book) == []


def test_keyed_numbers_of_one_prefix_are_held_and_their_owners_calls_are_not(
    book: Store, keyed: Build, capture: Build
) -> None:
    assert held(book, *(keyed(n, f"1380000{n:04}") for n in range(6))) == 2
    assert set(reasons(book)) == {"over a limit: prefix"}
    own = [
        capture(f"pbx1:2{n}", number=f"1380000{n + 50:04}", caller_id=f"1380000{n + 50:04}") for n in range(6)
    ]
    assert held(book, *own) == 0


def test_keyed_numbers_of_a_day_are_limited_in_all(book: Store, keyed: Build) -> None:
    assert held(book, *(keyed(n, f"13{n:03}000000") for n in range(10))) == 2
    assert set(reasons(book)) == {"over a limit: day"}


def test_a_changed_number_counts_as_a_keyed_one(book: Store, keyed: Build, capture: Build) -> None:
    held(book, *(keyed(n, f"1380000{n:04}") for n in range(4)))
    held(book, capture("pbx1:50", reference="482913"))
    assert held(book, keyed(60, "13800009999", asks=Asks.CHANGE, about="482913", owner="13912341234")) == 1


def test_what_is_held_can_be_let(book: Store, keyed: Build) -> None:
    held(book, *(keyed(n, f"1380000{n:04}") for n in range(5)))
    (one,) = book.for_leader()
    assert book.let(one.id, NOW, "shift leader")
    assert not book.let(one.id, NOW, "another")
    assert len(book.claim_due(["power"], 9, NOW, "bridge", 60)) == 5
    rows = [(row.subject, row.new, row.reason, row.who) for row in book.changes(kind="callback")]
    assert rows == [(f"#{one.id}", "let", "over a limit: prefix", "shift leader")], "who did it, once"


def test_nobody_can_keep_a_caller_from_his_callback_by_keying_his_number(
    book: Store, keyed: Build, capture: Build
) -> None:
    held(book, *(keyed(n, f"1380000{n:04}") for n in range(5)))
    (one,) = book.for_leader()
    held(book, capture("pbx1:50", number=one.number, caller_id=one.number))
    assert reasons(book) == []
    assert one.id in [due.id for due in book.claim_due(["power"], 9, NOW, "bridge", 60)]


def wishes(keyed: Build, numbers: Sequence[str], first: int = 100, **values: object) -> list[Capture]:
    """Calls that key numbers to be told on, one a second."""
    asked = {"asks": Asks.NOTICE, "wanted": False} | values
    return [
        keyed(n, number, at=NOW - timedelta(seconds=300 - n), **asked)
        for n, number in enumerate(numbers, first)
    ]


def told(book: Store) -> list[str]:
    return sorted(one.number for one in book.notices())


def test_who_keys_numbers_to_be_told_is_stopped_at_the_same_limits(book: Store, keyed: Build) -> None:
    """B8's messages cost as much as callbacks: what is above stays a capture that is listed, and nobody is told."""
    numbers = [f"1380{n:07}" for n in range(5)]
    calls = wishes(keyed, numbers, caller_id="13912341234")
    held(book, *calls)
    assert told(book) == numbers[:3]
    assert [one.number for one in book.unapplied()] == [numbers[4], numbers[3]]
    held(book, *calls)
    assert told(book) == numbers[:3], "reading the lines again brings nobody in"


def test_callbacks_and_notices_count_together(book: Store, keyed: Build) -> None:
    from_one: dict[str, Any] = {"caller_id": "13912341234"}
    held(book, *wishes(keyed, ["13800000001", "13811111111"], **from_one))
    assert book.caller_counts("13912341234", "13822222222", FEW, NOW).caller == 2
    assert held(book, *(keyed(n, f"1382222222{n}", **from_one) for n in (1, 2))) == 1
    held(book, *wishes(keyed, ["13833333333"], 300, **from_one))
    assert told(book) == ["13800000001", "13811111111"]


def test_one_number_is_told_of_so_many_scopes_a_day(book: Store, keyed: Build) -> None:
    for n, scope in enumerate(("power", "water", "gas")):
        held(book, *wishes(keyed, ["13800000001"], 100 + n, scope=scope))
    assert [one.scope for one in book.notices()] == ["water", "power"]
    assert book.caller_counts("", "13800000001", FEW, NOW).number == 2


def test_who_asks_again_to_be_told_asks_for_nothing_more(book: Store, keyed: Build) -> None:
    held(book, *wishes(keyed, ["13800000001"] * 6, caller_id="13912341234"))
    assert len(book.notices()) == 6, "whoever sends tells a number once"
    assert book.unapplied() == []
    assert book.caller_counts("13912341234", "13899999999", FEW, NOW).caller == 1


def test_keyed_numbers_to_be_told_count_by_prefix_and_day_but_own_ones_do_not(
    book: Store, keyed: Build
) -> None:
    held(book, *wishes(keyed, [f"1380000{n:04}" for n in range(4)]))
    assert held(book, keyed(1, "13800009999")) == 1
    assert reasons(book) == ["over a limit: prefix"]
    own = {"source": NumberSource.OWN, "caller_id": "13800008888"}
    held(book, *wishes(keyed, ["13800008888"], 200, **own))
    assert "13800008888" in told(book)


def test_notices_of_yesterday_count_no_more(book: Store, keyed: Build) -> None:
    held(book, *wishes(keyed, [f"1380{n:07}" for n in range(3)], caller_id="13912341234"))
    later = NOW + timedelta(hours=25)
    assert book.caller_counts("13912341234", "13899999999", FEW, later) == Counts()


def test_reading_again_holds_nothing_and_nobody_else(book: Store, keyed: Build) -> None:
    calls = [keyed(n, f"1380000{n:04}") for n in range(5)]
    held(book, *calls)
    before = book.open_promises()
    assert held(book, *calls) == 0
    assert book.open_promises() == before


def test_without_limits_nothing_is_held(book: Store, keyed: Build) -> None:
    assert (
        held(book, *(keyed(n, f"1380000{n:04}") for n in range(50)), limits=LimitPolicy(0, 0, 7, 0, 0)) == 0
    )


def test_counts_are_those_of_the_last_day_and_a_number_with_an_open_promise_counts_none(
    book: Store, keyed: Build
) -> None:
    held(book, *(keyed(n, f"1380000{n:04}", caller_id="13912341234") for n in range(2)))
    assert book.caller_counts("13912341234", "13800009999", FEW, NOW) == Counts(2, 0, 2, 2)
    assert book.caller_counts("", "13700009999", FEW, NOW) == Counts(0, 0, 0, 2)
    assert book.caller_counts("13912341234", "13800000001", FEW, NOW) == Counts()
    assert book.caller_counts("13912341234", "13800009999", FEW, NOW + timedelta(days=2)) == Counts()
