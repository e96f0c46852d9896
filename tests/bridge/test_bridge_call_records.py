"""Raw call records and agents' spans, out of what a real Asterisk said and of what a bridge lives through (requirement G)."""

from datetime import UTC, datetime, timedelta

import pytest
from ami_server import CAPTURES, END
from bridge_world import START

from ami_bridge.call_tracker import MOST_OPEN, CallTracker
from callbacks.measures import AgentState, CallEnd, CallRecord, Transfer
from fallback.time import Now

AGENT = "PJSIP/agent-1"
VERSIONS = ("asterisk-22.10.1", "asterisk-16.28")
MEMBER = {"Status": "1", "Paused": "0", "PausedReason": "", "InCall": "0", "Wrapuptime": "0"}


def tracker(wrap_up: float = 0.0) -> CallTracker:
    return CallTracker("a", lambda: frozenset({"power"}), lambda _queue: "INC-1", UTC, wrap_up)


def replay(version: str, scene: str) -> CallTracker:
    """Every event of a capture, at the time that Asterisk gave it, and a minute of silence behind."""
    told, last = tracker(), Now(START, 0.0)
    for message in (CAPTURES / version / f"{scene}.ami").read_bytes().split(END):
        lines = (line.partition(": ") for line in message.decode(errors="replace").split("\r\n"))
        headers = {name: value for name, _, value in lines}
        if "Event" in headers and "Timestamp" in headers:
            at = float(headers["Timestamp"])
            last = Now(datetime.fromtimestamp(at, UTC), at)
            told.seen(headers["Event"], headers, last)
    after = Now(last.wall + timedelta(minutes=1), last.mono + 60)
    told.ticks(after)
    told.lost(after)
    assert not told.malformed
    return told


def only(told: CallTracker) -> CallRecord:
    (record,) = told.changed.values()
    return record


# -- what a real Asterisk said


@pytest.mark.parametrize("version", VERSIONS)
def test_a_call_that_an_agent_takes_is_known_from_end_to_end(version: str) -> None:
    record = only(replay(version, "inbound-unfiltered"))
    assert (record.end, record.agent, record.queue, record.cut) == (CallEnd.ANSWERED, AGENT, "power", False)
    assert record.wait == pytest.approx(0.51, abs=0.05)
    assert record.ring == pytest.approx(0.51, abs=0.05)
    assert record.talk == pytest.approx(2.0, abs=0.1)
    assert record.rang_after == pytest.approx(0.0, abs=0.05)
    assert (record.incident, record.callback, record.transfer) == ("INC-1", "", Transfer.NONE)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_agents_ringing_talking_and_idling_are_spans_without_a_gap(version: str) -> None:
    told = replay(version, "inbound-unfiltered")
    spans = sorted(told.seats.spans.values(), key=lambda one: one.since)
    assert [one.state for one in spans] == [AgentState.RINGING, AgentState.CALL, AgentState.IDLE]
    assert [one.until for one in spans[:-1]] == [one.since for one in spans[1:]]
    assert spans[1].seconds == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("version", VERSIONS)
def test_who_gives_up_has_abandoned(version: str) -> None:
    record = only(replay(version, "abandon"))
    assert (record.end, record.agent) == (CallEnd.ABANDONED, "")
    assert record.wait == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_callback_that_nobody_takes_is_no_abandoned_call(version: str) -> None:
    record = only(replay(version, "callback-no-agent"))
    assert (record.callback, record.end) == ("att4", CallEnd.LEFT)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_callback_that_an_agent_takes_is_marked_as_one(version: str) -> None:
    record = only(replay(version, "callback-answered"))
    assert (record.callback, record.end, record.agent) == ("att1", CallEnd.ANSWERED, AGENT)
    assert record.talk == pytest.approx(2.7, abs=0.2)


@pytest.mark.parametrize("version", VERSIONS)
def test_pauses_carry_their_reason_and_unreachable_phones_are_away(version: str) -> None:
    spans = replay(version, "agents").seats.spans.values()
    assert AgentState.AWAY in {one.state for one in spans if one.agent == AGENT}
    assert "PJSIP/agent-9" in {one.agent for one in spans}


