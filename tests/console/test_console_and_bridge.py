"""Both ends of docs/reference/intents-and-live-rows.md: what one writes the other reads, with nothing lost."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ami_bridge import intents as bridge_intents
from ami_bridge import live as bridge_live
from callbacks.values import Attempt, Outcome
from config.policy import DEFAULT_POLICY, load_policy
from console import intents, live_rows
from console.web.desk import OUTCOMES
from fallback.decide import decide, initial
from fallback.events import Evidence, MemberSeen, OverrideSet, Presence, QueueSeen, SnapshotTaken, TrunkSeen
from fallback.modes import Mode
from fallback.state import State
from fallback.time import Now

WALL = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
NOW = Now(WALL, 1000.0)
POLICY = load_policy(DEFAULT_POLICY).fallback


def a_state() -> State:
    """Linked, one agent free, one caller waiting, and a mode set by hand."""
    seen = SnapshotTaken(
        booted_at=WALL - timedelta(hours=1),
        trunks=(
            TrunkSeen("carrier-a", Evidence.CONTACT, True),
            TrunkSeen("carrier-b", Evidence.CONTACT, False, "gone"),
        ),
        members=(MemberSeen("power", "PJSIP/agent-1", Presence.FREE),),
        queues=(QueueSeen("power", 1),),
    )
    by_hand = OverrideSet("power", Mode.OUTAGE, "li", "cable cut", WALL + timedelta(minutes=30))
    state = initial(POLICY, NOW)
    for event in (seen, by_hand):
        state = decide(state, event, POLICY, NOW).state
    return state


def as_read(key: str, value: Any) -> live_rows.Live:
    """Through JSON, as the store keeps it."""
    return live_rows.read({key: json.loads(json.dumps(value))}, WALL)


def test_the_scopes_that_the_bridge_writes_are_read_whole() -> None:
    rows = bridge_live.scopes(a_state(), POLICY, lambda _scope: (True, WALL), NOW)
    (scope,) = as_read("scopes", rows).scopes
    assert (scope.name, scope.effective, scope.action, scope.queue) == ("power", "OUTAGE", "capture", "power")
    assert (scope.lines_total, scope.waiting, scope.flag_written) == (16, 1, True)
    assert scope.override == live_rows.OverrideView("OUTAGE", "li", "cable cut", WALL + timedelta(minutes=30))
    assert scope.callbacks_allowed is False
    assert scope.since == WALL


def test_trunks_pools_and_agents_are_read_whole() -> None:
    state = a_state()
    carrier_a, carrier_b = as_read("trunks", bridge_live.trunks(state, POLICY, {"carrier-a": 3})).trunks
    assert (carrier_a.name, carrier_a.in_use, carrier_a.channels) == ("carrier-a", 3, 8)
    assert carrier_b.health in {"SUSPECT", "DOWN"}
    (pool,) = as_read("pools", bridge_live.pools(state, POLICY)).pools
    assert (pool.name, pool.queue, pool.reachable, pool.minimum) == ("power-agents", "power", 1, 1)
    (agent,) = as_read("agents", bridge_live.agents(state)).agents
    assert (agent.member, agent.name, agent.presence) == ("PJSIP/agent-1", "agent-1", "free")


def test_calls_in_flight_are_read_whole() -> None:
    attempt = Attempt("4-1-7", 4, "power", "13900001234", "carrier-a", WALL, agent="PJSIP/agent-1")
    rows = bridge_live.calls([attempt], {}, frozenset({"4-1-7"}))
    assert "13900001234" not in json.dumps(rows)
    (call,) = as_read("calls", rows).calls
    assert call == live_rows.CallView("4-1-7", 4, "talking", WALL, "PJSIP/agent-1", "carrier-a")


@pytest.mark.parametrize(
    "asked",
    [
        intents.override_set("power", Mode.OUTAGE, "cable cut", WALL),
        intents.override_set("power", Mode.EVACUATED, "fire alarm", None),
        intents.override_end("power", ""),
        intents.recovery_set("power", WALL),
        intents.recovery_set("power", None),
        intents.dial(4, "PJSIP/agent-1", WALL),
        *(intents.outcome(4, "4-1-7", Outcome(value), "PJSIP/agent-1", "note") for value in OUTCOMES),
    ],
)
def test_every_intent_that_the_console_writes_is_read_by_the_bridge(asked: intents.Asked) -> None:
    read = bridge_intents.read(asked.kind, json.loads(json.dumps(asked.payload)))
    assert json.loads(read.model_dump_json()).keys() == asked.payload.keys()


def test_a_time_keeps_its_meaning_on_the_way() -> None:
    read = bridge_intents.read("dial", dict(intents.dial(4, "PJSIP/agent-1", WALL).payload))
    assert isinstance(read, bridge_intents.Dial)
    assert read.not_after == WALL + intents.DIAL_WITHIN
