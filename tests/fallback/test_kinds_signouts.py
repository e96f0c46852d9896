"""Stories of A3: a mass sign-out, and what is none."""

from fallback_story import agents, snapshot
from kinds_story import HOUR, MINUTE, TEN, hours, many, modes, sign_in, sign_out

from fallback.events import CalendarTold, LinkLost, MemberSeen, Presence
from fallback.modes import Mode
from fallback.state import Health


def test_a3_most_members_gone_within_a_minute_is_an_outage_though_some_are_left() -> None:
    story = many()
    for name in TEN[:6]:
        story.do(*sign_out((name,)))
        story.wait(10)
    story.wait(6)
    assert story.scope().computed is Mode.OUTAGE
    assert story.component("power-agents").detail == "4 are left of 10"
    assert story.incident().kind == "A3"


def test_a3_the_same_over_half_an_hour_is_none() -> None:
    story = many()
    for name in TEN[:9]:
        story.do(*sign_out((name,)))
        story.wait(3 * MINUTE)
    assert modes(story) == []


def test_a3_phones_that_cannot_be_reached_are_gone_as_well() -> None:
    story = many()
    story.do(*(MemberSeen("power", name, Presence.UNREACHABLE) for name in TEN[:7]))
    story.wait(6)
    assert story.scope().computed is Mode.OUTAGE


def test_a3_one_phone_that_comes_and_goes_is_one_however_often() -> None:
    story = many()
    for _ in range(12):
        story.do(MemberSeen("power", TEN[0], Presence.UNREACHABLE))
        story.wait(2)
        story.do(MemberSeen("power", TEN[0], Presence.FREE))
        story.wait(2)
    assert (modes(story), story.rows("component", "power-agents")) == ([], [])


def test_a3_good_again_when_at_least_half_of_those_before_are_back() -> None:
    story = many()
    story.do(*sign_out(TEN[:8]))
    story.wait(HOUR)
    story.do(*sign_in(TEN[:2]))
    story.wait(MINUTE)
    assert story.component("power-agents").health is Health.DOWN
    story.do(*sign_in(TEN[2:3]))
    story.wait(10)
    assert story.component("power-agents").health is Health.UP
    assert modes(story) == ["OUTAGE", "RECOVERING"]


def test_a3_who_come_back_within_the_hold_were_never_lost() -> None:
    story = many()
    story.do(*sign_out(TEN[:8]))
    story.wait(5)
    story.do(*sign_in(TEN[:8]))
    story.wait(HOUR)
    assert (modes(story), story.rows("incident")) == ([], [])


def test_a3_all_gone_is_one_kind_of_evidence_and_keeps_the_whole_hold() -> None:
    story = many()
    story.do(*sign_out(TEN), *sign_out(("agent-1", "agent-2", "agent-3")))
    story.wait(5.9)
    assert modes(story) == []
    story.wait(0.1)
    assert modes(story) == ["OUTAGE"]


def test_a3_a_lost_link_does_not_forget_a_mass_sign_out() -> None:
    story = many()
    story.do(*sign_out(TEN[:8]))
    story.wait(6)
    story.do(LinkLost("reset"), snapshot(power=None))
    story.do(*sign_in(TEN[8:]))
    story.wait(HOUR)
    assert (story.component("power-agents").health, modes(story)) == (Health.DOWN, ["OUTAGE"])
    story.do(*sign_in(TEN[:3]))
    story.wait(10)
    assert story.component("power-agents").health is Health.UP


def test_a3_the_change_of_shifts_is_no_mass_sign_out() -> None:
    story = many()
    story.do(CalendarTold(hours((-4 * HOUR, 4 * HOUR), (4 * HOUR, 12 * HOUR))))
    story.wait(4 * HOUR - HOUR - 2 * MINUTE)
    story.do(*sign_out(TEN))
    story.wait(3 * MINUTE)
    story.do(*sign_in(TEN[:5]))
    story.wait(2 * HOUR)
    assert modes(story) == []
    assert story.component("power-agents").health is Health.UP


def test_a3_nobody_there_when_the_grace_of_a_shift_is_over_is_an_outage() -> None:
    story = many()
    story.do(CalendarTold(hours((-4 * HOUR, 4 * HOUR), (4 * HOUR, 12 * HOUR))))
    story.wait(4 * HOUR - story.now - MINUTE)
    story.do(*sign_out(TEN), *sign_out(("agent-1", "agent-2", "agent-3")))
    story.wait(6 * MINUTE)
    assert modes(story) == []
    story.wait(6)
    assert modes(story) == ["OUTAGE"]


def test_a3_a_mass_sign_out_before_closing_is_over_with_a_smaller_shift_next_day() -> None:
    story = many()
    story.do(CalendarTold(hours((-HOUR, 8 * HOUR), (23 * HOUR, 32 * HOUR))))
    story.do(*sign_out(TEN[:9]))
    story.wait(6)
    assert modes(story) == ["OUTAGE"]
    story.wait(23 * HOUR - story.now)
    story.do(*agents(Presence.FREE))
    story.do(*sign_out(TEN[3:]))
    story.wait(5 * MINUTE + 10)
    assert story.component("power-agents").health is Health.UP
    assert modes(story) == ["OUTAGE", "RECOVERING", "NORMAL"]
