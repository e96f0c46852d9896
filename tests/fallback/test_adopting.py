"""Another policy on a running state: kept is what both know."""

from dataclasses import replace
from datetime import timedelta

from fallback_story import START, agents, at, contact
from kinds_story import SITE, brought, callers, modes, site

from fallback.decide import adopt
from fallback.decision import BringWaiting, Text, WantFlag
from fallback.events import Evidence as E
from fallback.events import OverrideSet, PartSeen, Presence
from fallback.modes import DialplanAction, Mode
from fallback.policy import Pool, Trunk
from fallback.replay import modes_of, replay
from fallback.state import Health, State

UNTIL = START + timedelta(hours=1)


def without_water() -> dict[str, object]:
    return {"scopes": {"power": SITE.scopes["power"]}}


def test_modes_overrides_and_incidents_are_kept() -> None:
    story = site()
    story.do(*agents(Presence.UNREACHABLE), OverrideSet("water", Mode.DEGRADED, "leader", "slow", UNTIL))
    story.wait(6)
    decision = adopt(story.state, SITE, replace(SITE, boot_grace=31.0), at(story.now))
    assert decision.state.scopes == story.state.scopes
    assert decision.state.components == story.state.components
    assert [(row.kind, row.new) for row in decision.changes] == [("policy", "armed")]
    assert {flag.scope for flag in decision.actions if isinstance(flag, WantFlag)} == {"power", "water"}


def test_what_is_new_is_unknown_and_what_is_gone_is_gone() -> None:
    story = site()
    story.do(contact("carrier-a", False))
    story.wait(6)
    carriers = {
        "carrier-b": SITE.trunks["carrier-b"],
        "carrier-c": Trunk("carrier-c", "carrier-c", "PJSIP/{number}@carrier-c", 3),
    }
    scopes = {name: replace(scope, trunks=("carrier-b", "carrier-c")) for name, scope in SITE.scopes.items()}
    new = replace(SITE, trunks=carriers, scopes=scopes)
    after = adopt(story.state, SITE, new, at(story.now))
    assert "carrier-a" not in after.state.components
    assert after.state.components["carrier-c"].health is Health.UNKNOWN
    assert (after.state.scopes["power"].lines_left, after.state.scopes["power"].partial) == (9, "")
    assert after.changes[0].reason == "new: carrier-c; gone: carrier-a"


def test_a_scope_that_is_dropped_takes_its_incident_along_and_the_record_says_so() -> None:
    story = site()
    start = modes_of(story.state)
    story.do(OverrideSet("water", Mode.OUTAGE, "leader", "flood", UNTIL))
    after = adopt(story.state, SITE, replace(SITE, **without_water()), at(story.now))  # type: ignore[arg-type]  # fields of a policy
    assert list(after.state.scopes) == ["power"]
    assert not [case for case in after.state.cases.values() if case.scope == "water"]
    assert Text.INCIDENT_CLOSED in [getattr(action, "text_id", "") for action in after.actions]
    back = adopt(after.state, replace(SITE, **without_water()), SITE, at(story.now))  # type: ignore[arg-type]  # as above
    told = replay((*story.changes, *after.changes, *back.changes), start)
    assert told == modes_of(back.state)
    assert back.state.scopes["water"].effective is Mode.NORMAL


def test_arming_writes_every_flag_and_brings_whoever_waits() -> None:
    observe = replace(SITE, armed=False)
    story = site(observe)
    story.do(*callers([1]), *agents(Presence.UNREACHABLE))
    story.wait(6)
    assert (story.flags(), brought(story)) == ([], [])
    armed = adopt(story.state, observe, SITE, at(story.now))
    flags = {a.scope: a.action for a in armed.actions if isinstance(a, WantFlag)}
    assert flags == {"power": DialplanAction.CAPTURE, "water": DialplanAction.PASS}
    assert [a.scope for a in armed.actions if isinstance(a, BringWaiting)] == ["power"]


def test_a_pool_that_wants_more_agents_is_judged_anew() -> None:
    story = site()
    pools = {**SITE.pools, "power-agents": Pool("power-agents", "power", minimum=4)}
    decision = adopt(story.state, SITE, replace(SITE, pools=pools), at(story.now))
    story.policy, story.state = replace(SITE, pools=pools), decision.state
    story.wait(6)
    assert modes(story) == ["OUTAGE"]


def test_a_part_whose_effect_changes_moves_the_mode_at_once() -> None:
    story = site()
    story.do(PartSeen("crm", E.REPORT, False))
    parts = {**SITE.parts, "crm": replace(SITE.parts["crm"], effect=Mode.OUTAGE)}
    after: State = adopt(story.state, SITE, replace(SITE, parts=parts), at(story.now)).state
    assert after.scopes["power"].computed is Mode.OUTAGE
