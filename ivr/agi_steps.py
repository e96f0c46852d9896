"""What both AGI drivers have in common: a dialogue's steps as commands, and what comes back as its inputs. Pure.

A step runs in the dial plan (``holdfast-step``), which limits the silence after it by itself; so nothing here needs to know
how long a prompt is. What is to be remembered goes out before it in one ``MSet``.
"""

from collections.abc import Generator

from ivr.agi_wire import Reply, command
from ivr.steps import (
    Admit,
    Ask,
    End,
    Input,
    Keys,
    Look,
    Play,
    Record,
    Recorded,
    SetFacts,
    SetLanguage,
    Spool,
    Step,
)

STEPS = "holdfast-step"
MESSAGE, MESSAGE_KEPT = "message-", "message-kept"
PIECE_BYTES = 1_500  # of file names in one command, of 1,999 that Asterisk reads
PIECE_SECONDS = 1.5  # silence after a piece of a long question
HEARD = command("GET VARIABLE", "HF_IN")
Own = Spool | Look | Admit | End
"""Steps that are not said to Asterisk; the driver does them."""
Talk = Generator[bytes, Reply, Input | Own]
"""Yields command lines, is sent the reply to each, and returns the answer to the last step, or that step if it is an Own one."""


class StepFailed(Exception):
    """Asterisk could not do a step (a prompt is missing, say): the call is left to the next tier."""


class Voice:
    """What one call's steps are said with. prompts: their folder as Asterisk sees it; language: of the prompts,
    until a step sets another.
    """

    def __init__(self, prompts: str, language: str) -> None:
        self._prompts, self._language = prompts, language
        self._facts: list[tuple[str, str]] = []

    def perform(self, steps: tuple[Step, ...]) -> Talk:
        """Say the steps in order. Raises StepFailed, and BadCommand for what AGI cannot carry."""
        for step in steps:
            if isinstance(step, SetFacts):
                self._facts += step.facts
            elif isinstance(step, SetLanguage):
                self._language = step.language
            else:
                yield from self._remember()
                if not isinstance(step, Play):
                    return (yield from self._answered(step))
                for files in (yield from self._pieces(step.prompts)):
                    yield from _do(command("GOSUB", STEPS, "play", "1", files))
        raise AssertionError("a dialogue's steps end with a question or with End")

    def _answered(self, step: Ask | Record | Own) -> Talk:
        if isinstance(step, Ask):
            return (yield from self._ask(step))
        if isinstance(step, Record):
            return (yield from self._record(step))
        return step

    def _ask(self, step: Ask) -> Generator[bytes, Reply, Keys]:
        """A question that is too long for one command is put in pieces; a key in any of them answers it."""
        *pieces, last = yield from self._pieces(step.prompts)
        for files in pieces:
            early = keys((yield from _step("ask", f"{files},{step.digits},{PIECE_SECONDS:g}")))
            if early.text:
                return early
        return keys((yield from _step("ask", f"{last},{step.digits},{step.seconds:g}")))

    def _record(self, step: Record) -> Generator[bytes, Reply, Recorded]:
        *pieces, last = yield from self._pieces(step.prompts)
        for files in pieces:
            yield from _do(command("GOSUB", STEPS, "play", "1", files))
        wanted = f"{last},{step.name},{step.most_seconds:g},{step.silence_seconds:g}"
        return recorded((yield from _step("record", wanted)), step.name)

    def _remember(self) -> Generator[bytes, Reply, None]:
        """Everything to remember, in one exchange and in order."""
        if self._facts:
            pairs = ",".join(f"{name}={value}" for name, value in self._facts)
            self._facts = []
            yield from _do(command("EXEC", "MSet", pairs))

    def _pieces(self, prompts: tuple[str, ...]) -> Generator[bytes, Reply, list[str]]:
        """The files of the prompts, as lists that a command can hold; mostly there is one."""
        folder = f"{self._prompts}/{self._language}"
        files = [f"{folder}/{prompt}" for prompt in prompts]
        for place, prompt in enumerate(prompts):
            if prompt.startswith(MESSAGE) and prompt != MESSAGE_KEPT:
                files[place] = yield from _message(files[place], folder)
        whole = "&".join(files)
        if len(whole) <= PIECE_BYTES // 2 or len(whole.encode()) <= PIECE_BYTES:
            return [whole]
        pieces = [files[0]]
        for file in files[1:]:
            longer = f"{pieces[-1]}&{file}"
            if len(longer.encode()) <= PIECE_BYTES:
                pieces[-1] = longer
            else:
                pieces.append(file)
        return pieces


def keys(heard: str) -> Keys:
    """What Read took: ``STATUS:digits``. Raises StepFailed when a prompt could not be played."""
    status, colon, text = heard.partition(":")
    if not colon or status == "ERROR":
        raise StepFailed("a prompt cannot be played, or the dialplan is an older one: render it again")
    return Keys(text)


def recorded(heard: str, name: str) -> Recorded:
    """What Record kept: seconds, 0 for nothing. Raises StepFailed for anything else."""
    if not (heard.isascii() and heard.isdecimal()):
        raise StepFailed("a message cannot be recorded, or the dialplan is an older one: render it again")
    return Recorded(f"{name}.wav", float(heard)) if int(heard) else Recorded("")


def _message(file: str, folder: str) -> Generator[bytes, Reply, str]:
    """Only Asterisk sees whether the scope has words of its own for the phrase. An older dial plan does not say."""
    if (yield command("GOSUB", STEPS, "message", "1", "")).failed:
        return file
    heard = yield HEARD
    return heard.data if not heard.failed and heard.data.startswith(f"{folder}/{MESSAGE}") else file


def _step(what: str, arguments: str) -> Generator[bytes, Reply, str]:
    """One of the dial plan's steps, and what it heard. Raises StepFailed."""
    yield from _do(command("GOSUB", STEPS, what, "1", arguments))
    heard = yield HEARD
    if heard.failed:
        raise StepFailed("GET VARIABLE")
    return heard.data


def _do(line: bytes) -> Generator[bytes, Reply, None]:
    reply = yield line
    if reply.failed:
        raise StepFailed(line.split(b" ", 2)[1].decode())
