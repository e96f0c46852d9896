"""What follows for staff from a step of the core; by level, so that following twice does no harm."""

from collections.abc import Iterable
from dataclasses import replace

from fallback.cases import seats
from fallback.cases.assess import assess_at, assess_due
from fallback.cases.book import PLAN_SUBJECT, Source, draft_of, source_of
from fallback.cases.drills import end_the_due, ends_at
from fallback.cases.hits import follow_parts, follow_scopes, follow_splits
from fallback.cases.leaving import follow_leaving
from fallback.cases.rungs import next_due, raise_due
from fallback.decision import Decision
from fallback.events import Event, MemberGone, MemberSeen, Presence, SnapshotTaken, Tick
from fallback.policy import Policy
from fallback.state import Case, State
from fallback.time import Now


def follow(
    before: State, decision: Decision, policy: Policy, now: Now, event: Event | None = None
) -> Decision:
    """The decision with cases opened, changed and closed as the state has it, and with every due rung raised.

    before: the state that was decided on. event: what was decided; a ``MemberSeen`` or ``SnapshotTaken`` names the
    agents behind devices, which nothing else tells; None: look at everything.
    """
    if _is_quiet(before, decision.state, event):
        return decision
    draft = draft_of(decision, policy, now)
    if type(event) not in _OF_MEMBERS or _moved(before, decision.state):
        follow_scopes(draft, before)
        follow_parts(draft)
        follow_splits(draft)
    seats.follow_seats(draft, before, event)
    follow_leaving(draft, before, event)
    end_the_due(draft)
    assess_due(draft)
    raise_due(draft)
    return draft.decision()


def deadline(state: State, policy: Policy, wall_offset: float) -> float:
    """Mono time at which the next rung, drill's end, assessment or seat fault is due; inf: none."""
    due = seats.deadline(state, policy)
    for case in state.cases.values():
        walls = [next_due(case, policy, state.calendar), assess_at(case, policy)]
        if case.drill:
            walls.append(ends_at(case, policy))
        due = min((due, *(wall.timestamp() - wall_offset for wall in walls if wall is not None)))
    return due


def with_cases(state: State, policy: Policy, saved: Iterable[Case]) -> State:
    """A restored state with its open cases, and with what only they remember: surges, plans, seats.

    Nothing is raised here: the next Tick does it, late rungs at once.
    """
    cases = {case.key: case for case in saved}
    scopes = dict(state.scopes)
    known = {}
    for case in cases.values():
        scope, source = scopes.get(case.scope), source_of(case)
        if scope and source is Source.SURGE:
            scopes[scope.name] = replace(scope, surging=True)
        elif scope and source is Source.PLAN:
            scopes[scope.name] = replace(scope, plan=case.subject.removeprefix(PLAN_SUBJECT))
        seat = seats.restored(case, policy)
        if seat:
            known[(seat.queue, seat.member)] = seat
    return replace(state, cases=cases, scopes=scopes, seats=known)


def _is_quiet(before: State, after: State, event: Event | None) -> bool:
    """Whether nothing happened that this room looks at. Runs for every event, so it compares identities only."""
    if event is None or type(event) in _LOOKED_AT or _moved(before, after):
        return False
    if not isinstance(event, MemberSeen):
        return True
    news = event.agent and after.agents.get((event.queue, event.member)) != event.agent
    return not (news or after.seats or event.presence is Presence.UNREACHABLE)


def _moved(before: State, after: State) -> bool:
    """Whether anything differs that incidents, surges, plans and parts follow from."""
    return (
        before.scopes is not after.scopes
        or before.components is not after.components
        or before.cases is not after.cases
        or before.linked is not after.linked
        or before.calendar is not after.calendar
    )


_LOOKED_AT = frozenset({Tick, SnapshotTaken, MemberGone})
_OF_MEMBERS = frozenset({MemberSeen, MemberGone})
"""They move seats, whatever else stays as it is."""
