"""One picture of everything, built from the store; the page, ``status`` and the JSON all show this."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from callbacks.masking import mask_number
from callbacks.policy import CallbackPolicy
from callbacks.values import Promise, PromiseState
from callbacks.work import mark_of
from console import bridge_socket, live_rows
from console.bridge_socket import BridgeAway
from console.live_rows import Live
from fallback.decision import Change
from store import Store, StoreProblem
from store.intents import Intent

FRESH_SECONDS: Final = (
    10.0  # the bridge writes at least every 2 s; see docs/reference/intents-and-live-rows.md
)
SHOWN_PROMISES: Final = 40
SHOWN_CHANGES: Final = 20  # one outage, from its start to its end
# Two follow from a row that is shown; what a leader settled is shown with its promise, or it would push out all the others.
UNSHOWN = frozenset({"computed", "rung", "callback"})
SHOWN_INTENTS: Final = 6
MOST_OWED: Final = 100
_CHANGE_TEXTS: Final = ("kind", "subject", "old", "new", "reason", "who", "incident")


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
    """An open promise with its number masked. due: may be called now. owing: what is owed soon or late ("first": a first attempt,
    "answer"; "" nothing), owed_by until when; late: that is over.
    """

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
    assigned: str = ""
    paused: bool = False
    wished_at: datetime | None = None
    owing: str = ""
    owed_by: datetime | None = None
    late: bool = False
    fault: str = ""


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
    """open: not closed; due: may be called now; talking: being called, or the agent's word is awaited; missed: calls
    of today that left nothing to call back. None: only the store knows, and it is away.
    """

    open: int | None
    due: int | None
    talking: int | None
    done_today: int | None
    missed: int | None


@dataclass(frozen=True, slots=True)
class OwedView:
    """How many promises are late, and of how many something is owed soon; of either at most MOST_OWED are counted."""

    late: int
    soon: int


@dataclass(frozen=True, slots=True)
class IntentView:
    """What a person asked for and what became of it. subject: what it is about, such as a scope or "#<promise>"."""

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
    """Everything at one moment (aware UTC). from_memory: the bridge told it because the store is away, so figures of the
    book, open promises and what is owed are missing.
    """

    at: datetime
    bridge: BridgeView
    live: Live
    figures: Figures
    promises: tuple[PromiseView, ...]
    calls: tuple[FlightView, ...]
    changes: tuple[ChangeView, ...]
    intents: tuple[IntentView, ...]
    from_memory: bool = False
    owed: OwedView | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the policy says: the scopes by name, and the zone whose midnight begins "today". socket: of the bridge, asked
    when the store is away; None: then the store's problem is raised. warn_before: seconds for which what is owed counts as near.
    """

    scopes: tuple[str, ...]
    zone: ZoneInfo
    socket: Path | None = None
    warn_before: float = CallbackPolicy().warn_before


def to_json(picture: Summary) -> str:
    """The picture as JSON; times in ISO 8601 UTC, numbers masked."""
    return json.dumps(dataclasses.asdict(picture), default=_plain, ensure_ascii=False, indent=2)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value.value if isinstance(value, Enum) else value)


def build(store: Store, now: datetime, known: Known) -> Summary:
    """Read everything once. now: aware UTC. Raises StoreProblem when the store is away and no bridge stands in for it."""
    try:
        return _from_store(store, now, known)
    except StoreProblem:
        if known.socket is None:
            raise
        try:
            return from_bridge(bridge_socket.status(known.socket), now)
        except BridgeAway:
            pass
        raise


def from_bridge(said: Mapping[str, Any], now: datetime) -> Summary:
    """What the bridge tells from its memory; what only the store knows stays unknown. Nothing in ``said`` is trusted."""
    at = live_rows.parse_time(said.get("at"))
    rows = said.get("live")
    changes = said.get("changes")
    return Summary(
        at=now,
        bridge=_bridge_view(at, now),
        live=live_rows.read(rows if isinstance(rows, Mapping) else {}, at),
        figures=Figures(None, None, None, None, None),
        promises=(),
        calls=(),
        changes=tuple(_told_changes(changes if isinstance(changes, list) else []))[:SHOWN_CHANGES],
        intents=(),
        from_memory=True,
    )


def _told_changes(changes: list[Any]) -> Iterator[ChangeView]:
    for one in changes:
        at = live_rows.parse_time(one.get("at")) if isinstance(one, Mapping) else None
        if at is not None and one.get("kind") not in UNSHOWN:
            texts = (str(one.get(name, "")) for name in _CHANGE_TEXTS)
            yield ChangeView(at, *texts)


