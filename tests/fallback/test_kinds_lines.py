"""Stories of A4 (lines) told from what a real Asterisk said, and a day in which nothing real happens."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fallback_story import Story, contact, snapshot
from kinds_story import HOUR, MINUTE, SITE, brought, callers, hours, modes, sign_in, sign_out, site

from ami_bridge.inbox import AmiEvent
from ami_bridge.link.wire import Framer, parse
from ami_bridge.site import site_of
from ami_bridge.translate import Translator
from fallback.decide import callbacks_allowed
from fallback.events import CalendarTold, Evidence, LinkLost, SnapshotTaken, TrunkSeen
from fallback.modes import Mode

CAPTURES = Path(__file__).parents[1] / "captures"
VERSIONS = ["asterisk-16.28", "asterisk-22.10.1"]


def recorded(version: str) -> list[tuple[float, TrunkSeen]]:
    """What Asterisk said when a carrier stopped answering for one cycle: (seconds since the first, reading)."""
    framer, translate = Framer(1 << 20), Translator(site_of(SITE))
    framer.feed(b"Asterisk Call Manager/1\r\n")
    told: list[tuple[float, TrunkSeen]] = []
    for message in framer.feed((CAPTURES / version / "contacts.ami").read_bytes()):
        headers = parse(message)
        for event in translate(AmiEvent(headers["Event"], headers)):
            if isinstance(event, TrunkSeen) and event.evidence is Evidence.CONTACT:
                told.append((float(headers["Timestamp"]), event))
    return [(at - told[0][0], event) for at, event in told]


def replayed(story: Story, trace: list[tuple[float, TrunkSeen]]) -> None:
    begun = story.now
    for seconds, event in trace:
        story.wait(begun + seconds - story.now)
        story.do(event)


@pytest.mark.parametrize("version", VERSIONS)
def test_d1_a_recorded_contact_that_flips_for_one_cycle_now_and_then_gives_no_switch(version: str) -> None:
    trace = recorded(version)
    assert [event.good for _, event in trace] == [False, True]
    story = site()
    for _ in range(48):
        replayed(story, trace)
        story.wait(1800)
    assert (modes(story), story.rows("capacity"), story.rows("incident"), story.flags()) == ([], [], [], [])


@pytest.mark.parametrize("version", VERSIONS)
def test_d1_a_recorded_loss_that_stays_is_exactly_one_loss_and_one_return(version: str) -> None:
    (lost_at, lost), (back_at, back) = recorded(version)
    story = site()
    replayed(story, [(lost_at, lost), (back_at + HOUR, back)])
    story.wait(HOUR)
    assert story.rows("capacity") == [("10/10", "6/10"), ("6/10", "10/10")]
    assert story.rows("incident") == [("", "A4"), ("A4", "closed")]
    assert modes(story) == []


def test_a4_a_partial_loss_lets_callers_in_and_callbacks_out_on_what_is_left() -> None:
    story = site()
    story.do(contact("carrier-a", False))
    story.wait(6)
    assert (story.scope().partial, story.scope().lines_left, story.scope().computed) == (
        "carrier-a",
        6,
        Mode.NORMAL,
    )
    assert callbacks_allowed(story.state, "power")


def test_a4_every_trunk_lost_takes_all_scopes_and_whoever_waits() -> None:
    story = site()
    story.do(*callers([1]), contact("carrier-a", False), contact("carrier-b", False))
    story.wait(6)
    assert (modes(story), modes(story, "water")) == (["OUTAGE"], ["OUTAGE"])
    assert brought(story) == [("power", {"PJSIP/carrier-a-1": 6.0})]


@pytest.mark.parametrize("kind", [Evidence.SHARE, Evidence.SILENCE, Evidence.ALARM, Evidence.REGISTRATION])
def test_d1_every_level_alone_needs_its_time_and_a_second_kind_shortens_it(kind: Evidence) -> None:
    alone, both = site(), site()
    alone.do(TrunkSeen("carrier-a", kind, False))
    both.do(TrunkSeen("carrier-a", kind, False), contact("carrier-a", False))
    alone.wait(5.9)
    both.wait(1)
    assert (alone.scope().partial, both.scope().partial) == ("", "carrier-a")
    alone.wait(0.1)
    assert alone.scope().partial == "carrier-a"


def test_d1_failed_calls_and_their_share_are_one_kind() -> None:
    story = site()
    story.do(TrunkSeen("carrier-a", Evidence.SHARE, False), TrunkSeen("carrier-a", Evidence.CALLS, False))
    story.wait(5.9)
    assert story.scope().partial == ""


def test_d1_one_test_call_that_does_not_arrive_is_no_loss_and_two_in_a_row_are() -> None:
    story = site()
    story.do(TrunkSeen("carrier-a", Evidence.TESTCALL, False))
    story.wait(HOUR)
    assert story.scope().partial == ""
    for _ in range(2):
        story.do(TrunkSeen("carrier-a", Evidence.TESTCALL, False))
        story.wait(30)
    assert story.scope().partial == "carrier-a"


def day(shifts: int) -> Iterator[tuple[float, float]]:
    return ((n * 24 / shifts * HOUR, (n + 1) * 24 / shifts * HOUR) for n in range(shifts))


def test_24_hours_of_flapping_contacts_shift_changes_and_an_asterisk_restart_switch_nobody() -> None:
    """Three shifts of three agents each, all of whom change; a contact flips every 20 minutes; Asterisk restarts at
    03:00 and its phones take 20 s to register; our link is lost for a minute twice.
    """
    story = site()
    trace = recorded("asterisk-22.10.1")
    story.do(CalendarTold(hours(*day(3))))
    crews = {n: tuple(f"crew{n}-{m}" for m in range(3)) for n in range(3)}
    story.do(*sign_in(crews[0]), *sign_out(("agent-1", "agent-2", "agent-3")))
    for step in range(72):
        minute = step * 20
        story.wait(minute * MINUTE - story.now)
        if minute % 480 == 0 and minute:
            shift = minute // 480
            story.do(*sign_out(crews[shift - 1]))
            story.wait(90)
            story.do(*sign_in(crews[shift]))
        if minute == 180:
            restart(story, crews[0])
        if minute in (600, 1000):
            story.do(LinkLost("reset"))
            story.wait(60)
            story.do(seen(crews[minute // 480]))
        replayed(story, trace)
    story.wait(24 * HOUR - story.now - 1)
    assert (modes(story), modes(story, "water")) == ([], [])
    assert (story.rows("incident"), story.rows("capacity")) == ([], [])
    assert {flag.mode for flag in story.flags()} <= {Mode.NORMAL}
    assert callbacks_allowed(story.state, "power")


def restart(story: Story, crew: tuple[str, ...]) -> None:
    story.do(LinkLost("asterisk went away"))
    story.wait(3)
    story.do(snapshot(booted=story.now - 1, a=False, b=False, power=None, water=None))
    story.wait(20)
    story.do(contact("carrier-a", True), contact("carrier-b", True))
    story.do(*sign_in(crew), *sign_in(("agent-1", "agent-2", "agent-3"), "water"))


def seen(crew: tuple[str, ...]) -> SnapshotTaken:
    """All is well, with this crew."""
    whole = snapshot()
    water = tuple(one for one in whole.members if one.queue == "water")
    return replace(whole, members=sign_in(crew) + water)
