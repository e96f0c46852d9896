"""Events about our own link: lost, and the snapshot after it is back.

Losing our link is not losing the PBX (A3): what lies behind it becomes UNKNOWN, modes stay as they are but for
calendar and parts, staff are told, and callbacks wait. The snapshot is heard as readings of all that lies behind
the link at once.
"""

from dataclasses import replace

from fallback.decision import Action, Change, Decision, TellStaff, Text, WantFlag
from fallback.events import LinkLost, MemberSeen, Presence, SnapshotTaken
from fallback.health import lose
from fallback.policy import Policy
from fallback.readings import hear_one, hear_pools, muffled_at_loss, unmuffle
from fallback.scopes import flag_of
from fallback.state import ComponentState, State
from fallback.step import is_behind_link, with_components, with_scopes
from fallback.time import Now
from fallback.waiting import joined_at


def link_lost(state: State, event: LinkLost, policy: Policy, now: Now) -> Decision:
    """Trunks and pools become UNKNOWN, callers and lines too. Told once, however often it is said."""
    if not state.linked:
        return Decision(state)
    reason = event.reason[:200]
    change = Change(now.wall, "link", "link", "up", "lost", reason)
    lost = {
        name: lose(component, now)
        for name, component in state.components.items()
        if is_behind_link(policy, name)
    }
    dark = replace(
        state,
        linked=False,
        callers={queue: {} for queue in state.callers},
        in_use=dict.fromkeys(state.in_use, 0),
        departures={},
        muffled=muffled_at_loss(state, policy),
    )
    after, changes = with_components(dark, lost, policy, now)
    tell = TellStaff("", Text.LINK_LOST, reason)
    return with_scopes(state, after, policy, now, (change, *changes), (tell,))


def snapshot_taken(state: State, event: SnapshotTaken, policy: Policy, now: Now) -> Decision:
    """What lies behind the link is judged anew, and every Asterisk's flags are written again (level, not edge).

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
        callers=joined_at(state, event.callers, now.mono),
        in_use=_in_use(state, event),
        departures={},
    )
    pictured, heard = _heard(pictured, event, policy, now)
    after, changes = with_components(pictured, heard, policy, now)
    link = () if state.linked else (Change(now.wall, "link", "link", "lost", "up", "snapshot taken"),)
    decision = with_scopes(state, after, policy, now, (*link, *changes), _tellings(state, event, policy))
    return decision._replace(actions=with_all_flags(decision, policy))


def _members(state: State, seen: tuple[MemberSeen, ...]) -> dict[str, dict[str, Presence]]:
    members: dict[str, dict[str, Presence]] = {queue: {} for queue in state.members}
    for member in seen:
        if member.queue in members:
            members[member.queue][member.member] = member.presence
    return members


def _in_use(state: State, event: SnapshotTaken) -> dict[str, int]:
    told = {one.trunk: max(0, one.in_use) for one in event.lines}
    return {trunk: told.get(trunk, 0) for trunk in state.in_use}


def _heard(
    state: State, event: SnapshotTaken, policy: Policy, now: Now
) -> tuple[State, dict[str, ComponentState]]:
    """Trunks as the snapshot tells, pools from their members, and what was said of both while nothing was heard."""
    heard: dict[str, ComponentState] = {}
    for seen in event.trunks:
        if seen.trunk in policy.trunks:
            before = heard.get(seen.trunk, state.components[seen.trunk])
            state, heard[seen.trunk] = hear_one(
                state, before, seen.evidence, seen.good, seen.detail, now.mono
            )
    state = replace(state, components={**state.components, **heard})
    behind = {name: one for name, one in state.components.items() if is_behind_link(policy, name)}
    state, unmuffled = unmuffle(state, behind, now.mono)
    state = replace(state, components={**state.components, **unmuffled})
    state, pools = hear_pools(state, policy, now)
    return state, heard | unmuffled | pools


def _tellings(state: State, event: SnapshotTaken, policy: Policy) -> tuple[TellStaff, ...]:
    seen = {reading.trunk for reading in event.trunks}
    back = () if state.linked else (TellStaff("", Text.LINK_BACK, ""),)
    return back + tuple(TellStaff("", Text.TRUNK_UNSEEN, name) for name in policy.trunks if name not in seen)


def with_all_flags(decision: Decision, policy: Policy) -> tuple[Action, ...]:
    """The actions with the flags of all scopes, whether they changed or not."""
    if not policy.armed:
        return decision.actions
    told = tuple(action for action in decision.actions if not isinstance(action, WantFlag))
    return told + tuple(flag_of(s, policy.scopes[s.name]) for s in decision.state.scopes.values())
