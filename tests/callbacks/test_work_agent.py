"""An agent's work on the book, without a page (requirements C4, E4, E6, E7)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from postgres import sqlite_book
from work_desk import AGENT, LEADER, MEMBER, NOW, OTHER, Desk

from callbacks.policy import CallbackPolicy
from callbacks.rules.deadlines import Duty
from callbacks.values import Matter, Outcome, Promise, PromiseState, Settled, Touch, Touched
from callbacks.work import Actor, Do, MatterWord, NotAllowed, mark_of, preview
from store import Store


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Store]:
    """An empty book, copied and not migrated anew."""
    with Store(sqlite_book(tmp_path)) as store:
        yield store


@pytest.fixture
def desk(book: Store) -> Desk:
    return Desk(book)


def talking(desk: Desk, key: str = "1") -> tuple[Promise, str]:
    """A promise whose caller this agent speaks with; its attempt's key."""
    desk.left(key)
    taken = desk.agent.next(AGENT, NOW, ["power"])
    assert taken is not None
    return taken, desk.calling(taken.id).key


def settled(desk: Desk, promise_id: int) -> list[tuple[Settled, str]]:
    return [(one.settled, one.note) for one in desk.book.matter_outcomes(promise_id)]


def test_what_was_handed_to_him_comes_before_whose_turn_it_is(desk: Desk) -> None:
    desk.left("1", at=NOW - timedelta(hours=3))
    mine = desk.left("2")
    desk.leader.assign(LEADER, [mine.id], MEMBER, NOW)
    taken = desk.agent.next(AGENT, NOW, ["power"])
    assert taken is not None
    assert taken.id == mine.id
    assert desk.agent.held(AGENT, NOW) == [taken]


def test_who_holds_one_is_offered_no_second(desk: Desk) -> None:
    desk.left("1")
    desk.left("2")
    desk.agent.next(AGENT, NOW, ["power"])
    with pytest.raises(NotAllowed, match="You hold a promise already"):
        desk.agent.next(AGENT, NOW, ["power"])


def test_in_quiet_hours_only_danger_is_offered(desk: Desk) -> None:
    night = NOW + timedelta(hours=13)
    desk.left("1")
    assert desk.agent.next(AGENT, night, ["power"]) is None
    danger = desk.left("2", matter=Matter.DANGER)
    taken = desk.agent.next(AGENT, night, ["power"])
    assert taken is not None
    assert taken.id == danger.id


def test_a_queue_that_is_switched_off_gives_nothing(book: Store) -> None:
    desk = Desk(book, CallbackPolicy(processed=frozenset({"water"})))
    desk.left("1")
    assert desk.agent.next(AGENT, NOW, ["power"]) is None


def test_a_claim_lapses_unless_it_is_kept_and_never_during_the_call(desk: Desk) -> None:
    desk.left("1")
    one = desk.agent.next(AGENT, NOW, ["power"])
    assert one is not None
    desk.agent.keep(AGENT, one.id, NOW + timedelta(seconds=100))
    assert desk.agent.held(AGENT, NOW + timedelta(seconds=200))
    assert desk.agent.held(AGENT, NOW + timedelta(seconds=221)) == []
    with pytest.raises(NotAllowed, match="no longer yours"):
        desk.agent.call(AGENT, one.id, NOW + timedelta(seconds=221))
    desk.calling(one.id)
    assert desk.agent.held(AGENT, NOW + timedelta(hours=1)), "from dialling on only its outcome moves it"


def test_calling_is_asked_of_the_bridge(desk: Desk) -> None:
    desk.left("1")
    one = desk.agent.next(AGENT, NOW, ["power"])
    assert one is not None
    assert desk.agent.call(AGENT, one.id, NOW) == 1
    assert desk.asked.wishes == [("dial", one.id, MEMBER, "first agent")]


def test_done_settles_the_single_matter_by_itself(desk: Desk) -> None:
    one, key = talking(desk)
    desk.agent.outcome(AGENT, one.id, key, Outcome.ANSWERED, NOW, note="paid")
    assert desk.asked.wishes == [("outcome", one.id, key, Outcome.ANSWERED, MEMBER, "paid", "first agent")]
    assert settled(desk, one.id) == [(Settled.DONE, "")]


