"""Opening, joining and closing the incident of a scope.

An incident is opened by the first thing that needs one and joined by what follows, so that one trouble has
one key that captures, changes and reports carry (requirements C4, F1). Its kind is the gravest that joined.
It is closed when the scope is whole and has been so for the recovery hold, and no manual mode speaks against
it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from fallback.modes import Mode
from fallback.picture import LINES_LOST, POOL_LOST, Need
from fallback.state import Incident, Override

OVERRIDE_KIND: Mapping[Mode, str] = MappingProxyType(
    {Mode.DEGRADED: "A2", Mode.OUTAGE: POOL_LOST, Mode.EVACUATED: "A6"}
)
"""Manual modes that are an incident by themselves; NORMAL and RECOVERING are not."""

GRAVITY: Mapping[str, int] = MappingProxyType({LINES_LOST: 1, "A2": 2, POOL_LOST: 3, "A6": 4})


def needs_of(lost: Iterable[Need], override: Override | None) -> tuple[Need, ...]:
    """What calls for an incident, the gravest first."""
    needs = tuple(lost)
    if override is not None and override.mode in OVERRIDE_KIND:
        needs = (*needs, Need(OVERRIDE_KIND[override.mode], f"set by {override.who}"))
    return tuple(sorted(needs, key=lambda need: -GRAVITY[need.kind]))


def opened(scope: str, needs: tuple[Need, ...], at: datetime) -> Incident:
    """A new incident. Raises IndexError without a need."""
    key = f"INC-{scope}-{at:%Y%m%dT%H%M%SZ}"
    return Incident(key=key, scope=scope, kind=needs[0].kind, opened_at=at, detail=_detail(needs))


def joined(incident: Incident, needs: tuple[Need, ...]) -> Incident:
    """The incident with what has come to it; the same object if all of it is known."""
    known = incident.detail.split("; ")
    new = tuple(need for need in needs if _words(need) not in known)
    if not new:
        return incident
    kind = max((incident.kind, *(need.kind for need in new)), key=lambda kind: GRAVITY.get(kind, 0))
    return replace(incident, kind=kind, detail=f"{incident.detail}; {_detail(new)}")


def needs_in(detail: str) -> tuple[Need, ...]:
    """The needs that an incident's detail is made of."""
    words = (part.partition(" ") for part in detail.split("; ") if part)
    return tuple(Need(kind, subject) for kind, _, subject in words)


def _detail(needs: tuple[Need, ...]) -> str:
    return "; ".join(_words(need) for need in needs)


def _words(need: Need) -> str:
    return f"{need.kind} {need.subject}".replace(";", ",")
