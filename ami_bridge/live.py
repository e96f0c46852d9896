"""The figures of this moment, as the live rows that console and command line read. Pure.

Shapes: docs/reference/intents-and-live-rows.md.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from callbacks.rules import Share
from callbacks.values import Attempt
from fallback.decide import callbacks_allowed
from fallback.events import Presence
from fallback.policy import Policy
from fallback.state import ComponentState, Health, ScopeState, State
from fallback.time import Now

Json = dict[str, Any]
Confirmed = Callable[[str], tuple[bool, datetime | None]]


def iso(at: datetime | None) -> str | None:
    """ISO 8601 with the offset written out; None stays None."""
    return at.isoformat(timespec="seconds") if at else None


def scopes(state: State, policy: Policy, confirmed: Confirmed, now: Now) -> Json:
    """Row ``scopes``."""
    return {name: _scope(one, state, policy, confirmed, now) for name, one in state.scopes.items()}


def _scope(one: ScopeState, state: State, policy: Policy, confirmed: Confirmed, now: Now) -> Json:
    known = policy.scopes[one.name]
    written, at = confirmed(one.name)
    healthy = one.healthy_since_mono
    return {
        "computed": one.computed,
        "effective": one.effective,
        "action": one.action,
        "since": iso(one.since),
        "partial": one.partial,
        "queue": known.queue,
        "lines_left": one.lines_left,
        "lines_total": one.lines_total,
        "waiting": state.waiting.get(known.queue, 0),
        "longest_wait": _longest_wait(state, known.queue, now),
        "recovery_at": iso(one.recovery_at),
        "callbacks_allowed": callbacks_allowed(state, one.name),
        "stable_for": None if healthy is None else int(max(0.0, now.mono - healthy)),
        "recovery_hold": known.recovery_hold,
        "incident": _incident(one),
        "override": _override(one),
        "flag": {"written": written, "at": iso(at)},
    }


def _longest_wait(state: State, queue: str, now: Now) -> float:
    return round(max((now.mono - joined for joined in state.callers.get(queue, {}).values()), default=0.0), 1)


def parts(state: State, policy: Policy) -> Json:
    """Row ``parts``: applications, stores, power and our own parts."""
    return {
        name: _health(state.components.get(name)) | {"kind": part.kind, "failure": part.failure}
        for name, part in policy.parts.items()
    }


def cases(state: State) -> list[Json]:
    """Row ``cases``: every open incident as staff handle it, the newest first."""
    return [
        {
            "key": one.key,
            "scope": one.scope,
            "kind": one.kind,
            "subject": one.subject,
            "opened_at": iso(one.opened_at),
            "acked_by": one.acked_by,
            "acked_at": iso(one.acked_at),
            "owner": one.owner,
            "drill": one.drill,
        }
        for one in sorted(state.cases.values(), key=lambda case: case.opened_at, reverse=True)
    ]


def _incident(one: ScopeState) -> Json | None:
    incident = one.incident
    if incident is None:
        return None
    opened = iso(incident.opened_at)
    return {"key": incident.key, "kind": incident.kind, "opened_at": opened, "detail": incident.detail}


def _override(one: ScopeState) -> Json | None:
    override = one.override
    if override is None:
        return None
    return {
        "mode": override.mode,
        "who": override.who,
        "why": override.why,
        "since": iso(override.since),
        "until": iso(override.until),
    }


def trunks(state: State, policy: Policy, in_use: Mapping[str, int]) -> Json:
    """Row ``trunks``."""
    return {
        name: _health(state.components.get(name))
        | {"in_use": in_use.get(name, 0), "channels": trunk.channels}
        for name, trunk in policy.trunks.items()
    }


def pools(state: State, policy: Policy) -> Json:
    """Row ``pools``."""
    return {
        name: _health(state.components.get(name))
        | {
            "queue": pool.queue,
            "minimum": pool.minimum,
            "reachable": sum(
                presence is not Presence.UNREACHABLE
                for presence in state.members.get(pool.queue, {}).values()
            ),
        }
        for name, pool in policy.pools.items()
    }


def _health(component: ComponentState | None) -> Json:
    if component is None:
        return {"health": "UNKNOWN", "since": None, "detail": ""}
    detail = "" if component.health is Health.UP else component.detail
    return {"health": component.health, "since": iso(component.since), "detail": detail}


def agents(state: State) -> list[Json]:
    """Row ``agents``: one entry for each member of each queue."""
    return [
        {"member": member, "queue": queue, "presence": presence, "since": None}
        for queue, members in state.members.items()
        for member, presence in sorted(members.items())
    ]


# Of a customer who was rung first: his phone rings or he is asked, he waits for an agent, he has one.
_STAGES = {"dial": "dial", "ring": "dial", "ask": "dial", "wait": "queue", "talk": "talking"}


def calls(unended: list[Attempt], stages: Mapping[str, str], talking: frozenset[str]) -> list[Json]:
    """Row ``calls``: outgoing calls in flight, without numbers. talking: attempts whose caller has answered."""
    return [
        {
            "attempt": one.key,
            "promise": one.promise_id,
            "stage": "talking" if one.key in talking else _STAGES.get(stages.get(one.key, ""), "queue"),
            "since": iso(one.started_at),
            "agent": one.agent,
            "trunk": one.trunk,
        }
        for one in unended
    ]


def sharing(shares: Mapping[str, Share]) -> Json:
    """Row ``sharing``: by scope, how many calls of either kind agents took while callers waited, since the bridge began."""
    return {
        scope: {"live": share.live, "callbacks": share.callbacks, "share": share.measured}
        for scope, share in shares.items()
    }
