"""Events about our own link: lost, and the snapshot after it is back.

Losing our link is not losing the PBX (A3): what lies behind it becomes UNKNOWN, modes stay as they are, staff
are told, and callbacks wait. The snapshot is heard as readings of all components at once.
"""

from dataclasses import replace

from fallback.decision import Action, Change, Decision, TellStaff, Text
from fallback.events import LinkLost, MemberSeen, Presence, SnapshotTaken
from fallback.health import hear, lose
from fallback.policy import Policy
from fallback.readings import heard_pools
from fallback.scopes import flag_of
from fallback.state import ComponentState, State
from fallback.step import with_components, with_scopes
from fallback.time import Now


def link_lost(state: State, event: LinkLost, policy: Policy, now: Now) -> Decision:
    """All components become UNKNOWN. Told once, however often it is said."""
    if not state.linked:
        return Decision(state)
    reason = event.reason[:200]
    change = Change(now.wall, "link", "link", "up", "lost", reason)
    lost = {name: lose(component, now) for name, component in state.components.items()}
    after, changes = with_components(replace(state, linked=False), lost, policy, now)
    tell = TellStaff("", Text.LINK_LOST, reason)
    return with_scopes(state, after, policy, now, (change, *changes), (tell,))


def snapshot_taken(state: State, event: SnapshotTaken, policy: Policy, now: Now) -> Decision:
    """All components are judged anew, and every Asterisk's flags are written again (level, not edge).

    Nothing bad is evidence until Asterisk has been up for ``boot_grace``: its phones may not have registered
    yet.
    """
    uptime = max(0.0, (now.wall - event.booted_at).total_seconds())
    grace = now.mono - uptime + policy.boot_grace
    pictured = replace(
        state,
        linked=True,
        boot_grace_until_mono=grace,
        members=_members(state, event.members),
        waiting={**state.waiting, **{q.queue: q.waiting for q in event.queues if q.queue in state.waiting}},
    )
    heard = _heard_trunks(pictured, event, policy, now) | heard_pools(pictured, policy, now)
    after, changes = with_components(pictured, heard, policy, now)
    link = () if state.linked else (Change(now.wall, "link", "link", "lost", "up", "snapshot taken"),)
    decision = with_scopes(state, after, policy, now, (*link, *changes), _tellings(state, event, policy))
    return replace(decision, actions=_with_all_flags(decision, policy))


def _members(state: State, seen: tuple[MemberSeen, ...]) -> dict[str, dict[str, Presence]]:
    members: dict[str, dict[str, Presence]] = {queue: {} for queue in state.members}
    for member in seen:
        if member.queue in members:
            members[member.queue][member.member] = member.presence
    return members


def _heard_trunks(state: State, event: SnapshotTaken, policy: Policy, now: Now) -> dict[str, ComponentState]:
    heard: dict[str, ComponentState] = {}
    for seen in event.trunks:
        if seen.trunk in policy.trunks:
            before = heard.get(seen.trunk, state.components[seen.trunk])
            heard[seen.trunk] = hear(before, seen.evidence, seen.good, seen.detail, now.mono)
    return heard


def _tellings(state: State, event: SnapshotTaken, policy: Policy) -> tuple[TellStaff, ...]:
    seen = {reading.trunk for reading in event.trunks}
    back = () if state.linked else (TellStaff("", Text.LINK_BACK, ""),)
    return back + tuple(TellStaff("", Text.TRUNK_UNSEEN, name) for name in policy.trunks if name not in seen)


def _with_all_flags(decision: Decision, policy: Policy) -> tuple[Action, ...]:
    if not policy.armed:
        return decision.actions
    told = tuple(action for action in decision.actions if isinstance(action, TellStaff))
    return told + tuple(flag_of(s, policy.scopes[s.name]) for s in decision.state.scopes.values())
