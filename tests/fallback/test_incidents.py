"""One trouble is one incident: opened by its first change, joined by what follows, closed when all is whole."""

from datetime import timedelta

from fallback_story import START, agents, contact, well

from fallback.decision import Text
from fallback.events import LinkLost, OverrideSet, Presence
from fallback.incidents import GRAVITY, OVERRIDE_KIND
from fallback.modes import Mode


def test_f1_what_follows_joins_and_the_gravest_gives_the_kind() -> None:
    story = well()
    story.do(contact("carrier-a", False))
    story.wait(6)
    opened = story.scope().incident
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(6)
    joined = story.scope().incident
    assert opened is not None
    assert joined is not None
    assert (opened.key, opened.kind) == ("INC-power-20261121T100006Z", "A4")
    assert (joined.key, joined.kind, joined.opened_at) == (opened.key, "A3", opened.opened_at)
    assert joined.detail == "A4 carrier-a; A3 power-agents"
    assert story.rows("incident") == [("", "A4"), ("A4", "A3")]


def test_what_comes_again_within_an_incident_does_not_join_twice() -> None:
    story = well()
    for _ in range(3):
        story.do(contact("carrier-a", False))
        story.wait(6)
        story.do(contact("carrier-a", True))
        story.wait(50)
    assert story.rows("incident") == [("", "A4")]


def test_an_incident_closes_when_the_scope_is_whole_and_has_been_so_for_the_hold() -> None:
    story = well()
    story.do(contact("carrier-a", False), *agents(Presence.UNREACHABLE))
    story.wait(6)
    story.do(*agents(Presence.FREE))
    story.wait(10 + 60)
    assert story.scope().effective is Mode.NORMAL
    assert story.scope().incident is not None
    story.do(contact("carrier-a", True))
    story.wait(10 + 59.9)
    assert story.scope().incident is not None
    story.wait(0.1)
    assert story.scope().incident is None
    assert story.rows("incident")[-1] == ("A3", "closed")
    assert story.told()[-1] == (Text.INCIDENT_CLOSED, "INC-power-20261121T100006Z")
    assert story.flags()[-1].incident == ""


def test_every_change_of_an_incident_carries_its_key() -> None:
    story = well()
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(6)
    story.do(*agents(Presence.FREE))
    story.wait(100)
    key = "INC-power-20261121T100006Z"
    before = story.changes[0]
    assert (before.kind, before.new, before.incident) == ("component", "SUSPECT", "")
    assert {row.incident for row in story.changes[1:]} == {key}


def test_a_lost_link_neither_opens_nor_closes_an_incident() -> None:
    story = well()
    story.do(contact("carrier-a", False))
    story.wait(6)
    story.do(contact("carrier-a", True))
    story.wait(15)
    story.do(LinkLost("reset"))
    story.wait(3600)
    assert story.rows("incident") == [("", "A4")]


def test_a_manual_outage_is_an_incident_of_its_own() -> None:
    story = well()
    story.do(OverrideSet("power", Mode.OUTAGE, "leader", "cellar floods", START + timedelta(hours=1)))
    assert story.rows("incident") == [("", "A3")]
    story.do(OverrideSet("power", Mode.EVACUATED, "leader", "fire", None))
    incident = story.scope().incident
    assert incident is not None
    assert (incident.kind, incident.detail) == ("A6", "A3 set by leader; A6 set by leader")


def test_every_kind_that_a_mode_set_by_hand_gives_has_its_gravity() -> None:
    assert set(OVERRIDE_KIND.values()) <= set(GRAVITY)
