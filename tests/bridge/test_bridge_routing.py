"""Who does what a person asks, where one book serves two Asterisks."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from bridge_world import START
from postgres import Books

from ami_bridge.routing import Routing
from ami_bridge.store_thread import StoreThread
from fallback.events import OverrideSet
from fallback.modes import Mode
from fallback.time import Now
from store import Store
from store.intents import Intent, IntentState

WISH = {"scope": "power", "mode": "OUTAGE", "why": "cable", "until": None}


def intent(kind: str, **payload: Any) -> Intent:
    return Intent(1, kind, payload, "li", START, IntentState.PENDING, None, "")


def routing(store: Any, pbx: str, *, others: bool = True, later: float = 0.0, thread: Any = None) -> Routing:
    """A bridge whose Asterisk has one incident and one agent."""
    state = SimpleNamespace(cases={f"INC-{pbx}": 1}, members={"power": {f"PJSIP/{pbx}": 1}})
    asked: list[Any] = []

    async def ask(event: Any) -> Any:
        asked.append(event)
        return SimpleNamespace(changes=())

    holding: Any = SimpleNamespace(pbx=pbx, others=frozenset({"east", "west"} - {pbx} if others else ()))
    brain: Any = SimpleNamespace(state=state, ask=ask, asked=asked)
    now = Now(START + timedelta(seconds=later), later)
    return Routing(holding, store, thread, brain, lambda: now)


def named(mark: str) -> Any:
    return SimpleNamespace(mark=mark)


EAST, WEST = "", " @ west"


@pytest.mark.parametrize(
    ("asked", "east", "west"),
    [
        (intent("override-set", **WISH), True, False),
        (intent("override-set", **{**WISH, "scope": "power @ west"}), False, True),
        (intent("ack", incident="INC-east"), True, False),
        (intent("ack", incident="INC-west"), False, True),
        (intent("dial", promise=1, agent="PJSIP/west"), False, True),
        (intent("outcome", promise=1, agent="PJSIP/east"), True, False),
        (intent("duty-ack", matter="all"), True, False),
        (intent("policy-apply", digest="d", pbx="east"), True, False),
        (intent("policy-apply", digest="d", pbx="west"), False, True),
        (intent("policy-apply", digest="d", pbx="mistyped"), True, False),
        (intent("policy-apply", digest="d"), True, False),
    ],
)
def test_each_wish_is_one_bridges_to_answer(asked: Intent, east: bool, west: bool) -> None:
    first, second = routing(named(EAST), "east"), routing(named(WEST), "west")
    assert (first(asked) is not None, second(asked) is not None) == (east, west)


def test_a_marked_scope_is_known_by_its_plain_name_where_it_is() -> None:
    ours = routing(named(WEST), "west")(intent("override-set", **{**WISH, "scope": "power @ west"}))
    assert ours is not None
    assert ours.payload["scope"] == "power"


def test_what_nobody_knows_the_first_ones_bridge_answers_after_a_moment() -> None:
    unknown = intent("ack", incident="INC-gone")
    assert routing(named(EAST), "east")(unknown) is None
    assert routing(named(EAST), "east", later=3.0)(unknown) is unknown
    assert routing(named(WEST), "west", later=3.0)(unknown) is None


def test_with_one_asterisk_everything_is_ours() -> None:
    for asked in (intent("ack", incident="INC-gone"), intent("dial", promise=1, agent="PJSIP/none")):
        assert routing(named(EAST), "east", others=False)(asked) is asked


async def test_an_override_for_all_reaches_the_second_asterisk_once(postgres: Books) -> None:
    thread = StoreThread()
    with Store(postgres.empty()) as store:
        store.speak_for("west", first=False)
        store.add_intent("override-set", WISH, "li", START)
        store.add_intent("override-set", {**WISH, "scope": "power @ east"}, "li", START)
        store.add_intent("override-set", WISH, "li", START - timedelta(hours=1))
        west = routing(store, "west", thread=thread)
        await west._look()
        await west._look()
        thread.close()
    brain: Any = west._brain
    assert brain.asked == [OverrideSet("power", Mode.OUTAGE, "li", "cable", None)]
