"""From one question to the next."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from ivr.dialogue.asking import QUESTIONS, enter
from ivr.dialogue.reading import read
from ivr.dialogue.resuming import go_on, take_over
from ivr.dialogue.stages import Answer, Stage
from ivr.dialogue.state import Dialogue, Move
from ivr.dialogue.table import PASS, SETTLE, TABLE
from ivr.policy import CallerPolicy
from ivr.steps import Input, Keys, Step
from ivr.values import CallFacts, Outage

NOTHING = Keys("")


class UnknownAnswer(ValueError):
    """The driver answered something that was not asked."""


def start(
    call: CallFacts, policy: CallerPolicy, zone: tzinfo, now: datetime, outages: Sequence[Outage] = ()
) -> Move:
    """Take a call over, after the phrase or from another tier. now: aware UTC; outages: as ``ivr.ports.Outages`` gives them.

    What is confirmed already is where it goes on from; else a key that was pressed during the phrase counts.
    """
    dialogue, steps = take_over(call, policy, zone, tuple(outages))
    dialogue, more = go_on(dialogue, now)
    steps += more
    pressed = Keys(call.key)
    if dialogue.stage is Stage.CHOICE and read(dialogue, pressed) not in _NO_CHOICE:
        dialogue, more = TABLE[Stage.CHOICE, read(dialogue, pressed)].act(dialogue, pressed, now)
        steps += more
    return _entered(dialogue, steps, now)


_NO_CHOICE = (Answer.SILENCE, Answer.REPEAT, Answer.WRONG)


def advance(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """The next state and what to do. now: aware UTC. Raises UnknownAnswer, naming stage and answer."""
    answer = read(dialogue, given)
    row = TABLE.get((dialogue.stage, answer))
    if row is None:
        raise UnknownAnswer(f"no row for {answer.value!r} in stage {dialogue.stage.value!r}")
    dialogue, steps = row.act(dialogue, given, now)
    return _entered(dialogue, steps, now)


def _entered(dialogue: Dialogue, steps: tuple[Step, ...], now: datetime) -> Move:
    """On to the first stage that is neither passed nor out of tries, and into it."""
    while True:
        stage = dialogue.stage
        if stage in PASS and PASS[stage].when(dialogue):
            act = PASS[stage].act
        elif stage in QUESTIONS and dialogue.put.get(stage, 0) >= dialogue.policy.max_tries:
            act = SETTLE[stage].act
        else:
            dialogue, last = enter(dialogue, now)
            return dialogue, (*steps, *last)
        dialogue, more = act(dialogue, NOTHING, now)
        steps += more