def _from_store(store: Store, now: datetime, known: Known) -> Summary:
    with store.moment():
        return _of_moment(store, now, known)


def _of_moment(store: Store, now: datetime, known: Known) -> Summary:
    rows = store.live_rows()
    at = rows["bridge"].at if "bridge" in rows else None
    live = live_rows.read({key: row.value for key, row in rows.items()}, at)
    promises = store.open_promises(SHOWN_PROMISES)
    return Summary(
        at=now,
        bridge=_bridge_view(at, now),
        live=live,
        figures=_figures(store, now, known),
        promises=tuple(promise_view(one, now, warn_before=known.warn_before) for one in promises),
        owed=_owed(store, now, known),
        calls=_flights(store, live),
        changes=_line(store),
        intents=tuple(intent_view(row) for row in store.intents(SHOWN_INTENTS)),
    )


def promise_view(
    promise: Promise, now: datetime, *, full: bool = False, warn_before: float = CallbackPolicy().warn_before
) -> PromiseView:
    """A promise for eyes that need not see the number; full: for those that must. warn_before: what is owed so soon is marked."""
    mark = mark_of(promise, now, warn_before)
    return PromiseView(
        id=promise.id,
        scope=promise.scope,
        number=promise.number if full else mask_number(promise.number),
        state=promise.state.value,
        matter=promise.matter.value,
        attempts=promise.attempts,
        captures=promise.captures,
        created_at=promise.created_at,
        due_at=promise.due_at,
        due=promise.state is PromiseState.OPEN and promise.due_at <= now and not promise.paused,
        agent=promise.agent,
        reason=promise.reason,
        attention=promise.attention,
        assigned=promise.assigned,
        paused=promise.paused,
        wished_at=promise.wished_at,
        owing=mark.owing.value if mark else "",
        owed_by=mark.at if mark else None,
        late=mark.late if mark else False,
        fault=promise.fault,
    )


def _owed(store: Store, now: datetime, known: Known) -> OwedView:
    until = now + timedelta(seconds=known.warn_before)
    return OwedView(*store.count_owed(now, until, MOST_OWED))


def _figures(store: Store, now: datetime, known: Known) -> Figures:
    counted = store.figures(now, _midnight(now, known.zone))
    return Figures(counted.open, counted.due, counted.talking, counted.done_today, counted.missed)


def _flights(store: Store, live: Live) -> tuple[FlightView, ...]:
    if not live.calls:
        return ()
    numbers = {promise.attempt: promise.number for promise in store.in_flight()}
    return tuple(
        FlightView(
            attempt=call.attempt,
            promise=call.promise,
            number=mask_number(numbers.get(call.attempt, "")) or f"#{call.promise}",
            stage=call.stage,
            since=call.since,
            agent=call.agent,
            trunk=call.trunk,
        )
        for call in live.calls
    )


def _line(store: Store) -> tuple[ChangeView, ...]:
    """The newest changes without computed modes: what callers got is the effective one, which has its own row."""
    return tuple(_change(row) for row in store.changes(SHOWN_CHANGES, without=UNSHOWN))


def _change(row: Change) -> ChangeView:
    return ChangeView(row.at, row.kind, row.subject, row.old, row.new, row.reason, row.who, row.incident)


def intent_view(row: Intent) -> IntentView:
    """An intent for the page. Its payload is JSON that any version of the console may have written."""
    promise, attempt = row.payload.get("promise"), row.payload.get("attempt")
    number = promise if isinstance(promise, int) else 0
    return IntentView(
        id=row.id,
        kind=row.kind,
        subject=_subject(row.payload, number),
        promise=number,
        attempt=str(attempt or ""),
        who=row.who,
        at=row.at,
        state=row.state.value,
        result=row.result,
    )


def _subject(payload: Mapping[str, Any], promise: int) -> str:
    if promise:
        return f"#{promise}"
    if isinstance(captures := payload.get("captures"), list) and captures:
        return ", ".join(str(key) for key in captures[:3]) + (" …" if len(captures) > 3 else "")
    named = (
        payload.get(key) for key in ("scope", "incident", "matter", "component", "member", "drill", "kind")
    )
    return next((str(one) for one in named if one), "")


def _midnight(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def is_fresh(at: datetime | None, now: datetime) -> bool:
    """Whether what the bridge wrote then is of this moment; None: it never wrote."""
    return at is not None and (now - at).total_seconds() <= FRESH_SECONDS


def _bridge_view(at: datetime | None, now: datetime) -> BridgeView:
    if at is None:
        return BridgeView(never=True, fresh=False, age=None)
    age = max(0.0, (now - at).total_seconds())
    return BridgeView(never=False, fresh=is_fresh(at, now), age=round(age, 1))
