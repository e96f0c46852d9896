"""Tier 2: the whole dialogue by a script that Asterisk starts for one call, where the bridge is dead and Python lives.

A composition root of its own: it reads ``dialogue.json``, speaks AGI on its standard input and output, and leaves lines in
the spool. Nobody can look into the book from here. It starts anew for every call, so it loads as little as it can; and
whatever goes wrong, it ends at once with HF_DONE and HF_NEXT unset, so that tier 3 goes on.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from callbacks.spool_file import SpoolFile
from callbacks.spool_line import encode
from ivr.agi_header import call_facts
from ivr.agi_steps import Own, StepFailed, Talk, Voice
from ivr.agi_wire import command
from ivr.book_file import DialogueBook, read
from ivr.dialogue import advance, start
from ivr.left_line import to_capture
from ivr.local_pipe import Channel, Gone
from ivr.steps import Admit, Admitted, Away, End, Input, Kept, Look, NotKept, Spool
from ivr.values import Left

TIER = 2
USAGE = "usage: holdfast-local-agi DIALOGUE.JSON, started by Asterisk's AGI()"
STARTED = command("SET VARIABLE", "GROUP(holdfast-tier2)", "local")
"""Everything is loaded: this call no longer counts among those that are starting."""


def main() -> int:
    """The command. 0: the dialogue ended, or the caller did; 1: tier 3 has to go on."""
    if len(sys.argv) != 2:
        sys.stderr.write(f"{USAGE}\n")
        return 1
    taken = os.dup(1)
    os.dup2(2, 1)  # whatever else is printed must not reach Asterisk as a command
    return serve(Path(sys.argv[1]), 0, taken, lambda: datetime.now(UTC))


def serve(path: Path, given: int, taken: int, clock: Callable[[], datetime]) -> int:
    """One call on two file descriptors; as ``main``. path: of dialogue.json; clock: aware UTC. Never raises."""
    try:
        channel = Channel(given, taken)
    except Gone:
        return 0
    try:
        _serve(channel, read(path), clock)
    except Gone:
        return 0  # the hang-up handler of the dial plan writes down what there is
    except Exception as reason:  # whatever it is, the caller must not wait for it
        _tell(channel, f"call left to tier 3: {type(reason).__name__}: {reason}")
        return 1
    return 0


def _serve(channel: Channel, book: DialogueBook, clock: Callable[[], datetime]) -> None:
    with LocalCall(channel, book, clock) as call:
        call.run()


class LocalCall:
    """One call under way. Its lines go into a file of its own, made with the first of them."""

    def __init__(self, channel: Channel, book: DialogueBook, clock: Callable[[], datetime]) -> None:
        self._channel, self._book, self._clock = channel, book, clock
        self._file: SpoolFile | None = None

    def __enter__(self) -> "LocalCall":
        return self

    def __exit__(self, *_: object) -> None:
        self._leave_file()

    def run(self) -> bool:
        """The whole dialogue; True when the caller has heard all of it. Raises Gone, StepFailed and BadCommand."""
        self._channel.say(STARTED)
        call = replace(call_facts(self._channel.header), tier=TIER)
        if not call.scope:
            raise StepFailed("the dialplan is an older one: render it again")
        now, policy = self._clock(), self._book.policy
        dialogue, steps = start(call, policy, ZoneInfo(policy.timezone), now, self._book.coming(now))
        voice = Voice(str(self._book.prompts_dir), dialogue.language)
        while True:
            given = self._answer(self._spoken(voice.perform(steps)))
            if isinstance(given, End):
                return given.done
            dialogue, steps = advance(dialogue, given, self._clock())

    def _spoken(self, talk: Talk) -> Input | Own:
        try:
            line = next(talk)
            while True:
                line = talk.send(self._channel.say(line))
        except StopIteration as end:
            answer: Input | Own = end.value
            return answer

    def _answer(self, last: Input | Own) -> Input | End:
        """What is ours to do. Limits are kept when the line is imported; who is over them is held, not lost."""
        if isinstance(last, Spool):
            return self._keep(last.left)
        if isinstance(last, Look):
            return Away()
        return Admitted() if isinstance(last, Admit) else last

    def _keep(self, left: Left) -> Input:
        try:
            line = encode(to_capture(left, self._book.pbx_id))
            if self._file is None:
                hour = self._clock().astimezone(UTC).strftime("%Y%m%dT%H")
                self._file = SpoolFile(self._book.spool_dir, hour)
            self._file.append(line)
        except (OSError, ValueError) as reason:
            self._leave_file()
            _tell(self._channel, f"cannot write to {self._book.spool_dir}: {reason}")
            return NotKept()
        return Kept()

    def _leave_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _tell(channel: Channel, problem: str) -> None:
    """Into Asterisk's log, on one line that fits; there is no other place to tell it from here."""
    text = "".join(c if " " <= c <= "~" else "?" for c in problem)[:400]
    with suppress(Gone):
        channel.say(command("VERBOSE", f"holdfast: {text}", "1"))
