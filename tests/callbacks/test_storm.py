"""The storm of bench.storm: its simulator against Erlang's formulas, and a small one with the real rules."""

import random

import pytest

from bench.policy import DEMO
from bench.storm_book import Dial
from bench.storm_checks import checks
from bench.storm_figures import called_twice, first_late, late, never_dialled, refused
from bench.storm_people import HOUR, KIND_SHARES
from bench.storm_play import OUTAGE, STORM_AT, Played, World, play
from bench.talk import KINDS
from callbacks.policy import CallbackPolicy
from callbacks.values import Outcome
from config.policy import load_policy
from ivr.lengths import Length


def dialogue(length: Length, kind: int, dice: random.Random) -> float:
    """Seconds of a dialogue, shorter the less is asked."""
    return {Length.FULL: 55.0, Length.SHORT: 44.0, Length.EXPRESS: 25.0, Length.MESSAGE: 15.0}[length]


@pytest.fixture(scope="module")
def storms() -> tuple[Played, Played]:
    """A storm over a tenth of the hotline, with callbacks and without."""
    policy = CallbackPolicy(agent_reserve=1, line_reserve=3)
    world = World(load_policy(DEMO), policy, dialogue, lines=10, reserve=0.6, calls=600.0)
    return play(world, 5, True), play(world, 5, False)


def test_simulator_says_what_erlang_says_where_his_formulas_hold() -> None:
    """Waits by formula C, refusals by formula B."""
    assert [one.name for one in checks(1, 20_000) if not one.ok] == []


def test_callers_of_a_storm_are_those_of_the_dialogues_benchmark() -> None:
    """The shares of kinds are written down twice, because one of them needs built prompts."""
    assert tuple(kind.share for kind in KINDS) == KIND_SHARES


def test_every_promise_of_a_storm_is_closed_within_the_policys_days(storms: tuple[Played, Played]) -> None:
    """E2, E8: none late, none that nobody ever called, nobody called twice."""
    ours, _ = storms
    assert ours.dispatcher is not None
    assert len(ours.book.promises) > 100
    assert ours.book.open == 0
    assert (late(ours), first_late(ours), never_dialled(ours)) == (0, 0, 0)
    assert called_twice(ours.dispatcher.dials) == 0


def test_people_of_a_storm_are_the_same_without_callbacks(storms: tuple[Played, Played]) -> None:
    """Until the first callback both runs are one: the same calls, refusals and promises."""
    ours, without = storms
    until = STORM_AT + OUTAGE
    assert ours.centre.between(0, until) == without.centre.between(0, until)
    assert [one.number for one in ours.book.promises.values()] == [
        one.number for one in without.book.promises.values()
    ]
    assert refused(without, until + HOUR).calls > 0


def test_calls_are_seen_that_should_not_have_been_made() -> None:
    """A second call after an answer, or beside the first; a later one after a busy tone is none."""
    answered, busy = Dial(1, 0, 60, Outcome.ANSWERED), Dial(2, 0, 2, Outcome.BUSY)
    beside, after = Dial(3, 0, 30, Outcome.NO_ANSWER), Dial(3, 20, 50, Outcome.NO_ANSWER)
    assert called_twice([busy, Dial(2, 600, 640, Outcome.ANSWERED)]) == 0
    assert called_twice([answered, Dial(1, 600, 640, Outcome.NO_ANSWER)]) == 1
    assert called_twice([beside, after]) == 1
