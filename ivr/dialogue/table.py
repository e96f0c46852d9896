"""The rows of the dialogue: (stage, answer) → what is done, and the stages that it may lead to.

Three tables lead from one question to the next. ``TABLE`` says what an answer does. ``PASS`` says which stages are passed
without a word, and when. ``SETTLE`` says what becomes of a call in which a question was put as often as the policy allows.
``docs/reference/dialogue.md`` is drawn from them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ivr.dialogue import choosing, matter, more, number, opened, promising
from ivr.dialogue.stages import Answer, Stage
from ivr.dialogue.state import Act, Dialogue, again, back, wrong


@dataclass(frozen=True, slots=True)
class Row:
    """act: what is done. to: the stages that it leads to, before any of them is passed or settled."""

    act: Act
    to: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Pass(Row):
    """A stage that is passed without a word when this holds."""

    when: Callable[[Dialogue], bool]


def _row(act: Act, *to: Stage) -> Row:
    return Row(act, to)


_DANGER = _row(choosing.danger, Stage.ENDED)
_PERSON = _row(choosing.person, Stage.ENDED)
_LEAVE = _row(choosing.leave, Stage.ENDED)

PASS: Mapping[Stage, Pass] = {
    Stage.ADMITTING: Pass(number.read_back, (Stage.CONFIRM,), number.unasked),
    Stage.MEETING: Pass(opened.unmet, (Stage.MATTER,), opened.is_not_met),
    Stage.MATTER: Pass(matter.to_region, (Stage.REGION, Stage.SPOOLING), matter.has_matter),
    Stage.REGION: Pass(matter.to_message, (Stage.MESSAGE,), matter.has_region),
    Stage.MESSAGE: Pass(matter.to_spool, (Stage.SPOOLING,), matter.has_message),
    Stage.OUTAGES: Pass(more.tell, (Stage.CHOICE,), more.everywhere),
    Stage.LOOKING: Pass(opened.whose, (Stage.KEYING,), opened.is_unknown),
}

SETTLE: Mapping[Stage, Row] = {
    Stage.CHOICE: _row(choosing.stayed, Stage.SPOOLING),
    Stage.KEYING: _row(number.given_up, Stage.SPOOLING, Stage.CHOICE),
    Stage.CONFIRM: _row(number.let_stand, Stage.SPOOLING, Stage.REFERENCE, Stage.REQUESTING, Stage.CHOICE),
    Stage.MATTER: _row(matter.no_matter, Stage.REGION),
    Stage.REGION: _row(matter.to_message, Stage.MESSAGE),
    Stage.MESSAGE: _row(matter.no_message, Stage.SPOOLING),
    Stage.TOLD: _row(promising.goodbye, Stage.ENDED),
    Stage.MORE: _row(back, Stage.CHOICE),
    Stage.OUTAGES: _row(more.tell, Stage.CHOICE),
    Stage.REFERENCE: _row(back, Stage.CHOICE),
    Stage.PROMISE: _row(opened.leave_it, Stage.ENDED),
    Stage.UNDO: _row(opened.finished, Stage.ENDED),
}


def _asked(stage: Stage) -> Mapping[tuple[Stage, Answer], Row]:
    """What every question knows: silence and "*" put it again, a wrong key too, with a word about it."""
    return {
        (stage, Answer.SILENCE): _row(again, stage),
        (stage, Answer.REPEAT): _row(again, stage),
        (stage, Answer.WRONG): _row(wrong, stage),
    }


TABLE: Mapping[tuple[Stage, Answer], Row] = {
    # Called back on this number, on another one, or more.
    **_asked(Stage.CHOICE),
    (Stage.CHOICE, Answer.ONE): _row(choosing.own, Stage.MEETING, Stage.KEYING),
    (Stage.CHOICE, Answer.TWO): _row(choosing.other, Stage.KEYING),
    (Stage.CHOICE, Answer.THREE): _row(more.more, Stage.MORE),
    (Stage.CHOICE, Answer.LANGUAGE): _row(choosing.other_language, Stage.CHOICE),
    (Stage.CHOICE, Answer.PERSON): _PERSON,
    (Stage.CHOICE, Answer.DANGER): _DANGER,
    # A number is keyed, admitted and read back.
    (Stage.KEYING, Answer.NUMBER): _row(number.keyed, Stage.ADMITTING),
    (Stage.KEYING, Answer.REFUSED): _row(number.refused, Stage.KEYING),
    (Stage.KEYING, Answer.REPEAT): _row(again, Stage.KEYING),
    (Stage.KEYING, Answer.SILENCE): _row(again, Stage.KEYING),
    (Stage.ADMITTING, Answer.ADMITTED): _row(number.read_back, Stage.CONFIRM),
    (Stage.ADMITTING, Answer.OVER): _row(number.over, Stage.KEYING),
    **_asked(Stage.CONFIRM),
    (Stage.CONFIRM, Answer.ONE): _row(number.confirmed, Stage.MEETING, Stage.REFERENCE, Stage.REQUESTING),
    (Stage.CONFIRM, Answer.TWO): _row(number.rekey, Stage.KEYING),
    (Stage.CONFIRM, Answer.DANGER): _DANGER,
    # Is there one already?
    (Stage.MEETING, Answer.OPEN): _row(opened.met, Stage.MATTER),
    (Stage.MEETING, Answer.CANCELLED): _row(opened.unmet, Stage.MATTER),
    (Stage.MEETING, Answer.NONE): _row(opened.unmet, Stage.MATTER),
    (Stage.MEETING, Answer.AWAY): _row(opened.unmet, Stage.MATTER),
    # What it is about.
    **_asked(Stage.MATTER),
    (Stage.MATTER, Answer.MATTER): _row(matter.chosen_matter, Stage.REGION),
    (Stage.MATTER, Answer.DANGER): _DANGER,
    **_asked(Stage.REGION),
    (Stage.REGION, Answer.REGION): _row(matter.chosen_region, Stage.MESSAGE),
    (Stage.REGION, Answer.DANGER): _DANGER,
    **_asked(Stage.MESSAGE),
    (Stage.MESSAGE, Answer.SILENCE): _row(matter.no_message, Stage.SPOOLING),
    (Stage.MESSAGE, Answer.ONE): _row(matter.record, Stage.RECORDING),
    (Stage.MESSAGE, Answer.TWO): _row(matter.no_message, Stage.SPOOLING),
    (Stage.MESSAGE, Answer.DANGER): _DANGER,
    (Stage.RECORDING, Answer.RECORDED): _row(matter.recorded, Stage.SPOOLING),
    (Stage.RECORDING, Answer.NOTHING): _row(matter.recorded, Stage.SPOOLING),
    # The line, then the promise.
    (Stage.SPOOLING, Answer.KEPT): _row(promising.promise, Stage.TOLD, Stage.ENDED),
    (Stage.SPOOLING, Answer.NOT_KEPT): _LEAVE,
    (Stage.TOLD, Answer.REPEAT): _row(again, Stage.TOLD),
    (Stage.TOLD, Answer.SILENCE): _row(promising.goodbye, Stage.ENDED),
    (Stage.TOLD, Answer.WRONG): _row(promising.goodbye, Stage.ENDED),
    (Stage.TOLD, Answer.DANGER): _DANGER,
    # More: an open promise, planned outages, only a notice.
    **_asked(Stage.MORE),
    (Stage.MORE, Answer.ONE): _row(opened.look, Stage.LOOKING),
    (Stage.MORE, Answer.TWO): _row(more.outages, Stage.OUTAGES),
    (Stage.MORE, Answer.THREE): _row(more.notice, Stage.REQUESTING, Stage.KEYING),
    (Stage.MORE, Answer.REPEAT): _row(back, Stage.CHOICE),
    (Stage.MORE, Answer.PERSON): _PERSON,
    (Stage.MORE, Answer.DANGER): _DANGER,
    **_asked(Stage.OUTAGES),
    (Stage.OUTAGES, Answer.REGION): _row(more.tell, Stage.CHOICE),
    (Stage.OUTAGES, Answer.DANGER): _DANGER,
    # An open promise.
    (Stage.LOOKING, Answer.OPEN): _row(opened.there_is_one, Stage.REFERENCE),
    (Stage.LOOKING, Answer.CANCELLED): _row(opened.there_is_one, Stage.REFERENCE),
    (Stage.LOOKING, Answer.NONE): _row(opened.whose, Stage.KEYING),
    (Stage.LOOKING, Answer.AWAY): _row(opened.cannot_look, Stage.REFERENCE),
    (Stage.REFERENCE, Answer.DIGITS): _row(opened.check_reference, Stage.CHECKING),
    (Stage.REFERENCE, Answer.WRONG): _row(opened.wrong_reference, Stage.REFERENCE),
    (Stage.REFERENCE, Answer.REPEAT): _row(again, Stage.REFERENCE),
    (Stage.REFERENCE, Answer.SILENCE): _row(again, Stage.REFERENCE),
    (Stage.CHECKING, Answer.OPEN): _row(opened.known, Stage.PROMISE),
    (Stage.CHECKING, Answer.CANCELLED): _row(opened.known, Stage.UNDO),
    (Stage.CHECKING, Answer.NONE): _row(opened.wrong_reference, Stage.REFERENCE),
    (Stage.CHECKING, Answer.AWAY): _row(opened.unchecked, Stage.PROMISE),
    **_asked(Stage.PROMISE),
    (Stage.PROMISE, Answer.ONE): _row(opened.leave_it, Stage.ENDED),
    (Stage.PROMISE, Answer.TWO): _row(opened.change, Stage.KEYING),
    (Stage.PROMISE, Answer.THREE): _row(opened.cancel, Stage.REQUESTING),
    (Stage.PROMISE, Answer.DANGER): _DANGER,
    (Stage.UNDO, Answer.ONE): _row(opened.undo, Stage.REQUESTING),
    (Stage.UNDO, Answer.REPEAT): _row(again, Stage.UNDO),
    (Stage.UNDO, Answer.SILENCE): _row(opened.finished, Stage.ENDED),
    (Stage.UNDO, Answer.WRONG): _row(wrong, Stage.UNDO),
    (Stage.UNDO, Answer.DANGER): _DANGER,
    (Stage.REQUESTING, Answer.KEPT): _row(opened.taken_down, Stage.UNDO, Stage.ENDED),
    (Stage.REQUESTING, Answer.NOT_KEPT): _row(opened.not_taken, Stage.ENDED),
}