def test_several_matters_each_need_an_outcome(desk: Desk) -> None:
    desk.left("1")
    desk.left("1", at=NOW - timedelta(minutes=5), matter=Matter.FAULT)
    one, key = talking(desk)
    first, second = (one.capture.key for one in preview(desk.ground, one.id, AGENT, NOW).matters)
    with pytest.raises(NotAllowed, match="say what became of each") as refused:
        desk.agent.outcome(AGENT, one.id, key, Outcome.ANSWERED, NOW)
    assert refused.value.field == "matter"
    assert desk.asked.wishes == []
    said = [
        MatterWord(first, Settled.DONE, satisfied=5),
        MatterWord(second, Settled.ORDERED, order=" F-77 ", caused=True),
    ]
    desk.agent.outcome(AGENT, one.id, key, Outcome.ANSWERED, NOW, said=said)
    kept = desk.book.matter_outcomes(one.id)
    assert [(one.settled, one.order, one.satisfied, one.caused) for one in kept] == [
        (Settled.DONE, "", 5, False),
        (Settled.ORDERED, "F-77", 0, True),
    ]
    desk.agent.outcome(AGENT, one.id, key, Outcome.BUSY, NOW)


@pytest.mark.parametrize(
    ("word", "field"),
    [
        (MatterWord("pbx1:9.9", Settled.DONE), "matter"),
        (MatterWord("", Settled.ORDERED), "order"),
        (MatterWord("", Settled.ORDERED, order="x" * 81), "order"),
        (MatterWord("", Settled.DONE, satisfied=6), "satisfied"),
        (MatterWord("", Settled.DONE, note="x" * 501), "note"),
        (MatterWord("", Settled.COMPLAINT), "note"),
    ],
)
def test_a_wrong_word_about_a_matter_is_named_and_nothing_is_written(
    desk: Desk, word: MatterWord, field: str
) -> None:
    one, key = talking(desk)
    matter = preview(desk.ground, one.id, AGENT, NOW).matters[0].capture.key
    said = replace(word, capture=word.capture or matter)
    with pytest.raises(NotAllowed) as refused:
        desk.agent.outcome(AGENT, one.id, key, Outcome.ANSWERED, NOW, said=[said])
    assert refused.value.field == field
    assert desk.asked.wishes == []
    assert settled(desk, one.id) == []


def test_a_complaint_in_the_attempt_opens_a_complaint_of_its_own(desk: Desk) -> None:
    """E7: the attempt ends as done, and the complaint goes on as a promise that is answered in E3's days."""
    desk.left("1", incident="INC-1", region="north")
    one, _ = talking(desk)
    attempt = desk.book.attempts_of(one.id)[0]
    key = preview(desk.ground, one.id, AGENT, NOW).matters[0].capture.key
    said = [MatterWord(key, Settled.COMPLAINT, note="waited two days", caused=True)]
    at = NOW + timedelta(seconds=40)
    desk.agent.outcome(AGENT, one.id, attempt.key, Outcome.ANSWERED, at, said=said)
    assert desk.ended(attempt, Outcome.ANSWERED, at + timedelta(seconds=5)).state is PromiseState.DONE
    (open_,) = desk.book.open_promises()
    assert (open_.matter, open_.number, open_.scope) == (Matter.COMPLAINT, one.number, one.scope)
    (capture,) = desk.book.captures_of(open_.id)
    assert (capture.key, capture.remarks, capture.taken_by) == (
        f"desk:{one.id}-1",
        "waited two days",
        "first agent",
    )
    assert (capture.incident, capture.region, capture.tier) == ("INC-1", "north", 0)


def test_a_complaint_with_a_number_elsewhere_opens_none_here(desk: Desk) -> None:
    one, key = talking(desk)
    matter = preview(desk.ground, one.id, AGENT, NOW).matters[0].capture.key
    said = [MatterWord(matter, Settled.COMPLAINT, order="K-9")]
    desk.agent.outcome(AGENT, one.id, key, Outcome.ANSWERED, NOW, said=said)
    assert len(desk.book.captures_of(one.id)) == 1


def test_what_is_made_a_complaint_becomes_a_second_matter(desk: Desk) -> None:
    one = desk.left("1")
    desk.leader.assign(LEADER, [one.id], MEMBER, NOW)
    desk.agent.complaint(AGENT, one.id, "third time", NOW)
    desk.agent.complaint(AGENT, one.id, "third time", NOW)
    matters = preview(desk.ground, one.id, AGENT, NOW).matters
    assert [row.capture.matter for row in matters] == [Matter.BILL, Matter.COMPLAINT], "once for one attempt"
    desk.agent.complaint(AGENT, one.id, "and nobody says why", NOW)
    kept = preview(desk.ground, one.id, AGENT, NOW).matters[1:]
    assert [row.capture.remarks for row in kept] == ["third time / and nobody says why"]
    with pytest.raises(NotAllowed, match="what the complaint is about"):
        desk.agent.complaint(AGENT, one.id, "  ", NOW)


