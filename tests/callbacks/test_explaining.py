"""What is said of a promise: why it is there, what is owed, when it is next and why not sooner."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from calling_days import ZONE, calendar_around
from hypothesis import given, settings
from hypothesis import strategies as st

from callbacks.policy import CallbackPolicy, Way
from callbacks.rules.explaining import About, Explanation, explain
from callbacks.rules.hours import may_call
from callbacks.rules.outcomes import after_attempt
from callbacks.values import Attempt, Capture, Matter, Outcome, Promise, PromiseState, Touch, Touched
from console.explained import said
from console.words import EXPLAINED

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # a Friday, 10:00 in the zone of the calendar
WEEK = calendar_around(NOW)
HOUR = timedelta(hours=1)
POLICY = CallbackPolicy()
Build = Callable[..., Promise]


def waiting(**values: Any) -> Promise:
    usual: dict[str, Any] = {"created_at": NOW - HOUR, "due_at": NOW - HOUR, "matter": Matter.BILL}
    fixed = (7, "power", "13912341234", PromiseState.OPEN)
    facts = usual | values
    return Promise(
        *fixed, facts.pop("created_at"), facts.pop("due_at"), facts.pop("attempts", 0), 1, facts.pop("matter"), "zh-CN",
        **facts,
    )  # fmt: skip


def told(
    promise: Promise,
    *,
    captures: Sequence[Capture] = (),
    attempts: Sequence[Attempt] = (),
    ahead: int = 0,
    policy: CallbackPolicy = POLICY,
    ready: datetime | None = NOW - HOUR,
    why: str = "",
    now: datetime = NOW,
    history: Sequence[Touch] = (),
) -> Explanation:
    return explain(promise, captures, attempts, ahead, WEEK, policy, ready, why, now, history)


def keys(explanation: Explanation, about: About | None = None) -> list[str]:
    return [line.key for line in explanation.lines if about is None or line.about is about]


def tried(at: datetime, outcome: Outcome | None) -> Attempt:
    return Attempt(f"7-{at:%H%M}", 7, "power", "13912341234", "carrier-a", at, outcome=outcome)


def test_whose_turn_it_is_is_called_as_soon_as_there_is_an_agent() -> None:
    found = told(waiting())
    assert found.next_at == NOW
    assert keys(found, About.NEXT) == ["next_now"]
    assert keys(found, About.PLACE) == ["no_head_start", "place_first", "ahead_none"]


@pytest.mark.parametrize(
    ("changed", "asked", "reason", "next_at"),
    [
        ({}, {"ready": None}, "not_stable", None),
        ({"paused": True}, {}, "paused", None),
        ({"paused": True}, {"why": "wrong number?"}, "paused_why", None),
        ({}, {"policy": CallbackPolicy(processed=frozenset({"water"}))}, "unprocessed", None),
        ({"due_at": NOW + timedelta(days=3650), "reason": "over a limit: day"}, {}, "held_until_let", None),
        ({"assigned": "PJSIP/agent-1"}, {}, "assigned", NOW),
        ({}, {"policy": CallbackPolicy(way=Way.CLAIM)}, "by_claim", NOW),
        ({}, {"policy": CallbackPolicy(ways={"power": Way.CLAIM})}, "by_claim", NOW),
        ({"attention": True, "reason": "unknown"}, {}, "leaders_list", NOW),
        ({"due_at": NOW + HOUR, "reason": "busy", "attempts": 1}, {}, "retry", NOW + HOUR),
        ({"due_at": NOW + HOUR, "reason": "no_agent", "attempts": 3}, {}, "retry", NOW + HOUR),
        ({"due_at": NOW + 22 * HOUR, "reason": "busy", "attempts": 3}, {}, "day_used_up", NOW + 22 * HOUR),
        ({"due_at": NOW + HOUR, "wished_at": NOW + HOUR}, {}, "wished", NOW + HOUR),
        ({"due_at": NOW + HOUR, "reason": "invalid"}, {}, "held", NOW + HOUR),
        ({}, {"now": NOW + 12 * HOUR}, "quiet", NOW + 22 * HOUR),
    ],
)
def test_why_it_is_not_called_this_moment(
    changed: dict[str, Any], asked: dict[str, Any], reason: str, next_at: datetime | None
) -> None:
    found = told(waiting(**changed), **asked)
    assert reason in keys(found, About.NEXT)
    assert found.next_at == next_at


def test_every_reason_is_said_not_only_the_first() -> None:
    found = told(waiting(paused=True, due_at=NOW + HOUR, reason="busy", attempts=1), ready=None)
    assert keys(found, About.NEXT) == ["paused", "not_stable", "retry", "next_unknown"]


def test_danger_knows_no_quiet_hours() -> None:
    found = told(waiting(matter=Matter.DANGER), now=NOW + 12 * HOUR)
    assert found.next_at == NOW + 12 * HOUR
    assert keys(found, About.PLACE)[0] == "danger"


def test_a_matter_with_a_head_start_says_how_much() -> None:
    (first, *_) = told(waiting(matter=Matter.FAULT)).lines
    assert (first.key, first.facts) == ("head_start", {"matter": Matter.FAULT, "start": 4 * HOUR})


@pytest.mark.parametrize(
    ("changed", "history", "key"),
    [
        ({"place_at": NOW - 2 * HOUR}, [], "place_held"),
        ({"place_at": NOW + HOUR}, [Touched.ENDED], "place_retry"),
        ({"place_at": NOW - 9 * HOUR}, [Touched.ENDED, Touched.MOVED], "place_moved"),
        ({"place_at": NOW + HOUR}, [Touched.MOVED, Touched.ENDED], "place_retry"),
        ({"place_at": NOW + HOUR, "wished_at": NOW + HOUR}, [Touched.RESCHEDULED], "place_wished"),
    ],
)
def test_who_gave_it_its_place(changed: dict[str, Any], history: list[Touched], key: str) -> None:
    lines = [Touch(7, NOW, "leader", what) for what in history]
    assert keys(told(waiting(**changed), history=lines), About.PLACE)[1] == key


def test_how_many_are_before_it_is_counted() -> None:
    (line,) = [line for line in told(waiting(), ahead=12).lines if line.key == "ahead"]
    assert line.facts == {"count": 12}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"first_by": NOW + HOUR}, "first_by"),
        ({"first_by": NOW}, "first_late"),
        ({"first_by": NOW, "first_at": NOW - HOUR}, "first_kept"),
        ({"first_by": NOW - HOUR, "first_at": NOW}, "first_kept_late"),
        ({"answer_by": NOW + HOUR}, "answer_by"),
        ({"answer_by": NOW}, "answer_late"),
    ],
)
def test_e2_e3_what_is_owed_is_said_with_its_time(changed: dict[str, Any], expected: str) -> None:
    assert expected in keys(told(waiting(**changed)), About.OWED)


def test_attempts_are_listed_and_those_of_today_that_count_are_counted() -> None:
    attempts = [
        tried(NOW - timedelta(days=1), Outcome.BUSY),
        tried(NOW - 2 * HOUR, Outcome.NO_ANSWER),
        tried(NOW - HOUR, Outcome.NO_AGENT),
        tried(NOW, None),
    ]
    found = told(
        waiting(attempts=2, line_failures=1),
        attempts=attempts,
    )
    lines = [line for line in found.lines if line.about is About.ATTEMPTS]
    assert lines[0].facts == {"count": 2, "most": 6, "today": 1}
    assert [line.key for line in lines[1:]] == ["attempt"] * 3 + ["attempt_under_way", "line_failures"]


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"state": PromiseState.CLAIMED, "agent": "PJSIP/agent-1", "claimed_until": NOW}, "claimed"),
        ({"state": PromiseState.CLAIMED, "holder": "bridge-1", "claimed_until": NOW}, "now_claimed"),
        ({"state": PromiseState.DIALLING}, "now_dialling"),
        ({"state": PromiseState.TALKING}, "now_talking"),
        ({"state": PromiseState.DONE, "closed_at": NOW, "reason": "answered"}, "closed"),
        ({"state": PromiseState.MERGED}, "closed_before"),
    ],
)
def test_what_is_under_way_or_over_is_said_as_such(changed: dict[str, Any], key: str) -> None:
    found = told(replace(waiting(), **changed))
    assert keys(found, About.NEXT) == [key]
    assert found.next_at is None


def test_e4_a_year_that_is_not_announced_is_shown() -> None:
    found = explain(waiting(), (), (), 0, replace(WEEK, unconfirmed=(2027,)), POLICY, NOW, "", NOW)
    assert found.lines[-1].key == "unconfirmed"
    assert found.lines[-1].facts == {"year": "2027"}


@settings(max_examples=60)
@given(
    st.sampled_from([Outcome.BUSY, Outcome.NO_ANSWER, Outcome.NO_AGENT, Outcome.CONGESTION, Outcome.UNKNOWN]),
    st.sampled_from(list(Matter)),
    st.integers(0, 3),
    st.integers(0, 3 * 86_400),
    st.integers(0, 86_400),
)
def test_next_is_when_the_rules_let_it_be_called(
    outcome: Outcome, matter: Matter, attempts: int, ended: int, later: int
) -> None:
    """What is told agrees with what the rules do after any outcome, whenever one asks."""
    at = NOW + timedelta(seconds=ended)
    before = waiting(matter=matter, attempts=attempts)
    after = after_attempt(before, outcome, POLICY, at, WEEK)
    if after.state is not PromiseState.OPEN:
        return
    one = replace(
        before, due_at=after.due_at, place_at=after.place_at, attempts=after.attempts, reason=after.reason
    )
    now = at + timedelta(seconds=later)
    found = told(one, now=now)
    assert found.next_at is not None
    assert found.next_at >= max(now, after.due_at)
    assert matter is Matter.DANGER or may_call(WEEK, found.next_at)
    if now <= after.due_at:
        assert found.next_at == after.due_at


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(
    "promise",
    [
        waiting(),
        waiting(
            matter=Matter.DANGER, paused=True, assigned="PJSIP/agent-1", attention=True, reason="unknown"
        ),
        waiting(
            matter=Matter.FAULT, due_at=NOW + HOUR, reason="busy", attempts=3, first_by=NOW, answer_by=NOW
        ),
        replace(waiting(), state=PromiseState.DONE, closed_at=NOW, reason="answered"),
    ],
)
def test_every_line_has_words_in_both_languages(promise: Promise, language: str) -> None:
    found = told(promise, attempts=[tried(NOW, Outcome.BUSY)], ready=None, why="x", now=NOW + 12 * HOUR)
    assert set(keys(found)) <= EXPLAINED.keys()
    lines = said(found, language, ZONE)
    assert len(lines) == len(found.lines)
    assert not any("%(" in line for line in lines)
    if language == "zh-CN":
        assert all(any("一" <= sign <= "鿿" for sign in line) for line in lines)


def test_words_and_times_are_those_of_the_site() -> None:
    lines = said(told(waiting(matter=Matter.FAULT, due_at=NOW + HOUR, reason="busy", attempts=1)), "en", ZONE)
    assert lines[0] == "Fault report: counts as 4 h older than it is."
    assert "The last attempt ended with “Busy”: not before 11-20 11:00." in lines
