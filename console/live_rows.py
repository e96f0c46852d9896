"""The bridge's live rows as values. Missing or wrong parts read as "unknown", never as "fine".

The shapes are those of docs/reference/intents-and-live-rows.md. Everything here is another process's JSON: nothing raises.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class IncidentView:
    """The open incident of a scope; kind is one of requirements A (A3, A4 …)."""

    key: str
    kind: str
    opened_at: datetime | None
    detail: str


@dataclass(frozen=True, slots=True)
class OverrideView:
    """A mode set by hand: who, why and until when (None: until ended)."""

    mode: str
    who: str
    why: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ScopeView:
    """A scope as the bridge decided it. stable_for: seconds of health, None while unhealthy."""

    name: str
    effective: str = "UNKNOWN"
    computed: str = "UNKNOWN"
    action: str = "unknown"
    since: datetime | None = None
    partial: str = ""
    queue: str = ""
    lines_left: int | None = None
    lines_total: int | None = None
    waiting: int | None = None
    longest_wait: float = 0.0
    recovery_at: datetime | None = None
    callbacks_allowed: bool = False
    stable_for: float | None = None
    recovery_hold: float = 0.0
    flag_written: bool | None = None
    incident: IncidentView | None = None
    override: OverrideView | None = None


@dataclass(frozen=True, slots=True)
class TrunkView:
    """A carrier link with its health and the lines in use, in and out."""

    name: str
    health: str = "UNKNOWN"
    since: datetime | None = None
    detail: str = ""
    in_use: int | None = None
    channels: int | None = None


@dataclass(frozen=True, slots=True)
class PoolView:
    """The agents behind a queue, counted."""

    name: str
    health: str = "UNKNOWN"
    since: datetime | None = None
    detail: str = ""
    queue: str = ""
    reachable: int | None = None
    minimum: int | None = None


@dataclass(frozen=True, slots=True)
class AgentView:
    """One member of a queue. member is the interface as Asterisk names it, e.g. PJSIP/agent-1."""

    member: str
    queue: str
    presence: str = "unknown"
    since: datetime | None = None

    @property
    def name(self) -> str:
        """The member without its technology, for people."""
        return self.member.partition("/")[2] or self.member


@dataclass(frozen=True, slots=True)
class CallView:
    """An outgoing call in flight; stage is queue, dial or talking."""

    attempt: str
    promise: int
    stage: str
    since: datetime | None
    agent: str
    trunk: str


@dataclass(frozen=True, slots=True)
class BridgeRow:
    """What the bridge says of itself."""

    pid: int = 0
    version: str = ""
    started_at: datetime | None = None
    link: str = "unknown"
    link_detail: str = ""
    armed: bool | None = None
    spool_backlog: int | None = None
    length: str = ""
    lines_used: float | None = None


@dataclass(frozen=True, slots=True)
class DutyRow:
    """Danger and fault reports that nobody has taken on. trouble: why nobody can be told of them."""

    open: int = 0
    danger: int = 0
    oldest: datetime | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class TalkView:
    """The open promises of a live caller who is with an agent at this moment. Without his number, which the promises have."""

    member: str
    promises: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Live:
    """All live rows, read. at: when the bridge last wrote (aware UTC); None: never."""

    at: datetime | None = None
    bridge: BridgeRow = field(default_factory=BridgeRow)
    scopes: tuple[ScopeView, ...] = ()
    trunks: tuple[TrunkView, ...] = ()
    pools: tuple[PoolView, ...] = ()
    agents: tuple[AgentView, ...] = ()
    calls: tuple[CallView, ...] = ()
    duty: DutyRow = field(default_factory=DutyRow)
    talking: tuple[TalkView, ...] = ()


def read(values: Mapping[str, Any], at: datetime | None) -> Live:
    """Read the live rows; ``values`` is key → JSON value, ``at`` the time of the row ``bridge``."""
    return Live(
        at=at,
        bridge=_bridge(_object(values.get("bridge"))),
        scopes=tuple(_scope(name, row) for name, row in _named(values.get("scopes"))),
        trunks=tuple(_trunk(name, row) for name, row in _named(values.get("trunks"))),
        pools=tuple(_pool(name, row) for name, row in _named(values.get("pools"))),
        agents=tuple(_agent(row) for row in _rows(values.get("agents"))),
        calls=tuple(_call(row) for row in _rows(values.get("calls"))),
        duty=_duty(_object(values.get("duty"))),
        talking=tuple(_talk(name, row) for name, row in _named(values.get("talking"))),
    )


def _bridge(row: Mapping[str, Any]) -> BridgeRow:
    armed = row.get("armed")
    return BridgeRow(
        pid=_count(row.get("pid")) or 0,
        version=_text(row.get("version")),
        started_at=parse_time(row.get("started_at")),
        link=_text(row.get("link")) or "unknown",
        link_detail=_text(row.get("link_detail")),
        armed=armed if isinstance(armed, bool) else None,
        spool_backlog=_count(row.get("spool_backlog")),
        length=_text(row.get("length")),
        lines_used=_number(row.get("lines_used")),
    )


def _talk(member: str, row: Mapping[str, Any]) -> TalkView:
    several = row.get("promises")
    ids = several if isinstance(several, list) else [row.get("promise")]
    known = tuple(one for one in ids if isinstance(one, int) and not isinstance(one, bool))
    return TalkView(member, known)


def _duty(row: Mapping[str, Any]) -> DutyRow:
    return DutyRow(
        open=_count(row.get("open")) or 0,
        danger=_count(row.get("danger")) or 0,
        oldest=parse_time(row.get("oldest")),
        trouble=_text(row.get("trouble")),
    )


def _scope(name: str, row: Mapping[str, Any]) -> ScopeView:
    flag = _object(row.get("flag")).get("written")
    return ScopeView(
        name=name,
        effective=_text(row.get("effective")) or "UNKNOWN",
        computed=_text(row.get("computed")) or "UNKNOWN",
        action=_text(row.get("action")) or "unknown",
        since=parse_time(row.get("since")),
        partial=_text(row.get("partial")),
        queue=_text(row.get("queue")),
        lines_left=_count(row.get("lines_left")),
        lines_total=_count(row.get("lines_total")),
        waiting=_count(row.get("waiting")),
        longest_wait=_number(row.get("longest_wait")) or 0.0,
        recovery_at=parse_time(row.get("recovery_at")),
        callbacks_allowed=row.get("callbacks_allowed") is True,
        stable_for=_number(row.get("stable_for")),
        recovery_hold=_number(row.get("recovery_hold")) or 0.0,
        flag_written=flag if isinstance(flag, bool) else None,
        incident=_incident(_object(row.get("incident"))),
        override=_override(_object(row.get("override"))),
    )


def _incident(row: Mapping[str, Any]) -> IncidentView | None:
    if not row:
        return None
    opened = parse_time(row.get("opened_at"))
    return IncidentView(_text(row.get("key")), _text(row.get("kind")), opened, _text(row.get("detail")))


def _override(row: Mapping[str, Any]) -> OverrideView | None:
    if not row:
        return None
    until = parse_time(row.get("until"))
    return OverrideView(_text(row.get("mode")), _text(row.get("who")), _text(row.get("why")), until)


def _trunk(name: str, row: Mapping[str, Any]) -> TrunkView:
    return TrunkView(
        name=name,
        health=_text(row.get("health")) or "UNKNOWN",
        since=parse_time(row.get("since")),
        detail=_text(row.get("detail")),
        in_use=_count(row.get("in_use")),
        channels=_count(row.get("channels")),
    )


def _pool(name: str, row: Mapping[str, Any]) -> PoolView:
    return PoolView(
        name=name,
        health=_text(row.get("health")) or "UNKNOWN",
        since=parse_time(row.get("since")),
        detail=_text(row.get("detail")),
        queue=_text(row.get("queue")),
        reachable=_count(row.get("reachable")),
        minimum=_count(row.get("minimum")),
    )


def _agent(row: Mapping[str, Any]) -> AgentView:
    return AgentView(
        member=_text(row.get("member")),
        queue=_text(row.get("queue")),
        presence=_text(row.get("presence")) or "unknown",
        since=parse_time(row.get("since")),
    )


def _call(row: Mapping[str, Any]) -> CallView:
    return CallView(
        attempt=_text(row.get("attempt")),
        promise=_count(row.get("promise")) or 0,
        stage=_text(row.get("stage")) or "unknown",
        since=parse_time(row.get("since")),
        agent=_text(row.get("agent")),
        trunk=_text(row.get("trunk")),
    )


def parse_time(value: object) -> datetime | None:
    """An ISO 8601 time with an offset as aware UTC; anything else (also a naive one) is None."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _named(value: object) -> list[tuple[str, Mapping[str, Any]]]:
    return sorted((str(name), _object(row)) for name, row in _object(value).items())


def _rows(value: object) -> list[Mapping[str, Any]]:
    return (
        [_object(row) for row in value] if isinstance(value, Sequence) and not isinstance(value, str) else []
    )


def _text(value: object) -> str:
    return value[:500] if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
