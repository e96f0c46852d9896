"""Why a promise is where it is, in words of a language and times of a zone: for the terminal, and for pages."""

from datetime import datetime, timedelta, tzinfo
from typing import Any

from callbacks.rules.explaining import Explanation, Fact, Line
from callbacks.values import Matter, Outcome, PromiseState
from console.records.words import translator
from console.words import EXPLAINED, MATTERS, OUTCOMES, REASONS, STATES


def said(explanation: Explanation, language: str, zone: tzinfo) -> list[str]:
    """One sentence for each line. language: zh-CN or en."""
    return [sentence(line, language, zone) for line in explanation.lines]


def sentence(line: Line, language: str, zone: tzinfo) -> str:
    """What a line says; a key without words is shown as it is rather than hidden."""
    text = translator(language)(EXPLAINED[line.key]) if line.key in EXPLAINED else line.key
    words = text % {name: _fact(name, fact, language, zone) for name, fact in line.facts.items()}
    return words[:1].upper() + words[1:]


def as_json(explanation: Explanation) -> dict[str, Any]:
    """For programs: keys and facts; times in UTC, lengths in seconds."""
    return {
        "next_at": explanation.next_at and explanation.next_at.isoformat(),
        "lines": [
            {"about": line.about.value, "key": line.key}
            | {name: _plain(fact) for name, fact in line.facts.items()}
            for line in explanation.lines
        ],
    }


def _plain(fact: Fact) -> Any:
    if isinstance(fact, datetime):
        return fact.isoformat()
    return fact.total_seconds() if isinstance(fact, timedelta) else fact


def _fact(name: str, fact: Fact, language: str, zone: tzinfo) -> str:
    word = translator(language)
    match fact:
        case datetime():
            return f"{fact.astimezone(zone):%m-%d %H:%M}"
        case timedelta():
            return _length(fact, language)
        case Matter() | Outcome() | PromiseState():
            table = {Matter: MATTERS, Outcome: OUTCOMES, PromiseState: STATES}[type(fact)]
            return word(table[fact.value])
        case str() if name == "reason":
            known = REASONS.get(fact) or OUTCOMES.get(fact)
            return word(known) if known else fact or "–"
        case _:
            return str(fact)


def _length(length: timedelta, language: str) -> str:
    minutes = round(length.total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    units = ("小时", "分钟") if language != "en" else ("h", "min")
    parts = [f"{count} {unit}" for count, unit in zip((hours, rest), units, strict=True) if count]
    return " ".join(parts) or f"0 {units[1]}"
