"""A1: one seat that fails while others are fine is a case of its own, and never switches a caller."""

from dataclasses import replace

from case_story import DAY, HOUR, MINUTE, Cases, wall, well_site
from fallback_story import AGENTS, agents, snapshot

from fallback.calendar import Calendar, Interval
from fallback.decision import Text
from fallback.events import (
    CalendarTold,
    Closed,
    LinkLost,
    MemberGone,
    MemberSeen,
    Presence,
    SeatSilent,
)
from fallback.modes import Mode

ONE = "agent-1"


def lost(agent: str = "") -> MemberSeen:
    return MemberSeen("power", ONE, Presence.UNREACHABLE, agent)


def there(presence: Presence = Presence.FREE, member: str = ONE, agent: str = "") -> MemberSeen:
    return MemberSeen("power", member, presence, agent)


def broken(agent: str = "") -> Cases:
    """agent-1's phone has been unreachable for seat_after."""
    story = well_site()
    if agent:
        story.do(MemberGone("power", ONE), there(agent=agent))
    story.do(lost(agent))
    story.wait(30)
    return story


def test_a1_leader_after_5_minutes_engineer_after_a_day_supervisor_after_3_working_days() -> None:
    story = well_site()
    # 21 November 2026 is a Saturday: Monday to Wednesday are the three days.
    days = tuple(Interval(wall(n * DAY - 10 * HOUR), wall(n * DAY + 14 * HOUR)) for n in (2, 3, 4, 5, 6))
    story.do(CalendarTold(Calendar(workdays=days, known_until=wall(30 * DAY))), lost())
    story.wait(29)
    assert not story.state.cases
    story.wait(4 * DAY + 14 * HOUR)
    assert story.rungs() == [
        ("a1.leader", 5),
        ("a1.engineer", 24 * 60),
        ("a1.supervisor", (4 * 24 + 14) * 60),
    ]
    case = story.case()
    assert (case.kind, case.scope, case.subject) == ("A1", "power", "A1 power agent-1 unreachable")
    assert case.opened_at == wall(0)
    assert story.state.scopes["power"].effective is Mode.NORMAL


def test_a1_a_seat_that_is_back_within_5_minutes_tells_nobody_but_both_times_are_recorded() -> None:
    story = broken()
    story.do(there())
    story.wait(HOUR)
    assert story.raised() == []
    assert [(row.new, row.at) for row in story.rows("seat")] == [("fault", wall(30)), ("well", wall(30))]
    assert not story.state.cases
    assert not story.state.seats


def test_a1_the_same_agent_on_another_device_is_back() -> None:
    story = broken("wang")
    assert story.case().subject == "A1 power agent-1 unreachable wang"
    story.do(there(member="mobile-1", agent="li"))
    assert story.state.cases
    story.do(there(member="mobile-2", agent="wang"))
    assert not story.state.cases


def test_a1_signing_out_of_a_broken_seat_does_not_mend_it_and_a_leader_may_then_close_it() -> None:
    story = broken()
    key = story.case().key
    story.do(Closed(key, "leader", "phone exchanged"))
    story.do(MemberGone("power", ONE))
    story.wait(6 * MINUTE)
    assert story.rungs() == [("a1.leader", 5)]
    story.do(Closed(key, "leader", "phone exchanged"))
    assert story.refusals() == ["it is still held open by: agent-1"]
    assert not story.state.cases
    story.do(there())
    story.wait(HOUR)
    assert not story.state.cases


def test_d2_rings_in_vain_in_a_row_make_a_seat_suspect_and_an_answer_ends_it() -> None:
    story = well_site()
    story.do(SeatSilent("power", ONE))
    story.wait(HOUR)
    story.do(there(Presence.BUSY), there(), SeatSilent("power", ONE))
    story.wait(HOUR)
    assert not story.state.cases
    story.do(SeatSilent("power", ONE))
    story.wait(30)
    assert story.case().subject == "A1 power agent-1 silent"
    story.do(there(Presence.RINGING), there(Presence.PAUSED), there())
    assert story.state.cases
    story.do(there(Presence.RINGING), there(Presence.BUSY))
    assert not story.state.cases


def test_a3_a_lost_pool_is_no_seat_fault() -> None:
    story = well_site()
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(HOUR)
    assert [case.kind for case in story.state.cases.values()] == ["A3"]


def test_when_no_longer_most_others_are_there_it_is_not_single_seats() -> None:
    story = well_site()
    story.do(lost())
    story.wait(2 * MINUTE)
    story.do(MemberSeen("power", AGENTS[1], Presence.UNREACHABLE))
    story.wait(HOUR)
    assert [case.subject for case in story.state.cases.values()] == ["A1 power agent-1 unreachable"]


def test_one_device_in_two_queues_is_one_case_until_both_are_well() -> None:
    story = well_site()
    both = [MemberSeen(queue, ONE, Presence.UNREACHABLE) for queue in ("power", "water")]
    story.do(*both)
    story.wait(HOUR)
    assert len(story.state.cases) == 1
    story.do(there())
    assert story.state.cases
    story.do(MemberSeen("water", ONE, Presence.FREE))
    assert not story.state.cases


def test_a_lost_link_is_no_seat_fault_and_a_restart_keeps_the_case() -> None:
    story = well_site()
    story.do(lost(), LinkLost("reset"))
    story.wait(HOUR)
    assert not story.state.cases
    story.do(snapshot(), lost())
    story.wait(10 * MINUTE)
    key = story.case().key
    story.restart(MINUTE)
    assert story.case().key == key
    seen = snapshot()
    story.do(replace(seen, members=tuple(m if m != there() else lost() for m in seen.members)))
    story.wait(MINUTE)
    assert story.case().key == key
    story.do(there())
    story.wait(1)
    assert not story.state.cases
    assert story.told(Text.INCIDENT_CLOSED) == [key]
    assert story.rungs() == [("a1.leader", 65)]


def test_a_phone_that_has_not_registered_yet_after_asterisks_start_is_not_yet_broken() -> None:
    story = well_site()
    story.do(LinkLost("restart"))
    story.do(snapshot(booted=0.0), lost())
    story.wait(59)
    assert not story.state.cases
    story.wait(2)
    assert story.case().kind == "A1"
