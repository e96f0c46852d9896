"""What agents and leaders do with promises, and every touch of it in the history."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from callbacks.policy import CallbackPolicy
from callbacks.rules import after_attempt
from callbacks.values import (
    Asks,
    Attempt,
    Capture,
    Matter,
    MatterOutcome,
    Outcome,
    Promise,
    PromiseState,
    Settled,
    Touched,
)
from store import Store

pytestmark = pytest.mark.slow

Build = Callable[..., Capture]
Keep = Callable[..., None]
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
LEASE = 60.0
AGENT = "PJSIP/agent-1"
_S = PromiseState


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
def four(book: Store, capture: Build, keep: Keep) -> Store:
    """Four callers, ids 1 to 4, the oldest first."""
    keep(*(capture(f"pbx1:{n}", number=f"1390000000{n}", at=NOW - minutes(10 - n)) for n in range(1, 5)))
    return book


def whole(book: Store, promise_id: int) -> Promise:
    one = book.promise(promise_id)
    assert one is not None
    return one


def touched(book: Store, promise_id: int) -> list[Touched]:
    return [one.what for one in book.history(promise_id)]


def call(book: Store, promise_id: int, key: str = "a1", at: datetime = NOW) -> Promise:
    assert book.claim(promise_id, at, AGENT, LEASE, agent=AGENT)
    return book.start_attempt(Attempt(key, promise_id, "power", "13900000001", "carrier-a", at, AGENT), AGENT)


def end(book: Store, one: Promise, outcome: Outcome, at: datetime = NOW) -> None:
    assert book.finish_attempt(one.attempt, outcome, after_attempt(one, outcome, CallbackPolicy(), at), at)


def test_a_paused_promise_is_offered_to_nobody_until_it_is_resumed(four: Store) -> None:
    assert four.pause([1, 2], NOW, "leader", "a hoax") == [1, 2]
    assert four.pause([1], NOW, "leader") == []
    assert [one.id for one in four.claim_due(["power"], 9, NOW, "bridge", LEASE)] == [3, 4]
    assert four.claim(1, NOW, AGENT, LEASE, agent=AGENT) is None
    assert four.claim_for_agent(AGENT, NOW, LEASE) is None
    assert four.count_due(["power"], NOW) == 0
    assert four.resume([1, 2, 3], NOW, "leader") == [1, 2]
    assert [one.id for one in four.claim_due(["power"], 9, NOW, "bridge", LEASE)] == [1, 2]
    assert touched(four, 1) == [Touched.OPENED, Touched.PAUSED, Touched.RESUMED, Touched.CLAIMED]
    paused = four.history(1)[1]
    assert (paused.at, paused.who, paused.detail) == (NOW, "leader", "a hoax")


def test_what_was_handed_to_an_agent_is_offered_to_him_alone_and_first(four: Store) -> None:
    assert four.assign([3], AGENT, NOW, "leader") == [3]
    assert [one.id for one in four.claim_due(["power"], 9, NOW, "bridge", LEASE)] == [1, 2, 4]
    assert four.claim(3, NOW, "PJSIP/agent-2", LEASE, agent="PJSIP/agent-2") is None
    got = four.claim_for_agent(AGENT, NOW, LEASE)
    assert got is not None
    assert (got.id, got.assigned) == (3, AGENT)
    assert four.assign([3], "", NOW, "leader") == [3]
    assert [one.id for one in four.claim_due(["power"], 9, NOW, "bridge", LEASE)] == [3]


def test_handing_over_gives_the_claim_of_the_first_agent_back(four: Store) -> None:
    assert four.claim(1, NOW, AGENT, LEASE, agent=AGENT)
    assert four.assign([1], "PJSIP/agent-2", NOW, AGENT) == [1]
    assert (whole(four, 1).state, whole(four, 1).holder) == (_S.OPEN, "")
    assert touched(four, 1)[-2:] == [Touched.CLAIMED, Touched.ASSIGNED]


def test_a_leader_moves_one_to_the_front(four: Store) -> None:
    assert four.move_to(4, NOW - minutes(60), NOW, "leader", "an old man alone")
    assert [one.id for one in four.claim_due(["power"], 2, NOW, "bridge", LEASE)] == [4, 1]
    moved = four.history(4)[1]
    assert (moved.what, moved.who, moved.detail) == (Touched.MOVED, "leader", "an old man alone")


def test_many_are_cancelled_at_once_but_not_those_that_are_being_called(four: Store) -> None:
    call(four, 2)
    assert four.cancel_many([1, 2, 3, 99], NOW, "test calls", "leader") == [1, 3]
    assert [(whole(four, n).state, whole(four, n).reason) for n in (1, 2)] == [
        (_S.CANCELLED, "test calls"),
        (_S.DIALLING, ""),
    ]
    assert four.cancel_many([1], NOW, "again", "leader") == []
    assert touched(four, 1) == [Touched.OPENED, Touched.CANCELLED]
    assert four.summary().never_dialled == 0


def test_a_wish_for_a_time_is_kept(four: Store) -> None:
    wish = NOW + minutes(90)
    assert four.reschedule(1, wish, NOW, AGENT, "after the meeting")
    one = whole(four, 1)
    assert (one.wished_at, one.due_at, one.place_at, one.state) == (wish, wish, wish, _S.OPEN)
    assert [got.id for got in four.claim_due(["power"], 9, NOW, "bridge", 1)] == [2, 3, 4]
    assert [got.id for got in four.claim_due(["power"], 9, wish, "bridge", LEASE)][-1] == 1
    assert "after the meeting" in four.history(1)[1].detail
    with pytest.raises(ValueError, match="time to come"):
        four.reschedule(2, NOW, NOW, AGENT)


def test_a_wish_that_is_said_in_the_call_stands_over_the_usual_wait(four: Store) -> None:
    one = call(four, 1)
    wish = NOW + minutes(5)
    assert four.reschedule(1, wish, NOW, AGENT)
    assert whole(four, 1).state is _S.DIALLING
    end(four, one, Outcome.AGAIN, NOW + minutes(1))
    assert (whole(four, 1).due_at, whole(four, 1).place_at) == (wish, wish)


def test_a_wish_is_forgotten_when_the_caller_was_served(four: Store) -> None:
    one = call(four, 1)
    assert four.reschedule(1, NOW + minutes(5), NOW, AGENT)
    end(four, one, Outcome.ANSWERED)
    assert whole(four, 1).state is _S.DONE
    assert not four.reschedule(1, NOW + minutes(9), NOW, AGENT)


def test_a_caller_who_got_through_is_not_called(four: Store) -> None:
    """E6."""
    assert four.adopt(1, NOW, AGENT, "rang himself")
    one = whole(four, 1)
    assert (one.state, one.reason, one.closed_at, one.agent) == (_S.DONE, "adopted", NOW, AGENT)
    assert [(out.settled, out.who) for out in four.matter_outcomes(1)] == [(Settled.DONE, AGENT)]
    assert not four.adopt(1, NOW, AGENT)
    assert four.summary().never_dialled == 0
    assert touched(four, 1) == [Touched.OPENED, Touched.ADOPTED]


def test_one_that_is_being_called_is_moved_by_its_outcome_alone(four: Store) -> None:
    call(four, 1)
    assert not four.adopt(1, NOW, AGENT)
    assert not four.move_to(1, NOW - minutes(60), NOW, "leader")
    assert not four.merge(1, 2, NOW, "leader")
    assert not four.merge(2, 1, NOW, "leader")
    assert four.assign([1], "PJSIP/agent-2", NOW, "leader") == []
    assert four.pause([1], NOW, "leader") == []
    assert whole(four, 1).state is _S.DIALLING
    assert touched(four, 1) == [Touched.OPENED, Touched.CLAIMED, Touched.DIALLED]


def test_a_merged_promise_goes_on_in_the_other_with_the_better_place(four: Store) -> None:
    """C3: a repeat report of the same fault is merged, not listed twice."""
    assert four.merge(1, 3, NOW, "leader")
    gone, into = whole(four, 1), whole(four, 3)
    assert (gone.state, gone.closed_at, gone.captures) == (_S.MERGED, NOW, 0)
    assert (into.captures, into.place_at) == (2, NOW - minutes(9))
    assert [one.key for one in four.captures_of(3)] == ["pbx1:1", "pbx1:3"]
    assert (four.history(1)[-1].detail, four.history(3)[-1].detail) == ("#3", "#1")
    assert not four.merge(1, 2, NOW, "leader")
    with pytest.raises(ValueError, match="itself"):
        four.merge(2, 2, NOW, "leader")
    assert four.summary().never_dialled == 0


def test_a_caller_who_was_merged_hears_of_his_callback_and_never_the_others_number(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture("pbx1:1", reference="482913"), capture("pbx1:2", number="13800000000"))
    assert book.merge(1, 2, NOW, "leader")
    facts = book.look_up("13912341234", "482913")
    assert facts is not None
    assert (facts.known, facts.number) == (True, "13912341234")
    cancel = capture(
        "pbx1:3/2", asks=Asks.CANCEL, about="482913", number="", source="none", owner="13912341234"
    )
    keep(cancel)
    assert [one.key for one in book.captures_of(2)] == ["pbx1:2"]
    assert whole(book, 2).state is _S.OPEN


@pytest.mark.parametrize("who", ["13912341234", "13800000000"])
def test_whoever_cancels_in_a_merged_promise_takes_his_number_with_him_and_leaves_the_other_his(
    book: Store, capture: Build, keep: Keep, who: str
) -> None:
    """C3, E6: also when he undoes it after the other one was served."""
    references = {"13912341234": "482913", "13800000000": "117744"}
    other = next(one for one in references if one != who)
    keep(
        *(capture(f"pbx1:{n}", number=one, reference=references[one]) for n, one in enumerate(references, 1))
    )
    assert book.merge(1, 2, NOW, "leader")
    asked = {"about": references[who], "number": "", "source": "none", "owner": who}
    keep(capture("pbx1:3/2", asks=Asks.CANCEL, **asked))
    assert [(one.id, one.number) for one in book.open_promises()] == [(2, other)]
    assert book.adopt(2, NOW, AGENT)
    keep(capture("pbx1:4/2", asks=Asks.UNDO, at=NOW + minutes(1), **asked), now=NOW + minutes(1))
    assert [one.number for one in book.open_promises()] == [who]


def test_who_is_left_by_a_cancel_joins_the_promise_that_his_own_number_has_by_now(
    book: Store, capture: Build, keep: Keep
) -> None:
    """C3: never called on the number of whoever cancelled."""
    one, other = "13912341234", "13800000000"
    keep(
        capture("pbx1:1", number=one, reference="482913"), capture("pbx1:2", number=other, reference="117744")
    )
    assert book.merge(1, 2, NOW, "leader")
    keep(capture("pbx1:3", number=one, reference="222222", at=NOW + minutes(1)), now=NOW + minutes(1))
    keep(
        capture(
            "pbx1:4/2",
            asks=Asks.CANCEL,
            about="117744",
            number="",
            source="none",
            owner=other,
            at=NOW + minutes(2),
        ),
        now=NOW + minutes(2),
    )
    (left,) = book.open_promises()
    assert (left.number, left.captures, left.place_at) == (one, 2, NOW)
    assert whole(book, 2).state is _S.MERGED


def test_a_note_stands_in_the_history_of_one_that_is_closed_too(four: Store) -> None:
    four.cancel_many([1], NOW, "test call", "leader")
    assert four.note(1, "was no test after all", NOW, AGENT)
    assert not four.note(99, "nobody", NOW, AGENT)
    last = four.history(1)[-1]
    assert (last.what, last.who, last.detail) == (Touched.NOTED, AGENT, "was no test after all")


def test_the_outcome_settles_every_matter_that_has_none_of_its_own(
    book: Store, capture: Build, keep: Keep
) -> None:
    """E7, E8: a promise may gather several matters, each with its own outcome."""
    keep(capture("pbx1:1"), capture("pbx1:2", matter=Matter.BILL), now=NOW - minutes(5))
    bill = MatterOutcome("pbx1:2", Settled.COMPLAINT, AGENT, NOW, "paid twice", "C-17", 2, caused=True)
    assert book.settle_matter(bill)
    end(book, call(book, 1), Outcome.ANSWERED, NOW + minutes(3))
    outcomes = {one.capture: one for one in book.matter_outcomes(1)}
    assert outcomes["pbx1:2"] == bill
    assert (outcomes["pbx1:1"].settled, outcomes["pbx1:1"].who) == (Settled.DONE, AGENT)


def test_a_later_calls_matter_is_not_settled_by_an_earlier_outcome(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture("pbx1:1"), now=NOW - minutes(5))
    one = call(book, 1)
    late = NOW + minutes(2)
    keep(capture("pbx1:2", at=late, matter=Matter.BILL), now=late)
    assert book.finish_attempt(
        one.attempt,
        Outcome.ANSWERED,
        after_attempt(one, Outcome.ANSWERED, CallbackPolicy(), NOW),
        NOW + minutes(1),
    )
    assert [out.capture for out in book.matter_outcomes(1)] == ["pbx1:1"]
    (own,) = book.open_promises()
    assert (own.id, own.matter) == (2, Matter.BILL)
    assert book.matter_outcomes(2) == []


def test_who_was_not_reached_has_no_outcome_for_his_matter(four: Store) -> None:
    one = call(four, 1)
    policy = CallbackPolicy(max_attempts=1)
    four.finish_attempt(one.attempt, Outcome.BUSY, after_attempt(one, Outcome.BUSY, policy, NOW), NOW)
    assert whole(four, 1).state is _S.UNREACHABLE
    assert four.matter_outcomes(1) == []


def test_a_matter_is_corrected_and_both_words_stand_in_the_history(four: Store) -> None:
    assert four.settle_matter(MatterOutcome("pbx1:1", Settled.DONE, AGENT, NOW))
    assert four.settle_matter(MatterOutcome("pbx1:1", Settled.ORDERED, AGENT, NOW, order="F-9"))
    assert [(one.settled, one.order) for one in four.matter_outcomes(1)] == [(Settled.ORDERED, "F-9")]
    settled = [one.detail for one in four.history(1) if one.what is Touched.SETTLED]
    assert settled == ["done", "ordered F-9"]
    assert not four.settle_matter(MatterOutcome("pbx1:none", Settled.DONE, AGENT, NOW))


def test_every_touch_of_a_call_stands_in_the_history(four: Store) -> None:
    four.claim_due(["power"], 1, NOW - minutes(5), "bridge-1", LEASE)
    end(four, call(four, 1), Outcome.BUSY)
    lines = [(one.what, one.who, one.detail) for one in four.history(1)]
    assert lines == [
        (Touched.OPENED, "caller", "fault"),
        (Touched.CLAIMED, "bridge-1", ""),
        (Touched.RELEASED, "", "lapsed"),
        (Touched.CLAIMED, AGENT, ""),
        (Touched.DIALLED, AGENT, "a1"),
        (Touched.ENDED, AGENT, "busy"),
    ]


def test_what_callers_do_stands_in_the_history(book: Store, capture: Build, keep: Keep) -> None:
    keep(capture("pbx1:1", reference="482913"))
    keep(capture("pbx1:2"))
    own = {"about": "482913", "number": "", "source": "none", "owner": "13912341234"}
    keep(capture("pbx1:3/2", asks=Asks.CANCEL, **own))
    keep(capture("pbx1:4/2", asks=Asks.UNDO, at=NOW + minutes(1), **own), now=NOW + minutes(1))
    assert touched(book, 1)[:2] == [Touched.OPENED, Touched.JOINED]
    assert {one.who for one in book.history(1)} == {"caller"}
    keep(capture("pbx1:1", number="13700000007", at=NOW + minutes(2)), now=NOW + minutes(2))
    assert Touched.NOTED in touched(book, 1)


def test_what_a_leader_lets_stands_in_the_history_with_the_reason_for_which_it_was_held(four: Store) -> None:
    four.hold(1, NOW, NOW + minutes(60), "invalid")
    four.let(1, NOW, "leader")
    assert [(one.what, one.detail) for one in four.history(1)][1:] == [
        (Touched.PAUSED, "invalid"),
        (Touched.RESUMED, "invalid"),
    ]


def test_nobody_is_put_off_by_being_merged_into_one_who_wished_for_a_later_day(four: Store) -> None:
    assert four.reschedule(2, NOW + timedelta(days=20), NOW, "agent")
    assert four.merge(1, 2, NOW, "leader")
    assert [one.id for one in four.claim_due(["power"], 1, NOW, "bridge", LEASE)] == [2]


def test_danger_does_not_wait_for_the_day_that_was_wished_for_another_matter(
    four: Store, capture: Build, keep: Keep
) -> None:
    """E4: and what is said in another matter leaves the wish as it is (E6)."""
    for id_ in (3, 4):
        assert four.reschedule(id_, NOW + timedelta(days=20), NOW, "agent")
    keep(
        capture("pbx1:8", number="13900000003", matter=Matter.DANGER),
        capture("pbx1:9", number="13900000004", matter=Matter.BILL),
    )
    assert [one.id for one in four.claim_due(["power"], 9, NOW, "bridge", LEASE)] == [3, 1, 2]
    assert whole(four, 4).due_at == NOW + timedelta(days=20)