# -- what may happen besides


def says(told: CallTracker, name: str, at: float, **headers: str) -> None:
    usual = {"Queue": "power", "Uniqueid": "c1", "Interface": AGENT, "DestUniqueid": "p1", "Position": "1"}
    usual |= {"HoldTime": "9", "TalkTime": "40", "RingTime": "3"}
    given = {**usual, **headers}
    told.seen(name, {key: value for key, value in given.items() if value}, now(at))


def now(at: float) -> Now:
    return Now(START + timedelta(seconds=at), 1000.0 + at)


def takes_a_call(told: CallTracker) -> None:
    """Joins at 0, rings at 2, is taken at 5."""
    says(told, "QueueMemberAdded", -60, **MEMBER)
    says(told, "QueueCallerJoin", 0)
    says(told, "AgentCalled", 2)
    says(told, "QueueCallerLeave", 5)
    says(told, "AgentConnect", 5, HoldTime="5")


def test_events_that_are_read_late_make_no_call_shorter() -> None:
    """Asterisk stamps its events where it was told to; our machine was busy for three seconds, and its clock is an hour off."""
    told = tracker()
    for name, at, late in (
        ("QueueMemberAdded", -9, 0.0),
        ("QueueCallerJoin", 0, 3.0),
        ("QueueCallerAbandon", 4, 0.5),
    ):
        stamp = str(now(at - 3600).wall.timestamp())
        says(told, name, at + late, Timestamp=stamp, HoldTime="4", **MEMBER)
    record = only(told)
    assert record.wait == pytest.approx(4.0, abs=0.01)
    assert record.joined_at == pytest.approx(START, abs=timedelta(seconds=0.01))


def test_without_stamps_asterisks_whole_seconds_bound_what_was_measured() -> None:
    told = tracker()
    says(told, "QueueCallerJoin", 3.6)  # joined at 0
    says(told, "QueueCallerLeave", 4)
    says(told, "AgentConnect", 4, HoldTime="4", RingTime="2")
    says(told, "AgentComplete", 34, HoldTime="4", TalkTime="25")  # read nine seconds late
    record = only(told)
    assert (record.wait, record.talk) == (3.0, 26.0)


def test_hold_is_no_talk_and_only_the_agents_own_counts() -> None:
    told = tracker()
    takes_a_call(told)
    says(told, "Hold", 10, Queue="", Uniqueid="p1")
    says(told, "Hold", 11, Queue="", Uniqueid="c1")
    says(told, "Unhold", 14, Queue="", Uniqueid="p1")
    says(told, "Hold", 20, Queue="", Uniqueid="p1")
    says(told, "AgentComplete", 25, TalkTime="20")
    record = only(told)
    assert (record.wait, record.ring, record.rang_after) == (5.0, 3.0, 2.0)
    assert (record.hold, record.talk) == (9.0, 11.0)  # 4 s, and 5 s until he hung up; of 20 s


