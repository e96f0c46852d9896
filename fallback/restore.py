"""The first state: of a new installation, and after a restart from what the store kept."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from fallback.cases import with_cases
from fallback.incidents import needs_in
from fallback.modes import Mode
from fallback.picture import look
from fallback.policy import Policy, Scope
from fallback.scopes import with_voice
from fallback.state import Case, ComponentState, Incident, Override, SavedScope, ScopeState, State
from fallback.time import Now


def initial(policy: Policy, now: Now) -> State:
    """A new installation: all components UNKNOWN, all scopes NORMAL, our link not yet up."""
    queues = dict.fromkeys(pool.queue for pool in policy.pools.values())
    waiting = dict.fromkeys((*queues, *(scope.queue for scope in policy.scopes.values())), 0)
    names = (*policy.trunks, *policy.pools, *policy.parts)
    return State(
        wall_offset=now.wall.timestamp() - now.mono,
        components={name: ComponentState(name, since=now.wall, since_mono=now.mono) for name in names},
        members={queue: {} for queue in queues},
        waiting=waiting,
        callers={scope.queue: {} for scope in policy.scopes.values()},
        in_use=dict.fromkeys(policy.trunks, 0),
        scopes={name: _new(scope, policy, now) for name, scope in policy.scopes.items()},
    )


def restore(policy: Policy, rows: Iterable[SavedScope], now: Now, cases: Iterable[Case] = ()) -> State:
    """The state after a restart: modes, overrides, incidents and cases as they were, components UNKNOWN.

    Modes stay until a snapshot decides. A component that a restored OUTAGE rests on owes the whole way back,
    so a restart is no short cut. Rows of scopes that the policy no longer has are left out; new scopes start
    NORMAL.
    """
    state = initial(policy, now)
    saved = {row.name: row for row in rows if row.name in policy.scopes}
    scopes = {
        name: _restored(scope, saved[name], policy.scopes[name]) if name in saved else scope
        for name, scope in state.scopes.items()
    }
    owing = {name for row in saved.values() for name in _behind(row, policy.scopes[row.name])}
    components = {
        name: replace(component, owes=True) if name in owing else component
        for name, component in state.components.items()
    }
    counted = {
        name: _counted(scope, policy.scopes[name], policy, components) for name, scope in scopes.items()
    }
    return with_cases(replace(state, scopes=counted, components=components), policy, cases)


def _new(scope: Scope, policy: Policy, now: Now) -> ScopeState:
    lines = sum(policy.trunks[name].channels for name in scope.trunks if name in policy.trunks)
    return with_voice(
        ScopeState(scope.name, since=now.wall, lines_left=lines, lines_total=lines), scope, None
    )


def _restored(scope: ScopeState, row: SavedScope, rules: Scope) -> ScopeState:
    # EVACUATED is never computed; a row that says so was not written by us, and capture is the safe reading.
    computed = Mode.OUTAGE if row.computed is Mode.EVACUATED else row.computed
    override = _override(row)
    effective = override.mode if override else computed
    restored = replace(
        scope,
        computed=computed,
        effective=effective,
        since=row.since or scope.since,
        override=override,
        incident=_incident(row),
        recovery_at=row.recovery_at,
        keyed_at=row.keyed_at or row.incident_opened_at,
        surging=computed is Mode.SURGE,  # until the figures have been calm for the whole hold
    )
    return with_voice(restored, rules, None)


def _counted(
    scope: ScopeState, policy: Scope, site: Policy, components: Mapping[str, ComponentState]
) -> ScopeState:
    picture = look(policy, site, components)
    return replace(scope, lines_left=picture.lines_left, partial=picture.partial)


def _override(row: SavedScope) -> Override | None:
    if row.override_mode is None or row.override_since is None:
        return None
    if row.override_until is None and row.override_mode is not Mode.EVACUATED:
        return None  # it would never end
    return Override(
        row.override_mode, row.override_who, row.override_why, row.override_since, row.override_until
    )


def _incident(row: SavedScope) -> Incident | None:
    if not row.incident_key or row.incident_opened_at is None:
        return None
    return Incident(
        row.incident_key, row.name, row.incident_kind, row.incident_opened_at, row.incident_detail
    )


def _behind(row: SavedScope, scope: Scope) -> tuple[str, ...]:
    """The components that a restored mode and incident rest on."""
    named = {need.subject for need in needs_in(row.incident_detail)}
    others = tuple(name for name in (*scope.trunks, *scope.parts) if name in named)
    if row.computed is not Mode.OUTAGE:
        return others
    pools = tuple(name for name in scope.pools if name in named)
    return pools + others or scope.pools
