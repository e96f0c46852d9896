"""Draws docs/reference/modes.md from the tables in fallback/: ``python -m docs.draw_modes`` in the
repository's root.

A test compares the page with what this program says, so the page cannot fall behind the code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from fallback.health import HEALTH, ROOT, SAMPLES, WORDS, Sign
from fallback.incidents import GRAVITY, OVERRIDE_KIND
from fallback.modes import ACTION, COMPUTED, RANK, Condition, DialplanAction, Mode
from fallback.overrides import RELEASES
from fallback.policy import HealthTimes

S = TypeVar("S", bound=StrEnum)
C = TypeVar("C", bound=StrEnum)

PAGE = Path(__file__).parent / "reference" / "modes.md"

CONDITIONS: Mapping[Condition, str] = {
    Condition.LOST: "a pool is DOWN, or every trunk, or a part whose effect is OUTAGE",
    Condition.CLOSED: "outside opening hours",
    Condition.IMPAIRED: "a part is DOWN whose loss makes work slower (A2, A5)",
    Condition.PLANNED: "a planned window lasts (A10)",
    Condition.SURGE: "more callers than the policy's figures (A8)",
    Condition.UNSURE: "something that is needed is UNKNOWN, SUSPECT or MENDING",
    Condition.RETURNING: "all that is needed is well; the recovery hold runs",
    Condition.SOUND: "all that is needed has been well for the whole recovery hold",
    Condition.RELEASED: f"a manual {', '.join(mode for mode in Mode if mode in RELEASES)} has just been ended",
}

SIGNS: Mapping[Sign, str] = {
    Sign.LOST: "our link to Asterisk is lost",
    Sign.BAD: "a kind of evidence is bad",
    Sign.CONFIRMED_BAD: "it has been bad for `down_after` (two kinds at once: `two_kinds_after`); a word: at once",
    Sign.GOOD: "no kind is bad, and one is good",
    Sign.CONFIRMED_GOOD: "it has been good for `up_after` and the flap penalty; a first look, a word: at once",
}

CALLERS: Mapping[DialplanAction, str] = {
    DialplanAction.PASS: "go on to the queue; `enter` returns at once",
    DialplanAction.NOTICE: "hear the announcement, then go on to the queue",
    DialplanAction.OFFER: "hear the announcement, then the queue with a key to leave number and matter",
    DialplanAction.CAPTURE: "hear the announcement and can leave number and matter; nobody is queued",
    DialplanAction.EVACUATE: "the same with the evacuation's own wording; no silence of the bridge takes it back",
}


def page() -> str:
    """The whole page."""
    return "\n".join((*_modes(), *_overrides(), *_health(), *_times(), *_incidents())) + "\n"


def _modes() -> Iterable[str]:
    yield from (
        "# Modes, health and incidents",
        "",
        "<!-- Drawn from the tables in fallback/ by `python -m docs.draw_modes`; change those, not this page. -->",
        "",
        "A *scope* is a service line that is switched as one. Its *computed* mode follows from its components, hours,",
        "planned windows and queue figures; its *effective* mode is that of its manual override if it has one, else",
        "the computed one. Only the effective mode reaches callers.",
        "",
        "| mode | rank | callers |",
        "|---|---|---|",
    )
    for mode in Mode:
        action = ACTION[mode]
        yield f"| {mode} | {RANK[mode]} | **{action}**: {CALLERS[action]} |"
    yield from (
        "",
        "A higher rank is graver. The actions are the defaults: a scope may name others, and a planned window brings",
        "its own, with its own wording. Where nobody is queued, callers who wait already, and those who still join, are",
        "brought to the announcement with their waiting time kept. Callbacks are allowed only in effective NORMAL,",
        "while all that is needed is well and our own link stands. EVACUATED is a person's word: it is never computed.",
        "",
        "## How the computed mode moves",
        "",
    )
    yield from _diagram(COMPUTED)
    yield from ("", "Where no arrow leads, the mode stays. In full:", "")
    yield from _table("computed mode", COMPUTED, list(Condition))
    yield from ("", "The first condition that holds counts:", "", "| condition | when |", "|---|---|")
    yield from (f"| {condition} | {words} |" for condition, words in CONDITIONS.items())
    yield from (
        "",
        "An OUTAGE is left only when it is sure that callers can be served, a DEGRADED only when all that is needed is",
        "well: until then they are unsure, except that CLOSED ends both. Whoever is not sure changes nothing: the column",
        "*unsure* holds each mode itself, but for CLOSED and PLANNED, which the calendar ends. So a lost manager link, a",
        "restart of Asterisk or of Holdfast, or a contact that flips for one reading switches no caller. While the link",
        "is lost, only calendar and parts are known: an OUTAGE or DEGRADED stays, else they move the mode as above.",
        "",
        "A trunk that is lost while others are left is *partial* (A4): the mode stays, the lines that are left are",
        "counted, and an incident is opened.",
        "",
        "## Hours, planned windows and excuses",
        "",
        "Bad evidence about an *excused* component does not count, and what was heard is forgotten; good evidence always",
        "counts, and what was DOWN before stays so. Excused are components that a planned window names while it lasts;",
        "those that only closed scopes use (not parts of the whole site); and pools within `shift_grace` of a shift's",
        "start or end. When the excuse ends, pools are read anew from their members, and what stayed bad is heard then.",
        "A calendar is known for some weeks; beyond `known_until` every scope is open, and staff are told.",
        "",
        "## Surge and plans",
        "",
        "A figure (callers who wait, the longest wait, lines in use ÷ lines left) that stands at its limit for `after`",
        "seconds starts a surge; all must be below their ends for `hold` seconds to end it. Our own callbacks do not",
        "count. A plan is set off by lines that are all in use for `lines_full` seconds (one that is free for less than",
        "`dip` does not break the count) or by a mode; a graver plan takes the place of a lighter one.",
    )


def _overrides() -> Iterable[str]:
    yield from (
        "",
        "## Modes set by hand",
        "",
        "An override names the scope, the mode, who, why and until when. It is refused without who or why, for an",
        "unknown scope, without an end (EVACUATED alone may have none), with an end that is past or further away",
        "than `override_max`, and while the scope is EVACUATED. It ends by itself; EVACUATED is ended by a leader",
        "only, and its `until` is a time of review at which staff are reminded. When a manual",
        f"{', '.join(mode for mode in Mode if mode in RELEASES)} ends, the scope recovers first.",
    )


def _health() -> Iterable[str]:
    yield from ("", "## Health of a component", "")
    yield from _diagram(HEALTH, hidden=(Sign.LOST,))
    yield from ("", "From every health a lost link leads to UNKNOWN. In full (– cannot happen):", "")
    yield from _table("health", HEALTH, list(Sign))
    yield from ("", "| sign | when |", "|---|---|")
    yield from (f"| {sign} | {words} |" for sign, words in SIGNS.items())
    samples, words = ", ".join(sorted(SAMPLES)), ", ".join(sorted(WORDS))
    roots = ", ".join(f"{kind} with {root}" for kind, root in ROOT.items())
    yield from (
        "",
        f"Evidence is a *sample* ({samples}), a *word* ({words}) or a *level* (all else). A level is told only when it",
        "changes, so it stands until its source says otherwise, and time alone confirms it. A sample speaks for its",
        "moment: besides the time it needs `suspect_count` in a row on the way down and `good_count` on the way back,",
        "and it is forgotten after `sample_life`. A word is a level that convinces at once, both ways. Kinds that are",
        f"read from the same thing count as one: {roots}.",
        "",
        "A component that was DOWN owes the way through MENDING even if the link is lost in between. Until",
        "Asterisk has been up for `boot_grace`, nothing bad is evidence.",
    )


def _times() -> Iterable[str]:
    yield from ("", "| time or count | default |", "|---|---|")
    for field in fields(HealthTimes):
        unit = "" if field.name.endswith("_count") else " s"
        yield f"| `{field.name}` | {field.default:g}{unit} |"


def _incidents() -> Iterable[str]:
    yield from (
        "",
        "## Incidents",
        "",
        "An incident is opened by the first thing that needs one, joined by what follows, and closed when the scope",
        "is whole and has been so for the recovery hold. Its kind is the gravest that joined, from the lightest to",
        f"the gravest: {', '.join(sorted(GRAVITY, key=GRAVITY.__getitem__))}.",
        "",
        "| kind | opened by |",
        "|---|---|",
        "| A3 | a pool that is DOWN |",
        "| A4 | a trunk that is DOWN; OUTAGE when it is every trunk |",
        "| its `failure` | a part that is DOWN: of each scope that lists it, else of the site if it is a part of it |",
        "| A10 | a planned window, while the scope is PLANNED |",
    )
    yield from (f"| {kind} | {mode} set by hand |" for mode, kind in OVERRIDE_KIND.items())


def _diagram(table: Mapping[S, Mapping[C, S]], hidden: tuple[C, ...] = ()) -> Iterable[str]:
    """Mermaid; arrows of one pair share a line, and a state that stays has none."""
    yield from ("```mermaid", "stateDiagram-v2", f"    [*] --> {next(iter(table))}")
    for state, row in table.items():
        for target in table:
            causes = [cause for cause, to in row.items() if to == target != state and cause not in hidden]
            if causes:
                yield f"    {state} --> {target}: {', '.join(causes)}"
        if not row:
            yield f"    {state}: {state} (by hand only)"
    yield "```"


def _table(head: str, table: Mapping[S, Mapping[C, S]], columns: list[C]) -> Iterable[str]:
    yield f"| {head} | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 1) + "|"
    for state, row in table.items():
        yield f"| {state} | {' | '.join(row.get(column, '–') for column in columns)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
