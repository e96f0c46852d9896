"""Events that tell about components: trunks, parts, members of pools.

Bad evidence about an excused component is *muffled*: not heard, and a level is kept to be heard when the excuse
ends, because its source will not say it again. The same for what people and alerts say of what lies behind our
link while that is lost.
"""

from collections.abc import Mapping
from dataclasses import replace

from fallback.decision import Change, Decision
from fallback.events import Evidence, MemberGone, MemberSeen, PartSeen, Presence, TrunkSeen
from fallback.health import SAMPLES, forgive, hear
from fallback.policy import Policy, Pool
from fallback.signout import came_back, is_over, left, reachable
from fallback.state import ComponentState, Health, State, changed
from fallback.step import is_behind_link, refused, with_components, with_scopes
from fallback.time import Now

LASTING = frozenset({Evidence.REPORT, Evidence.ALERT})
"""What people and alerts say does not come over our link, and is not told again when it is back."""

OWN_READINGS = frozenset({Evidence.MEMBERS, Evidence.SIGNOUT})
"""Read by the core from members, and read again when an excuse ends."""


def trunk_seen(state: State, event: TrunkSeen, policy: Policy, now: Now) -> Decision:
    """A reading about a trunk. While our link is lost it is late news of a past link, and left out."""
    if event.trunk not in policy.trunks:
        return refused(state, event.trunk, event, f"no trunk is called {event.trunk!r}", now)
    return _told(state, event.trunk, event.evidence, event.good, event.detail, policy, now)


def part_seen(state: State, event: PartSeen, policy: Policy, now: Now) -> Decision:
    """A reading about any component, from wherever it comes."""
    name = event.component
    if name not in state.components:
        return refused(state, name, event, f"no component is called {name!r}", now, event.who)
    detail = f"{event.who}: {event.detail}" if event.who else event.detail
    decision = _told(state, name, event.evidence, event.good, detail, policy, now)
    if not event.who or not decision.changes:
        return decision
    return decision._replace(changes=tuple(_by(row, event.who, name) for row in decision.changes))


def member_seen(state: State, event: MemberSeen, policy: Policy, now: Now) -> Decision:
    """The presence of a member."""
    members = state.members.get(event.queue)
    if members is None:
        return refused(state, event.queue, event, f"no pool watches a queue {event.queue!r}", now)
    known = members.get(event.member)
    if known is event.presence or not state.linked:
        return Decision(state)
    there = {**members, event.member: event.presence}
    after = changed(state, members={**state.members, event.queue: there})
    if known is not None and Presence.UNREACHABLE not in (known, event.presence):
        # By far the most frequent: a reachable member does something else, which says nothing about the pool.
        return Decision(after)
    if event.presence is not Presence.UNREACHABLE:
        after = came_back(after, event.queue, event.member)
    elif known is not None:
        after = left(after, event.queue, event.member, policy, now)
    return _with_members(state, after, event.queue, policy, now)


def member_gone(state: State, event: MemberGone, policy: Policy, now: Now) -> Decision:
    """A member signed out."""
    members = state.members.get(event.queue)
    if members is None:
        return refused(state, event.queue, event, f"no pool watches a queue {event.queue!r}", now)
    if event.member not in members or not state.linked:
        return Decision(state)
    there = {name: presence for name, presence in members.items() if name != event.member}
    after = changed(state, members={**state.members, event.queue: there})
    if members[event.member] is not Presence.UNREACHABLE:
        after = left(after, event.queue, event.member, policy, now)
    return _with_members(state, after, event.queue, policy, now)


def hear_pools(
    state: State, policy: Policy, now: Now, queue: str | None = None
) -> tuple[State, dict[str, ComponentState]]:
    """The pools (of one queue, or all) whose members say something new about them; the state may have forgotten a
    mass sign-out that is over.
    """
    heard: dict[str, ComponentState] = {}
    for pool in policy.pools.values():
        if queue is None or pool.queue == queue:
            before = state.components[pool.name]
            after = _hear_members(before, pool, state, now.mono)
            if after is not before:
                heard[pool.name] = after
    over = {name for name in state.mass if queue in (None, name) and is_over(state, name)}
    if over:
        state = changed(state, mass={name: there for name, there in state.mass.items() if name not in over})
    return state, heard


def hear_one(
    state: State,
    component: ComponentState,
    kind: Evidence,
    good: bool,
    detail: str,
    mono: float,
) -> tuple[State, ComponentState]:
    """One reading, heard or muffled as the component's excuse says; both the same objects if it is no news."""
    key = (component.name, kind)
    if good:
        if key in state.muffled:
            state = replace(state, muffled={k: v for k, v in state.muffled.items() if k != key})
        return state, hear(component, kind, True, detail, mono)
    if not is_excused(state, component):
        return state, hear(component, kind, False, detail, mono)
    return _muffled(state, component.name, kind, detail), component