def test_a_page_that_is_out_of_date_says_nothing_about_a_later_call(desk: Desk) -> None:
    one, _ = talking(desk)
    with pytest.raises(NotAllowed, match="earlier attempt"):
        desk.agent.outcome(AGENT, one.id, f"{one.id}-0-1", Outcome.ANSWERED, NOW)
    with pytest.raises(NotAllowed, match="no outcome"):
        desk.agent.outcome(AGENT, one.id, desk.book.attempts_of(one.id)[0].key, Outcome.CONGESTION, NOW)


def test_the_callers_wish_is_a_time_of_the_sites_clocks(desk: Desk) -> None:
    one = desk.left("1")
    desk.leader.assign(LEADER, [one.id], MEMBER, NOW)
    at = desk.agent.reschedule(AGENT, one.id, "2026-11-24", "15:30", NOW, note="after work")
    assert at.isoformat() == "2026-11-24T07:30:00+00:00"
    moved = desk.book.promise(one.id)
    assert moved is not None
    assert moved.wished_at == moved.due_at == at
    (told,) = [touch for touch in desk.book.history(one.id) if touch.what is Touched.RESCHEDULED]
    assert told.wish == (at, "after work")


def test_only_what_was_rescheduled_tells_of_a_wish() -> None:
    said = "2026-11-24T07:30+00:00 after work"
    assert Touch(1, NOW, "agent", Touched.NOTED, said).wish == (None, said)
    assert Touch(1, NOW, "agent", Touched.RESCHEDULED, "later, please").wish == (None, "later, please")
    assert Touch(1, NOW, "agent", Touched.RESCHEDULED, "2026-11-24T07:30").wish == (None, "2026-11-24T07:30")


@pytest.mark.parametrize(
    ("day", "clock", "says"),
    [
        ("2026-11-23", "09:59", "over"),
        ("2026-12-24", "10:00", "30 days"),
        ("2026-11-24", "07:59", "2026-11-24 08:00"),
        ("2026-11-24", "21:00", "2026-11-25 08:00"),
        ("24.11.2026", "10:00", "YYYY-MM-DD"),
        ("2026-11-24", "10 am", "YYYY-MM-DD"),
        ("9999-12-31", "23:59", "30 days"),
    ],
)
def test_a_time_at_which_nobody_calls_is_refused_with_what_is_wrong(
    desk: Desk, day: str, clock: str, says: str
) -> None:
    one = desk.left("1")
    with pytest.raises(NotAllowed, match=says) as refused:
        desk.agent.reschedule(LEADER, one.id, day, clock, NOW)
    assert refused.value.field == "at"


def test_danger_may_be_called_at_any_hour(desk: Desk) -> None:
    one = desk.left("1", matter=Matter.DANGER)
    assert desk.agent.reschedule(LEADER, one.id, "2026-11-24", "03:00", NOW)


def test_a_wish_during_the_call_stands_when_it_is_to_be_called_again(desk: Desk) -> None:
    one, _ = talking(desk)
    attempt = desk.book.attempts_of(one.id)[0]
    at = desk.agent.reschedule(AGENT, one.id, "2026-11-25", "09:00", NOW)
    ended = desk.ended(attempt, Outcome.AGAIN, NOW + timedelta(minutes=1))
    assert ended.state is PromiseState.OPEN
    assert ended.due_at == at


def test_handed_to_a_colleague_it_is_his_alone(desk: Desk) -> None:
    desk.left("1")
    one = desk.agent.next(AGENT, NOW, ["power"])
    assert one is not None
    desk.agent.hand_to(AGENT, one.id, OTHER, NOW)
    assert desk.agent.next(AGENT, NOW, ["power"]) is None
    taken = desk.agent.next(Actor("second", OTHER), NOW, ["power"])
    assert taken is not None
    assert taken.id == one.id
    with pytest.raises(NotAllowed, match="There is no agent"):
        desk.agent.hand_to(Actor("second", OTHER), one.id, "PJSIP/nobody", NOW)


