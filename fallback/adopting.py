"""Another policy on a running state: what both know is kept, what only the new one knows starts anew."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import inf
from typing import TypeVar

from fallback.decision import Change, Decision, TellStaff, Text
from fallback.edges import at_edge
from fallback.links import with_all_flags
from fallback.modes import Mode
from fallback.policy import Policy
from fallback.readings import hear_pools
from fallback.restore import initial
from fallback.scopes import capacity
from fallback.state import ComponentState, ScopeState, State
from fallback.step import with_components, with_scopes
from fallback.time import Now

T = TypeVar("T")


def adopted(state: State, old: Policy, new: Policy, now: Now) -> Decision:
    """The state under the new policy, every scope evaluated, and every flag told again."""
    kept = _kept(state, old, new, now)
    edged, heard, rows, told = at_edge(kept, new, now)
    if edged.linked:
        edged, pools = hear_pools(replace(edged, components={**edged.components, **heard}), new, now)
        heard = heard | pools
    moved, changes = with_components(
        replace(edged, components=kept.components), {**kept.components, **heard}, new, now
    )
    gone, gone_told = _gone(state, new, now)
    decision = with_scopes(
        kept,
        moved,
        new,
        now,
        (_row(old, new, now), *gone, *_new(state, kept, now), *rows, *changes),
        (*gone_told, *told),
    )
    return decision._replace(actions=with_all_flags(decision, new))


def _kept(state: State, old: Policy, new: Policy, now: Now) -> State:
    fresh = initial(new, now)
    queues = fresh.members.keys()
    return replace(
        state,
        components=_components(fresh, state, old, new),
        members=_of_both(fresh.members, state.members),
        waiting=_of_both(fresh.waiting, state.waiting),
        callers=_of_both(fresh.callers, state.callers),
        in_use=_of_both(fresh.in_use, state.in_use),
        scopes=_of_both(fresh.scopes, state.scopes),
        seats={key: seat for key, seat in state.seats.items() if key[0] in queues},
        agents={key: agent for key, agent in state.agents.items() if key[0] in queues},
        leaves={key: until for key, until in state.leaves.items() if key[0] in queues},
        departures={queue: gone for queue, gone in state.departures.items() if queue in queues},
        mass={queue: were for queue, were in state.mass.items() if queue in queues},
        muffled={key: words for key, words in state.muffled.items() if key[0] in fresh.components},
        excused=state.excused & fresh.components.keys(),
        edge_at=-inf,
    )


def _components(fresh: State, state: State, old: Policy, new: Policy) -> Mapping[str, ComponentState]:
    """A name that meant another sort of thing before is a new component."""
    same = {
        name
        for was, now in ((old.trunks, new.trunks), (old.pools, new.pools), (old.parts, new.parts))
        for name in was.keys() & now.keys()
    }
    return {
        name: state.components[name] if name in same and name in state.components else component
        for name, component in fresh.components.items()
    }


def _of_both(fresh: Mapping[str, T], known: Mapping[str, T]) -> dict[str, T]:
    return {name: known.get(name, value) for name, value in fresh.items()}


def _gone(state: State, new: Policy, now: Now) -> tuple[tuple[Change, ...], tuple[TellStaff, ...]]:
    """What scopes had that the new policy does not hold is over, and the record says so."""
    gone = [scope for name, scope in state.scopes.items() if name not in new.scopes]
    told = (TellStaff(s.name, Text.INCIDENT_CLOSED, s.incident.key) for s in gone if s.incident)
    return tuple(row for scope in gone for row in _last_rows(scope, now)), tuple(told)


def _last_rows(scope: ScopeState, now: Now) -> Iterator[Change]:
    incident, override = scope.incident, scope.override
    for kind, old, new in (
        ("computed", scope.computed, Mode.NORMAL),
        ("mode", scope.effective, Mode.NORMAL),
        ("override", override.mode if override else "", ""),
        ("capacity", capacity(scope), ""),
        ("surge", "surging" if scope.surging else "calm", "calm"),
        ("plan", scope.plan, ""),
        ("recovery", scope.recovery_at.isoformat() if scope.recovery_at else "", ""),
        ("incident", incident.kind if incident else "closed", "closed"),
    ):
        if old != new:
            why, key = "the policy does not hold the scope any more", incident.key if incident else ""
            yield Change(now.wall, kind, scope.name, old, new, why, "", key)


def _new(state: State, kept: State, now: Now) -> tuple[Change, ...]:
    """Scopes that were not there before begin with their lines."""
    return tuple(
        Change(now.wall, "capacity", name, "", capacity(scope), "a new scope")
        for name, scope in kept.scopes.items()
        if name not in state.scopes
    )


def _row(old: Policy, new: Policy, now: Now) -> Change:
    was = {*old.scopes, *old.trunks, *old.pools, *old.parts}
    has = {*new.scopes, *new.trunks, *new.pools, *new.parts}
    words = [f"new: {', '.join(sorted(has - was))}"] if has - was else []
    words += [f"gone: {', '.join(sorted(was - has))}"] if was - has else []
    return Change(
        now.wall, "policy", "policy", _stance(old), _stance(new), "; ".join(words) or "another policy"
    )


def _stance(policy: Policy) -> str:
    return "armed" if policy.armed else "observe"
