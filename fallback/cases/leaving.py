"""Agents who sign out during an incident without a leader's leave (D2), and leave itself."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

from fallback.cases.book import SEAT_KIND, TOLD, Draft, Source, mark, source_of
from fallback.decision import Decision, TellStaff, Text
from fallback.events import Event, LeaveGranted, MemberSeen, Presence
from fallback.modes import Mode
from fallback.policy import Policy
from fallback.state import Case, ScopeState, State
from fallback.step import refused
from fallback.time import Now

SCOPE_SOURCES = frozenset({Source.SCOPE, Source.SPLIT, Source.SURGE, Source.PLAN})


def leave_granted(state: State, event: LeaveGranted, policy: Policy, now: Now) -> Decision:
    """A leader lets a member sign out until a time. Leaves that are over are forgotten."""
    if event.queue not in state.members:
        return refused(state, event.queue, event, f"no pool watches a queue {event.queue!r}", now, event.who)
    if not event.who.strip() or not event.member.strip():
        missing = "who is missing: say who grants it" if not event.who.strip() else "member is missing"
        return refused(state, event.queue, event, missing, now, event.who)
    if event.until.tzinfo is None:
        return refused(state, event.queue, event, "until has no time zone: give aware UTC", now, event.who)
    if event.until <= now.wall:
        return refused(state, event.queue, event, "until is past: give a time to come", now, event.who)
    draft = Draft(state, policy, now)
    until = event.until.astimezone(UTC)
    lasting = {key: end for key, end in state.leaves.items() if end > now.wall}
    draft.state = replace(state, leaves={**lasting, (event.queue, event.member): until})
    draft.note("leave", f"{event.queue} {event.member}", "", until.isoformat(), "granted", event.who.strip())
    return draft.decision()


def follow_leaving(draft: Draft, before: State, event: Event | None) -> None:
    """Tells once per member and incident. Not in shift changes, nor while the scope is closed or evacuated."""
    if isinstance(event, MemberSeen) or not (before.linked and draft.state.linked):
        return
    for queue, members in before.members.items():
        now_there = draft.state.members.get(queue, {})
        if now_there is not members:
            for member in members:
                if member not in now_there:
                    _left(draft, before, queue, member)


def _left(draft: Draft, before: State, queue: str, member: str) -> None:
    if _may_leave(draft, before, queue, member):
        return
    name = f"{TOLD}signed_out {queue} {member}"
    cases = [case for case in _cases_at(draft, queue) if case.key in before.cases]
    if cases and not any(name in case.raised for case in cases):
        mark(draft, cases[0], name)
        draft.note("seat", f"{queue} {member}", "", "signed out", "without leave", "", cases[0].key)
        draft.actions.append(TellStaff(cases[0].scope, Text.SIGNED_OUT, f"{queue} {member}"))


def _may_leave(draft: Draft, before: State, queue: str, member: str) -> bool:
    until = draft.state.leaves.get((queue, member))
    if until is not None and draft.now.wall < until:
        return True
    pools = [pool.name for pool in draft.policy.pools.values() if pool.queue == queue]
    return any(name in draft.state.excused for name in pools) or _is_elsewhere(
        draft.state, before.agents.get((queue, member), ""), member
    )


def _is_elsewhere(state: State, agent: str, member: str) -> bool:
    """Whether the same agent is signed in on another device: he has changed his seat, and has not gone."""
    others = (key for key, name in state.agents.items() if agent and name == agent and key[1] != member)
    return any(
        state.members.get(queue, {}).get(other, Presence.UNREACHABLE) is not Presence.UNREACHABLE
        for queue, other in others
    )


def _cases_at(draft: Draft, queue: str) -> Iterator[Case]:
    """Open incidents in which the agents of a queue are needed, in the order of their opening."""
    scopes = [scope for scope in draft.state.scopes.values() if _serves(draft, scope, queue)]
    needed = {scope.name for scope in scopes if scope.effective not in (Mode.CLOSED, Mode.EVACUATED)}
    for case in draft.state.cases.values():
        source, here = source_of(case), case.scope in needed
        if source in SCOPE_SOURCES:
            counts = here
        elif source is Source.SITE:
            counts = case.kind != "OWN"
        else:
            counts = source is Source.HAND and case.kind != SEAT_KIND and (here or not case.scope)
        if counts and needed:
            yield case


def _serves(draft: Draft, scope: ScopeState, queue: str) -> bool:
    pools = draft.policy.pools
    known = draft.policy.scopes.get(scope.name)
    return known is not None and any(name in pools and pools[name].queue == queue for name in known.pools)
