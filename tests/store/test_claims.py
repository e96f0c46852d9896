"""A promise is called by one at a time, and a claim that nobody uses is free again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from callbacks.policy import CallbackPolicy
from callbacks.rules import after_attempt
from callbacks.values import Attempt, Capture, Outcome, PromiseState
from store import ClaimLost, Store

pytestmark = pytest.mark.slow

Build = Callable[..., Capture]
Keep = Callable[..., None]
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
LEASE = 60.0


@pytest.fixture
def full(book: Store, capture: Build, keep: Keep) -> Store:
    """Ten callers, in the order of their numbers."""
    keep(
        *(
            capture(f"pbx1:{n}", number=f"1390000000{n}", at=NOW - timedelta(minutes=10 - n))
            for n in range(10)
        )
    )
    return book


def attempt(promise_id: int, key: str = "a1", at: datetime = NOW) -> Attempt:
    return Attempt(key, promise_id, "power", "13900000000", "carrier-a", at)


def test_eight_at_once_never_claim_the_same(url: str, book: Store, capture: Build, keep: Keep) -> None:
    """Nobody is called twice: claims of 8 threads over 4 connections of their own, none double, none left."""
    keep(*(capture(f"pbx1:{n}", number=f"139{n:08d}") for n in range(400)))
    others = [Store(url) for _ in range(4)]

    def work(worker: int) -> list[int]:
        store, mine = others[worker % 4], []
        while got := store.claim_due(["power"], 3, NOW, f"worker-{worker}", LEASE):
            mine += [one.id for one in got]
        return mine

    with ThreadPoolExecutor(8) as pool:
        claimed = [id_ for mine in pool.map(work, range(8)) for id_ in mine]
    for one in others:
        one.close()
    assert len(claimed) == 400
    assert len(set(claimed)) == 400


def test_whoever_waited_longest_is_claimed_first(full: Store) -> None:
    got = full.claim_due(["power"], 3, NOW, "bridge", LEASE)
    assert [one.number[-1] for one in got] == ["0", "1", "2"]
    assert {one.state for one in got} == {PromiseState.CLAIMED}
    assert got[0].claimed_until == NOW + timedelta(seconds=LEASE)


def test_only_scopes_that_may_be_called_are_claimed(full: Store) -> None:
    """E1: callbacks start after the scope has been stable."""
    assert full.claim_due(["water"], 9, NOW, "bridge", LEASE) == []
    assert full.claim_due([], 9, NOW, "bridge", LEASE) == []


def test_what_is_not_due_yet_is_not_claimed(full: Store) -> None:
    early = full.claim_due(["power"], 99, NOW - timedelta(minutes=8), "bridge", LEASE)
    assert [one.number[-1] for one in early] == ["0", "1", "2"]


def test_an_unused_claim_lapses_and_keeps_its_place(full: Store) -> None:
    full.claim_due(["power"], 1, NOW, "dead", LEASE)
    after = NOW + timedelta(seconds=LEASE)
    (again,) = full.claim_due(["power"], 1, after, "bridge", LEASE)
    assert (again.number[-1], again.holder) == ("0", "bridge")


def test_a_lapsed_claim_can_not_be_dialled(full: Store) -> None:
    """The fence: who was away too long dials nobody, even when no one else has claimed since."""
    (one,) = full.claim_due(["power"], 1, NOW, "slow", LEASE)
    with pytest.raises(ClaimLost, match=f"promise {one.id} is not claimed by slow"):
        full.start_attempt(attempt(one.id, at=NOW + timedelta(seconds=LEASE)), "slow")
    assert full.attempts_of(one.id) == []


def test_another_run_can_not_dial_on_a_claim(full: Store) -> None:
    (one,) = full.claim_due(["power"], 1, NOW, "bridge-2", LEASE)
    with pytest.raises(ClaimLost):
        full.start_attempt(attempt(one.id), "bridge-1")


def test_a_promise_that_is_dialled_never_lapses(full: Store) -> None:
    (one,) = full.claim_due(["power"], 1, NOW, "bridge", LEASE)
    full.start_attempt(attempt(one.id), "bridge")
    much_later = NOW + timedelta(days=3)
    assert one.id not in [got.id for got in full.claim_due(["power"], 99, much_later, "other", LEASE)]
    assert [flying.id for flying in full.in_flight()] == [one.id]


def test_a_claim_given_back_keeps_its_place(full: Store) -> None:
    (one,) = full.claim_due(["power"], 1, NOW, "bridge", LEASE)
    assert not full.release(one.id, "somebody else")
    assert full.release(one.id, "bridge")
    assert full.claim_due(["power"], 1, NOW, "bridge", LEASE)[0].id == one.id


def test_a_claim_can_be_made_longer_only_while_it_stands(full: Store) -> None:
    (one,) = full.claim_due(["power"], 1, NOW, "bridge", LEASE)
    half = NOW + timedelta(seconds=30)
    assert full.renew(one.id, "bridge", half, LEASE)
    assert full.claim(one.id, NOW + timedelta(seconds=80), "other", LEASE) is None
    assert not full.renew(one.id, "bridge", NOW + timedelta(seconds=200), LEASE)


def test_an_agent_who_asks_again_gets_what_he_holds(full: Store) -> None:
    first = full.claim_for_agent("PJSIP/agent-1", NOW, LEASE)
    again = full.claim_for_agent("PJSIP/agent-1", NOW + timedelta(seconds=30), LEASE)
    other = full.claim_for_agent("PJSIP/agent-2", NOW, LEASE)
    assert first is not None
    assert again is not None
    assert other is not None
    assert (first.id, first.agent) == (again.id, "PJSIP/agent-1")
    assert again.claimed_until == NOW + timedelta(seconds=90)
    assert other.id != first.id
    assert [one.id for one in full.promises_of("PJSIP/agent-1")] == [first.id]


def test_a_certain_promise_is_claimed_unless_somebody_has_it(full: Store) -> None:
    one = full.claim(5, NOW, "PJSIP/agent-1", LEASE, agent="PJSIP/agent-1")
    assert one is not None
    assert one.id == 5
    assert full.claim(5, NOW, "PJSIP/agent-2", LEASE) is None
    assert full.claim(999, NOW, "PJSIP/agent-2", LEASE) is None


def test_who_was_tried_in_vain_lets_those_through_who_were_not(full: Store) -> None:
    """Fairness: nobody has a second turn before everybody who waited longer has had a first."""
    (one,) = full.claim_due(["power"], 1, NOW, "bridge", LEASE)
    dialled = full.start_attempt(attempt(one.id), "bridge")
    full.finish_attempt("a1", Outcome.BUSY, after_attempt(dialled, Outcome.BUSY, CallbackPolicy(), NOW), NOW)
    assert len(full.claim_due(["power"], 99, NOW, "bridge", LEASE)) == 9
    (again,) = full.claim_due(["power"], 99, NOW + timedelta(seconds=600), "bridge", 10_000)[-1:]
    assert again.id == one.id


def test_who_was_not_reached_for_our_own_reasons_is_first_again(full: Store) -> None:
    (one,) = full.claim_due(["power"], 1, NOW, "bridge", LEASE)
    dialled = full.start_attempt(attempt(one.id), "bridge")
    after = after_attempt(dialled, Outcome.NO_AGENT, CallbackPolicy(), NOW)
    full.finish_attempt("a1", Outcome.NO_AGENT, after, NOW)
    assert full.claim_due(["power"], 1, NOW + timedelta(seconds=61), "bridge", LEASE)[0].id == one.id


def test_how_many_are_due_and_when_the_next_one_is(full: Store) -> None:
    assert full.count_due(["power"], NOW - timedelta(minutes=8)) == 3
    assert full.next_due(["power"]) == NOW - timedelta(minutes=10)
    assert full.next_due(["water"]) is None


def test_a_promise_is_cancelled_unless_it_is_being_called(full: Store) -> None:
    (one,) = full.claim_due(["power"], 1, NOW, "bridge", LEASE)
    full.start_attempt(attempt(one.id), "bridge")
    assert not full.cancel(one.id, NOW, "the caller got through")
    assert full.cancel(one.id + 1, NOW, "the caller got through")
    cancelled = full.promise(one.id + 1)
    assert cancelled is not None
    assert (cancelled.state, cancelled.closed_at) == (PromiseState.CANCELLED, NOW)


def test_a_promise_that_is_cancelled_can_be_put_on_the_leaders_list(full: Store) -> None:
    """Nothing that a caller left ends in silence."""
    (one, two) = full.claim_due(["power"], 2, NOW, "bridge", LEASE)
    assert full.cancel(one.id, NOW, "premium number", attention=True)
    assert full.cancel(two.id, NOW, "the caller got through")
    assert [(seen.id, seen.state, seen.reason) for seen in full.for_leader()] == [
        (one.id, PromiseState.CANCELLED, "premium number")
    ]


def test_a_promise_that_cannot_be_called_as_it_stands_waits_and_the_leader_sees_it(full: Store) -> None:
    (one,) = full.claim_due(["power"], 1, NOW, "bridge", LEASE)
    until = NOW + timedelta(hours=1)
    assert full.hold(one.id, NOW, until, "invalid")
    (held,) = full.for_leader()
    assert (held.id, held.state, held.due_at, held.reason) == (one.id, PromiseState.OPEN, until, "invalid")
    assert (held.holder, held.claimed_until, held.place_at) == ("", None, one.place_at)
    assert one.id not in [got.id for got in full.claim_due(["power"], 99, NOW, "bridge", 1)]
    assert full.claim_due(["power"], 1, until, "bridge", LEASE)[0].id == one.id


def test_a_promise_that_is_called_or_closed_is_not_held(full: Store) -> None:
    until = NOW + timedelta(hours=1)
    one, two = full.claim_due(["power"], 2, NOW, "bridge", LEASE)
    full.start_attempt(attempt(one.id), "bridge")
    full.cancel(two.id, NOW, "the caller got through")
    assert not full.hold(one.id, NOW, until, "invalid")
    assert not full.hold(two.id, NOW, until, "invalid")
    with pytest.raises(ValueError, match="later time"):
        full.hold(two.id + 1, NOW, NOW, "invalid")
    assert full.for_leader() == []
