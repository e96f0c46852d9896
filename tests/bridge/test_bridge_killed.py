"""kill -9 in the middle of callbacks: nobody is rung twice, and outcomes are taken from AstDB (E2, ADR 0007)."""

import secrets
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from bridge_site import book, promised, site, until

from callbacks.values import Attempt, Outcome, PromiseState
from lab import Lab
from lab.ledger import CarrierCall
from lab.people import number
from lab.site import Site

pytestmark = [pytest.mark.asterisk, pytest.mark.slow]
ANSWERS = 1  # the last digit of numbers whose owners take the call


@pytest.fixture
def place(lab: Lab) -> Iterator[Site]:
    with site(lab, f"killed-{secrets.token_hex(2)}") as one:  # a book of its own
        yield one
        one.kill_bridge()


def seen(lab: Lab, numbers: list[str]) -> list[CarrierCall]:
    return [call for call in lab.carrier_log() if call.number in numbers]


def attempts(place: Site) -> list[Attempt]:
    with book(place) as store:
        return [
            one for promise in store.promises(100, *PromiseState) for one in store.attempts_of(promise.id)
        ]


def kill_and_start(place: Site) -> int:
    """Returns where the new run's log begins."""
    place.kill_bridge()
    begun = place.bridge_log.stat().st_size
    place.start_bridge()
    return begun


def all_done(place: Site) -> bool:
    with book(place) as store:
        return {one.state for one in store.promises(100, *PromiseState)} == {PromiseState.DONE}


def test_a_bridge_that_is_killed_while_agents_talk_rings_nobody_again(lab: Lab, place: Site) -> None:
    numbers = [number(41_000 + n, ANSWERS) for n in range(4)]
    promised(place, numbers)
    place.start_bridge()
    until(lambda: any(call.outcome == "answered" for call in seen(lab, numbers)), "an agent talks")
    flying = [one.key for one in attempts(place) if one.outcome is None]
    begun = kill_and_start(place)
    until(lambda: all_done(place), "every promise kept", 60)
    assert Counter(call.number for call in seen(lab, numbers)) == dict.fromkeys(numbers, 1)
    ended = {line["attempt"]: line for line in place.log_lines("callback ended", since=begun)}
    taken = [ended[key]["reason"] for key in flying if key in ended and ended[key]["line"] == "answered"]
    assert taken, "an attempt of the killed run was ended by the new one"
    assert set(taken) == {"recorded by the dial plan"}
    assert {one.outcome for one in attempts(place)} <= {Outcome.ANSWERED, Outcome.NOT_DIALLED}


def test_a_bridge_that_is_killed_right_after_an_originate_rings_nobody_twice(lab: Lab, place: Site) -> None:
    numbers: list[str] = []
    for delay in (0.0, 0.05, 0.3, 0.8):
        fresh = [number(42_000 + len(numbers) + n, ANSWERS) for n in range(2)]
        numbers += fresh
        promised(place, fresh)
        begun = place.bridge_log.stat().st_size if place.bridge_log.exists() else 0
        place.start_bridge()
        place.wait_log("callback", since=begun)
        time.sleep(delay)
        place.kill_bridge()
    place.start_bridge()
    until(lambda: all_done(place), "every promise kept", 90)
    assert Counter(call.number for call in seen(lab, numbers)) == dict.fromkeys(numbers, 1)
