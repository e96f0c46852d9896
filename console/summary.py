"""One picture of everything, built from the store; the page, ``status`` and the JSON all show this."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

from callbacks.masking import mask_number
from callbacks.values import Promise, PromiseState
from console import live_rows
from console.live_rows import Live, parse_time
from store import Store

FRESH_SECONDS: Final = 10.0  # the bridge writes at least every 2 s; see docs/reference/intents-and-live-rows.md
SHOWN_PROMISES: Final = 40
SHOWN_CHANGES: Final = 12
SHOWN_INTENTS: Final = 6


@dataclass(frozen=True, slots=True)
class BridgeView:
    """never: the bridge has never written. fresh: its last word is at most FRESH_SECONDS old."""

    never: bool
    fresh: bool
    age: float | None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One row of the incident line."""

    at: datetime
    kind: str
    subject: str
    old: str
    new: str
    reason: str
    who: str
    incident: str


@dataclass(frozen=True, slots=True)
class PromiseView:
    """An open promise with its number masked. due: may be called now."""

    id: int
    scope: str
    number: str
    state: str
    matter: str
    attempts: int
    captures: int
    created_at: datetime
    due_at: datetime
    due: bool
    agent: str
    reason: str
    attention: bool


@dataclass(frozen=True, slots=True)
class FlightView:
    """An outgoing call in flight, its number masked."""

    attempt: str
    promise: int
    number: str
    stage: str
    since: datetime | None
    agent: str
    trunk: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of promises; missed: calls that left nothing to call back."""

    open: int
    due: int
    talking: int
    done_today: int
    missed: int


@dataclass(frozen=True, slots=True)
class IntentView:
    """What a person asked for and what became of it. subject: a scope, or "#<promise>"."""

    id: int
    kind: str
    subject: str
    promise: int
    attempt: str
    who: str
    at: datetime
    state: str
    result: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything at one moment (aware UTC)."""

    at: datetime
    bridge: BridgeView
    live: Live
    figures: Figures
    promises: tuple[PromiseView, ...]
    calls: tuple[FlightView, ...]
    changes: tuple[ChangeView, ...]
    intents: tuple[IntentView, ...]


def to_json(picture: Summary) -> str:
    """The picture as JSON; times in ISO 8601 UTC, numbers masked."""
    return json.dumps(dataclasses.asdict(picture), default=_plain, ensure_ascii=False, indent=2)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value.value if isinstance(value, Enum) else value)