@pytest.mark.parametrize(
    ("event", "headers", "kind"),
    [
        ("BlindTransfer", {"TransfererUniqueid": "p1", "Result": "Success"}, Transfer.BLIND),
        ("AttendedTransfer", {"OrigTransfererUniqueid": "p1", "Result": "Success"}, Transfer.ATTENDED),
        ("BlindTransfer", {"TransfererUniqueid": "p1", "Result": "Fail"}, Transfer.NONE),
        ("BlindTransfer", {"TransfererUniqueid": "p9", "Result": "Success"}, Transfer.NONE),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_a_caller_who_is_passed_on_is_marked(
    event: str, headers: dict[str, str], kind: Transfer, late: bool
) -> None:
    told = tracker()
    takes_a_call(told)
    for name in ("AgentComplete", event) if late else (event, "AgentComplete"):
        says(told, name, 20, **({"Queue": "", **headers} if name == event else {}))
    assert only(told).transfer is kind


def test_a_ring_that_nobody_answers_is_a_missed_one() -> None:
    told = tracker()
    says(told, "QueueMemberAdded", -60, **MEMBER)
    says(told, "QueueCallerJoin", 0)
    says(told, "AgentCalled", 1)
    says(told, "AgentRingNoAnswer", 16)
    missed = [one.seconds for one in told.seats.spans.values() if one.state is AgentState.MISSED]
    assert missed == [15.0]


def test_who_leaves_the_queue_and_stays_has_not_abandoned() -> None:
    told = tracker()
    says(told, "QueueCallerJoin", 0)
    says(told, "QueueCallerLeave", 8)
    assert only(told).end is CallEnd.WAITING, "an agent may still take him"
    told.ticks(now(60))
    assert (only(told).end, only(told).wait) == (CallEnd.LEFT, 8.0)


def test_a_call_of_two_queues_has_a_record_for_each() -> None:
    told = tracker()
    says(told, "QueueCallerJoin", 0)
    says(told, "QueueCallerLeave", 8)
    says(told, "QueueCallerJoin", 9)
    says(told, "QueueCallerAbandon", 15, HoldTime="6")
    assert [(one.end, one.wait) for one in told.changed.values()] == [
        (CallEnd.LEFT, 8.0),
        (CallEnd.ABANDONED, 6.0),
    ]


def test_a_call_whose_end_asterisk_leaves_out_ends_with_its_channel() -> None:
    told = tracker()
    takes_a_call(told)
    says(told, "Hangup", 30)
    assert (only(told).end, only(told).talk) == (CallEnd.ANSWERED, 25.0)
    says(told, "AgentComplete", 31)  # late
    assert (only(told).end, only(told).talk) == (CallEnd.ANSWERED, 25.0)


def test_what_was_not_seen_from_the_beginning_takes_what_asterisk_tells_and_is_marked() -> None:
    told = tracker()
    says(told, "AgentComplete", 100)
    record = only(told)
    assert (record.cut, record.wait, record.talk, record.agent) == (True, 9.0, 40.0, AGENT)
    assert record.joined_at == START + timedelta(seconds=100 - 49)


def test_wrap_up_of_the_queue_is_after_call_work() -> None:
    told = tracker(wrap_up=10.0)
    takes_a_call(told)
    says(told, "AgentComplete", 25)
    told.lost(now(60))
    lengths = {one.state: one.seconds for one in told.seats.spans.values() if one.since > START}
    assert (lengths[AgentState.AFTER_CALL], lengths[AgentState.IDLE]) == (10.0, 25.0)


def test_spans_are_cut_at_half_hours_and_told_again_without_growing_twice() -> None:
    told = tracker()
    says(told, "QueueMemberAdded", 0, **MEMBER)
    for minute in range(1, 121):
        told.seats.told(now(60.0 * minute))
    spans = sorted(told.seats.spans.values(), key=lambda one: one.since)
    assert sum(one.seconds for one in spans) == 7200
    assert [one.since.minute for one in spans] == [15, 30, 0, 30, 0]


def test_memory_is_bounded_and_the_oldest_is_given_up_as_unknown() -> None:
    told = tracker()
    for number in range(MOST_OPEN + 5):
        says(told, "QueueCallerJoin", number / 100, Uniqueid=f"c{number}")
    assert len(told) == MOST_OPEN
    assert [one.end for one in told.changed.values()].count(CallEnd.UNKNOWN) == 5


@pytest.mark.parametrize(
    "name", ["QueueCallerJoin", "AgentConnect", "AgentComplete", "BlindTransfer", "Hold"]
)
@pytest.mark.parametrize(
    "headers", [{}, {"Queue": "power", "Uniqueid": "c1", "HoldTime": "x", "Position": "?"}]
)
def test_nothing_that_asterisk_says_raises(name: str, headers: dict[str, str]) -> None:
    told = tracker()
    told.seen(name, headers, now(0))
    assert told.changed == {}
    assert told.malformed[name] == (1 if name != "Hold" or not headers else 0)


def test_queues_that_are_not_ours_are_ignored() -> None:
    told = tracker()
    says(told, "QueueCallerJoin", 0, Queue="sales")
    assert told.changed == {}
