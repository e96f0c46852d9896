"""What callbacks may use is what live callers leave over (E5)."""

from dataclasses import replace

import pytest
from bridge_world import policy, well

from ami_bridge.capacity import Capacity, capacity, free_lines
from fallback.events import Presence
from fallback.state import ComponentState, Health, State

SITE = policy("power", channels=10)


def test_only_free_agents_count() -> None:
    some = dict(zip(map(str, range(6)), (*Presence, Presence.FREE), strict=False))
    state = replace(well(SITE), members={"power": some, "bills": {"x": Presence.FREE}})
    expected = sum(presence is Presence.FREE for presence in some.values())
    assert capacity("power", state, SITE, {}, 0).free_agents == expected >= 1


def test_lines_in_use_are_not_free_and_a_trunk_that_is_over_full_has_none() -> None:
    state = well(SITE)
    assert capacity("power", state, SITE, {}, 0).free_lines == 20
    assert capacity("power", state, SITE, {"carrier-a": 4, "carrier-b": 12}, 0).free_lines == 6


def test_the_freest_trunk_comes_first() -> None:
    lines = free_lines("power", well(SITE), SITE, {"carrier-a": 4, "carrier-b": 1})
    assert [(trunk.name, free) for trunk, free in lines] == [("carrier-b", 9), ("carrier-a", 6)]


@pytest.mark.parametrize(
    ("component", "usable"),
    [
        (ComponentState("carrier-a", Health.UP), True),
        (ComponentState("carrier-a", Health.UNKNOWN), True),  # a carrier that nothing watches
        (
            ComponentState("carrier-a", Health.UNKNOWN, owes=True),
            False,
        ),  # it was down, and nobody saw it return
        (ComponentState("carrier-a", Health.SUSPECT), False),
        (ComponentState("carrier-a", Health.DOWN), False),
        (ComponentState("carrier-a", Health.MENDING, owes=True), False),
    ],
)
def test_only_a_trunk_that_is_surely_well_or_that_nothing_watches_calls_out(
    component: ComponentState, usable: bool
) -> None:
    state = well(SITE)
    state = replace(state, components={**state.components, "carrier-a": component})
    names = [trunk.name for trunk, _ in free_lines("power", state, SITE, {})]
    assert ("carrier-a" in names) is usable
    assert "carrier-b" in names


def test_our_own_callbacks_in_the_queue_are_no_live_callers() -> None:
    state = replace(well(SITE), waiting={"power": 3})
    assert capacity("power", state, SITE, {}, 0).waiting == 3
    assert capacity("power", state, SITE, {}, 2).waiting == 1
    assert capacity("power", state, SITE, {}, 5).waiting == 0


def test_a_queue_of_which_nothing_is_known_has_nobody() -> None:
    assert capacity("power", State(), SITE, {}, 0) == Capacity(free_agents=0, free_lines=20, waiting=0)
