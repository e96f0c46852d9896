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
from fallback.policy import KindRule
from fallback.state import Incident, Override

OVERRIDE_KIND: Mapping[Mode, str] = MappingProxyType(
    {Mode.DEGRADED: "A2", Mode.OUTAGE: POOL_LOST, Mode.EVACUATED: "A6"}
)
"""Manual modes that are an incident by themselves; NORMAL and RECOVERING are not."""

GRAVITY: Mapping[str, int] = MappingProxyType(
    {
        "OWN": 0,
        "A1": 1,
        "A10": 2,
        "A9": 3,
        "A7": 4,
        "A8": 5,
        LINES_LOST: 6,
        "A2": 7,
        "A5": 8,
        POOL_LOST: 9,
        "A6": 10,
    }
)
"""For kinds of which the policy says nothing. What is graver has the longer ladder, since it takes the other's place."""

NO_KINDS: Mapping[str, KindRule] = MappingProxyType({})
DRILL_WHY = "live drill DRILL-"
"""What the reason of a manual mode begins with that a live drill has set: the drill's case stands for it."""


def gravity(kind: str, kinds: Mapping[str, KindRule] = NO_KINDS) -> int:
    """How grave a kind is: the policy's word, else the default; 0 for a kind that nobody knows."""
    rule = kinds.get(kind)
    return GRAVITY.get(kind, 0) if rule is None else rule.gravity


def needs_of(
    lost: Iterable[Need], override: Override | None, kinds: Mapping[str, KindRule] = NO_KINDS
) -> tuple[Need, ...]:
    """What calls for an incident, the gravest first. A mode that a live drill has set calls for none."""
    needs = tuple(lost)
    if override is not None and override.mode in OVERRIDE_KIND and not override.why.startswith(DRILL_WHY):
        needs = (*needs, Need(OVERRIDE_KIND[override.mode], f"set by {override.who}"))
    return tuple(sorted(needs, key=lambda need: -gravity(need.kind, kinds)))


def opened(scope: str, needs: tuple[Need, ...], at: datetime) -> Incident:
    """A new incident. Raises IndexError without a need."""
    key = f"INC-{scope}-{at:%Y%m%dT%H%M%SZ}"
    return Incident(key=key, scope=scope, kind=needs[0].kind, opened_at=at, detail=_detail(needs))


def joined(incident: Incident, needs: tuple[Need, ...], kinds: Mapping[str, KindRule] = NO_KINDS) -> Incident:
    """The incident with what has come to it; the same object if all of it is known."""
    known = incident.detail.split("; ")
    new = tuple(need for need in needs if _words(need) not in known)
    if not new:
        return incident
    kind = max((incident.kind, *(need.kind for need in new)), key=lambda kind: gravity(kind, kinds))
    return replace(incident, kind=kind, detail=f"{incident.detail}; {_detail(new)}")


def needs_in(detail: str) -> tuple[Need, ...]:
    """The needs that an incident's detail is made of."""
    words = (part.partition(" ") for part in detail.split("; ") if part)
    return tuple(Need(kind, subject) for kind, _, subject in words)


def _detail(needs: tuple[Need, ...]) -> str:
    return "; ".join(_words(need) for need in needs)


def _words(need: Need) -> str:
    return f"{need.kind} {need.subject}".replace(";", ",")
