"""Draws docs/reference/dialogue.md from the tables in ivr/dialogue/: ``python -m docs.draw_dialogue`` in the repository's root.

A test compares the page with what this program says, so the page cannot fall behind the code.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from ivr.dialogue import MATTERS, PASS, PROMISES, SETTLE, TABLE, Answer, Row, Stage
from ivr.dialogue.asking import ERRANDS, QUESTIONS
from ivr.lengths import Length
from ivr.policy import CallerPolicy

PAGE = Path(__file__).parent / "reference" / "dialogue.md"

STAGES: Mapping[Stage, str] = {
    Stage.CHOICE: "called back on this number (1), on another one (2), more (3)?",
    Stage.KEYING: "which number?",
    Stage.ADMITTING: "may it be called within the limits?",
    Stage.CONFIRM: "the number is read back: right (1) or wrong (2)?",
    Stage.MATTER: f"what is it about? {', '.join(f'{key} {matter}' for key, matter in MATTERS.items())}",
    Stage.REGION: "which region? its keys are the policy's",
    Stage.MESSAGE: "record a message (1), or none (2)?",
    Stage.RECORDING: "the message is recorded",
    Stage.SPOOLING: "what was left becomes durable",
    Stage.TOLD: "the reference; hear it again (*)?",
    Stage.MORE: "an open promise (1), planned outages (2), only a notice (3), back (*)?",
    Stage.OUTAGES: "outages of which region?",
    Stage.MEETING: "is there an open promise for that number already?",
    Stage.LOOKING: "is there an open promise for the caller's own number?",
    Stage.REFERENCE: "its reference?",
    Stage.CHECKING: "does that belong to the number?",
    Stage.PROMISE: "its state; leave it (1), another number (2), cancel it (3)?",
    Stage.UNDO: "have it back (1)?",
    Stage.REQUESTING: "what is asked of the book becomes durable",
    Stage.ENDED: "all was said, or somebody else goes on",
}

LENGTHS: Mapping[Length, str] = {
    Length.FULL: "everything that the policy offers",
    Length.SHORT: "number and matter; the reference is said once",
    Length.EXPRESS: "the number by one key, or keyed and read back; no limits are asked, no reference is said",
    Length.MESSAGE: "the caller's own number is taken without a key; who withholds it gets *express*",
}

AWAY_FROM_CALLERS = frozenset(ERRANDS)
OUT = frozenset({Answer.DANGER, Answer.PERSON})


def page() -> str:
    """The whole page."""
    return "\n".join((*_intro(), *_graph(), *_stages(), *_lengths(), *_rows(), *_rules())) + "\n"


def _intro() -> Iterable[str]:
    yield from (
        "# The caller's dialogue",
        "",
        "<!-- Drawn from the tables in ivr/dialogue/ by `python -m docs.draw_dialogue`; change those, not this page. -->",
        "",
        "One dialogue for FastAGI (tier 1), the script on the Asterisk host (tier 2) and the carrier's fail-over (tier 4);",
        "tier 3 says a part of it in plain dial plan. The phrase, the danger key before it and the first offer are played by",
        "the dial plan; a key pressed there counts. Round boxes ask the caller, square ones are answered by the machine.",
        "Dotted arrows are ways without an answer: the question was put as often as `max_tries` says, or it is passed because",
        "the answer is known or the dialogue is short. Not drawn: `*`, silence and wrong keys put a question again, and from",
        "every question of one key the danger key leads to the people on call (B6).",
        "",
    )


def _graph() -> Iterable[str]:
    yield from ("```mermaid", "flowchart TD")
    for stage in Stage:
        name = stage.value
        square = stage in AWAY_FROM_CALLERS
        yield f"    {name}[{name}]" if square else f"    {name}([{name}])"
    for (source, target), answers in _arrows().items():
        yield f'    {source} -- "{", ".join(answers)}" --> {target}'
    for (source, target), words in _dotted().items():
        yield f'    {source} -. "{", ".join(words)}" .-> {target}'
    yield "```"


def _arrows() -> Mapping[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for (stage, answer), row in TABLE.items():
        for target in row.to:
            if target is not stage and answer not in OUT:
                found.setdefault((stage.value, target.value), []).append(answer.value)
    return found


def _dotted() -> Mapping[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    ways: tuple[tuple[str, Mapping[Stage, Row]], ...] = (("passed", PASS), ("no answer", SETTLE))
    for word, table in ways:
        for stage, row in table.items():
            for target in row.to:
                found.setdefault((stage.value, target.value), []).append(word)
    return found


def _stages() -> Iterable[str]:
    yield from ("", "| stage | what is asked |", "|---|---|")
    yield from (f"| {stage} | {STAGES[stage]} |" for stage in Stage)
    assert set(STAGES) == set(QUESTIONS) | set(ERRANDS) | {Stage.ENDED}  # noqa: S101 - of this program itself


def _lengths() -> Iterable[str]:
    yield from (
        "",
        "## Lengths",
        "",
        "The more lines are in use, the less is asked (`ivr/lengths.py`); the length of a call is fixed when it begins.",
        "",
        "| length | what is asked |",
        "|---|---|",
    )
    yield from (f"| {length} | {LENGTHS[length]} |" for length in Length)


def _rows() -> Iterable[str]:
    yield from ("", "## In full", "", "| stage | answer | what is done | leads to |", "|---|---|---|---|")
    for (stage, answer), row in TABLE.items():
        yield f"| {stage} | {_shown(answer)} | {_does(row)} | {_to(row)} |"
    yield from (
        "",
        "Passed without a word, when the answer is known or the length or the policy leaves the question out:",
        "",
    )
    yield from ("| stage | what is done | leads to |", "|---|---|---|")
    yield from (f"| {stage} | {_does(row)} | {_to(row)} |" for stage, row in PASS.items())
    tries = CallerPolicy().max_tries
    yield from ("", f"When a question was put `max_tries` times ({tries} as shipped) and not answered:", "")
    yield from ("| stage | what is done | leads to |", "|---|---|---|")
    yield from (f"| {stage} | {_does(row)} | {_to(row)} |" for stage, row in SETTLE.items())


def _shown(answer: Answer) -> str:
    return f"`{answer}`" if len(answer) == 1 else answer.value


def _does(row: Row) -> str:
    return (row.act.__doc__ or "").strip().splitlines()[0]


def _to(row: Row) -> str:
    return ", ".join(row.to)


def _rules() -> Iterable[str]:
    exceptions = ", ".join(f"{message} → `{promise}`" for message, promise in PROMISES.items())
    yield from (
        "",
        "## What always holds",
        "",
        "- Every path ends: a question is put at most `max_tries` times, counted anew only where a question above it has",
        "  spent a try of its own.",
        "- Nothing is promised before its line is durable. A line that cannot be made durable hands the call to the next tier.",
        "- What was confirmed is a channel variable before anything else is said, and no tier asks it again.",
        "- A call leaves at most one callback. A notice, a cancel, its undo and a change are further lines (`…/2`, `/3`).",
        "- That there is an open promise for a number is all that is told without its reference, because a caller id can be",
        "  forged. Where nobody can look, a request is taken down with number and reference, and judged when the book has it.",
        "- `0` leads back to the queue from the first choice and from *more*, where somebody is left there.",
        "- While the words before a number that is read back are said, no key is heard (nor the danger key): a last digit that",
        "  comes late is no answer to what was keyed before it.",
        "- In *keying* and *reference* every key is a digit, and so is the danger key among the keys of regions that hold it.",
        "",
        f"The promise is `promise`, but for the messages: {exceptions}.",
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