def is_excused(state: State, component: ComponentState) -> bool:
    """Whether bad evidence about it does not count now. What was DOWN before stays so, also across UNKNOWN."""
    if component.name not in state.excused:
        return False
    return component.health is not Health.DOWN and not (component.health is Health.UNKNOWN and component.owes)


def excuse(state: State, component: ComponentState) -> tuple[State, ComponentState]:
    """The component when an excuse begins: what speaks against it is forgotten, its levels are muffled."""
    for kind, said in component.evidence.items():
        if not said.good:
            state = _muffled(state, component.name, kind, component.detail)
    return state, forgive(component)


def unmuffle(
    state: State, components: Mapping[str, ComponentState], mono: float
) -> tuple[State, dict[str, ComponentState]]:
    """What was muffled of these components is heard now, as far as no excuse is left."""
    heard: dict[str, ComponentState] = {}
    for (name, kind), detail in state.muffled.items():
        if name in components and not is_excused(state, components[name]):
            heard[name] = hear(heard.get(name, components[name]), kind, False, detail, mono)
    if not heard:
        return state, {}
    return replace(state, muffled={k: v for k, v in state.muffled.items() if k[0] not in heard}), heard


def muffled_at_loss(state: State, policy: Policy) -> dict[tuple[str, Evidence], str]:
    """What stays muffled when our link is lost: parts', and what people and alerts said of the rest."""
    kept = {k: v for k, v in state.muffled.items() if not is_behind_link(policy, k[0]) or k[1] in LASTING}
    for name, component in state.components.items():
        if is_behind_link(policy, name):
            for kind in LASTING & component.bad.keys():
                kept[name, kind] = component.detail
    return kept


def _told(
    state: State, name: str, kind: Evidence, good: bool, detail: str, policy: Policy, now: Now
) -> Decision:
    before = state.components[name]
    if not state.linked and is_behind_link(policy, name):
        return Decision(_told_unseen(state, name, kind, good, detail))
    after, heard = hear_one(state, before, kind, good, detail, now.mono)
    return Decision(after) if heard is before else decided(state, after, {name: heard}, policy, now)


def _told_unseen(state: State, name: str, kind: Evidence, good: bool, detail: str) -> State:
    """Of what lies behind a lost link only people and alerts speak; they are heard when it is back."""
    if kind not in LASTING:
        return state
    if not good:
        return _muffled(state, name, kind, detail)
    if (name, kind) not in state.muffled:
        return state
    return replace(state, muffled={k: v for k, v in state.muffled.items() if k != (name, kind)})


def _muffled(state: State, name: str, kind: Evidence, detail: str) -> State:
    if kind in SAMPLES or kind in OWN_READINGS or (name, kind) in state.muffled:
        return state
    return replace(state, muffled={**state.muffled, (name, kind): detail})


def _hear_members(before: ComponentState, pool: Pool, state: State, mono: float) -> ComponentState:
    there, known = reachable(state, pool.queue), len(state.members.get(pool.queue, {}))
    enough = there >= pool.minimum
    words = [(Evidence.MEMBERS, enough, f"{there} of {known} members can be reached, {pool.minimum} wanted")]
    if pool.queue in state.mass:
        back = is_over(state, pool.queue)
        words.append((Evidence.SIGNOUT, back, f"{there} are left of {state.mass[pool.queue]}"))
    elif Evidence.SIGNOUT in before.bad:
        words.append((Evidence.SIGNOUT, enough, ""))  # it is forgotten who was there: enough will do
    component = before
    for kind, good, detail in words:
        said = component.evidence.get(kind)
        if (said is None or said.good != good) and (good or not is_excused(state, component)):
            component = hear(component, kind, good, detail, mono)
    return component


def _with_members(before: State, state: State, queue: str, policy: Policy, now: Now) -> Decision:
    after, heard = hear_pools(state, policy, now, queue)
    return decided(before, after, heard, policy, now) if heard else Decision(after)


def decided(
    before: State, state: State, heard: Mapping[str, ComponentState], policy: Policy, now: Now
) -> Decision:
    """What follows from components that were heard."""
    after, changes = with_components(state, heard, policy, now)
    if not changes:
        return Decision(after)
    return with_scopes(before, after, policy, now, changes)


def _by(row: Change, who: str, component: str) -> Change:
    return replace(row, who=who) if row.subject == component else row