def test_who_got_through_is_not_called_and_only_by_whoever_has_him_on_the_line(desk: Desk) -> None:
    """E6."""
    one = desk.left("1")
    with pytest.raises(NotAllowed, match="no longer yours"):
        desk.agent.adopt(AGENT, one.id, NOW)
    on_line = replace(AGENT, on_line=frozenset({one.id}))
    desk.agent.adopt(on_line, one.id, NOW, note="told him")
    adopted = desk.book.promise(one.id)
    assert adopted is not None
    assert (adopted.state, adopted.reason) == (PromiseState.DONE, "adopted")
    assert settled(desk, one.id) == [(Settled.DONE, "")]
    with pytest.raises(NotAllowed, match="closed"):
        desk.agent.adopt(on_line, one.id, NOW)


def test_a_complaint_of_who_got_through_is_still_owed_an_answer(desk: Desk) -> None:
    one = desk.left("1")
    on_line = replace(AGENT, on_line=frozenset({one.id}))
    key = preview(desk.ground, one.id, on_line, NOW).matters[0].capture.key
    desk.agent.adopt(on_line, one.id, NOW, said=[MatterWord(key, Settled.COMPLAINT, note="rude")])
    assert [row.matter for row in desk.book.open_promises()] == [Matter.COMPLAINT]


def test_nobody_touches_what_is_anothers(desk: Desk) -> None:
    desk.left("1")
    one = desk.agent.next(Actor("second", OTHER), NOW, ["power"])
    assert one is not None
    for attempt in (
        lambda: desk.agent.note(AGENT, one.id, "x", NOW),
        lambda: desk.agent.release(AGENT, one.id, NOW),
        lambda: desk.agent.call(AGENT, one.id, NOW),
        lambda: desk.agent.reschedule(AGENT, one.id, "2026-11-24", "10:00", NOW),
        lambda: desk.agent.hand_to(AGENT, one.id, MEMBER, NOW),
        lambda: desk.agent.complaint(AGENT, one.id, "x", NOW),
        lambda: desk.agent.take(AGENT, one.id, NOW),
        lambda: desk.agent.settle(AGENT, one.id, [], NOW),
    ):
        with pytest.raises(NotAllowed, match="no longer yours"):
            attempt()
    assert preview(desk.ground, one.id, AGENT, NOW).may == frozenset()


def test_what_may_be_done_is_what_is_not_refused(desk: Desk) -> None:
    desk.left("1")
    one = desk.agent.next(AGENT, NOW, ["power"])
    assert one is not None
    card = preview(desk.ground, one.id, AGENT, NOW)
    assert {Do.CALL, Do.RELEASE, Do.KEEP, Do.NOTE, Do.RESCHEDULE, Do.ASSIGN, Do.COMPLAINT} <= card.may
    assert not {Do.OUTCOME, Do.CANCEL, Do.MOVE, Do.PAUSE, Do.LET} & card.may
    desk.calling(one.id)
    card = preview(desk.ground, one.id, AGENT, NOW)
    assert Do.OUTCOME in card.may
    assert not {Do.CALL, Do.RELEASE, Do.ASSIGN} & card.may


def test_the_card_tells_every_touch_with_who(desk: Desk) -> None:
    desk.left("1")
    one = desk.agent.next(AGENT, NOW, ["power"])
    assert one is not None
    desk.agent.note(AGENT, one.id, "speaks a dialect", NOW)
    desk.agent.release(AGENT, one.id, NOW)
    told = [(touch.what, touch.who, touch.detail) for touch in desk.book.history(one.id)]
    assert (Touched.NOTED, "first agent", "speaks a dialect") in told
    assert (Touched.RELEASED, "first agent", "") in told


def test_what_is_owed_is_marked_when_it_is_near_and_when_it_is_over(desk: Desk) -> None:
    one = replace(desk.left("1"), first_by=NOW + timedelta(hours=1), answer_by=NOW + timedelta(days=5))
    assert mark_of(one, NOW, 1800) is None
    near = mark_of(one, NOW, 7200)
    assert near is not None
    assert (near.owing, near.late) == (Duty.FIRST, False)
    over = mark_of(one, NOW + timedelta(hours=2), 7200)
    assert over is not None
    assert over.late
    answered = replace(one, first_at=NOW)
    assert mark_of(answered, NOW + timedelta(hours=2), 7200) is None
