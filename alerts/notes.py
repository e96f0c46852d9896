"""What the core says, as the book and the journal keep it. Pure."""

from datetime import datetime
from typing import Any

from alerts.book import END, RungNote
from fallback.decision import RaiseRung, StopRungs, TellEnd


def note_of(rung: RaiseRung, now: datetime) -> RungNote:
    """A rung that is raised now."""
    return RungNote(
        key=rung.key,
        incident=rung.incident,
        name=rung.rung,
        text=rung.text,
        kind=rung.facts.get("kind", ""),
        facts=rung.facts,
        raised_at=now,
        due_at=rung.due_at,
        drill=rung.drill,
    )


def end_note(end: TellEnd, now: datetime) -> RungNote:
    """The news that an incident is over, as one more rung."""
    return RungNote(
        key=f"{end.incident}/{END}",
        incident=end.incident,
        name=END,
        text=END,
        kind=end.facts.get("kind", ""),
        facts=end.facts,
        raised_at=now,
        due_at=now,
        drill=end.drill,
    )


def stop_entry(stop: StopRungs, now: datetime) -> dict[str, Any]:
    """Of these rungs nothing more is sent."""
    return {
        "e": "stop",
        "at": now.isoformat(),
        "incident": stop.incident,
        "who": stop.who,
        "rungs": list(stop.rungs),
    }
