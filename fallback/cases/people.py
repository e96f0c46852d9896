"""What people do with incidents by hand: declare, close, split, acknowledge, hand over."""

from dataclasses import replace

from fallback.cases.book import Draft, Source, close_case, ladder_for, new_key, open_case, source_of
from fallback.cases.hits import causes_of, held_open
from fallback.cases.rungs import raise_due, stopping
from fallback.cases.seats import release_seats, seat_holds
from fallback.decision import Decision, StopRungs
from fallback.events import Acknowledged, Closed, Declared, HandedOver, Split
from fallback.picture import Need
from fallback.policy import Policy
from fallback.state import Case, Health, State
from fallback.step import refused
from fallback.time import Now

SUBJECT_LENGTH = 300


def declared(state: State, event: Declared, policy: Policy, now: Now) -> Decision:
    """A person opens an incident; only a person closes it (A7 and whatever nobody else can see)."""
    why_not = _not_declared(state, event, policy)
    if why_not:
        return refused(state, event.scope, event, why_not, now, event.who)
    draft = Draft(state, policy, now)
    subject = declared_subject(event.kind, event.detail)
    key = new_key(event.kind, now.wall, draft)
    ladder = ladder_for(event.kind, policy)
    case = Case(key, event.scope, event.kind, subject, now.wall, ladder, by_hand=True, hurt=event.people_hurt)
    hurt = f"; people hurt: {case.hurt}" if case.hurt else ""
    open_case(draft, case, f"{subject}{hurt}", event.who.strip())
    raise_due(draft)
    return draft.decision()


def declared_subject(kind: str, detail: str) -> str:
    """What an incident that a person opens is about, in one line."""
    return f"{kind} {' '.join(detail.split()).replace(';', ',')}"[:SUBJECT_LENGTH]


def closed(state: State, event: Closed, policy: Policy, now: Now) -> Decision:
    """A person closes an incident, unless a fault still holds it open."""
    case = state.cases.get(event.incident)
    why_not = _not_closed(state, case, event)
    if case is None or why_not:
        return refused(state, event.incident, event, why_not, now, event.who)
    draft = Draft(state, policy, now)
    release_seats(draft, case.key)
    close_case(draft, case, event.why.strip(), event.who.strip())
    return draft.decision()


def split(state: State, event: Split, policy: Policy, now: Now) -> Decision:
    """A cause of a scope's incident becomes a case of its own, whose rungs count from now."""
    case = state.cases.get(event.incident)
    why_not = _not_split(state, case, event)
    if case is None or why_not:
        return refused(state, event.incident, event, why_not, now, event.who)
    draft = Draft(state, policy, now)
    kind = event.cause.partition(" ")[0]
    key = new_key(event.cause, now.wall, draft)
    child = Case(key, case.scope, kind, event.cause, now.wall, ladder_for(kind, policy), parent=case.key)
    draft.note("split", case.key, case.subject, event.cause, f"now {key}", event.who.strip(), case.key)
    open_case(draft, child, f"split from {case.key}", event.who.strip())
    raise_due(draft)
    return draft.decision()


def acknowledged(state: State, event: Acknowledged, policy: Policy, now: Now) -> Decision:
    """A person has taken it on. The first stays; another who says so too is written down."""
    case, who = state.cases.get(event.incident), event.who.strip()
    if case is None:
        return refused(state, event.incident, event, _no_incident(event.incident, state), now, event.who)
    if not who:
        return refused(state, event.incident, event, "who is missing: say who takes it on", now)
    if case.acked_by == who:
        return Decision(state)
    draft = Draft(state, policy, now)
    draft.note("ack", case.key, case.acked_by, who, f"by {event.how}", who, case.key)
    if not case.acked_by:
        draft.put(replace(case, acked_by=who, acked_at=now.wall, owner=who))
        draft.actions.append(StopRungs(case.key, who, stopping(case, policy)))
    return draft.decision()


def handed_over(state: State, event: HandedOver, policy: Policy, now: Now) -> Decision:
    """Whoever has it gives it to another person."""
    case, who, to = state.cases.get(event.incident), event.who.strip(), event.to.strip()
    if case is None:
        return refused(state, event.incident, event, _no_incident(event.incident, state), now, event.who)
    if not who or not to:
        missing = "who is missing: say who hands it over" if not who else "to is missing: say to whom"
        return refused(state, event.incident, event, missing, now, event.who)
    if not case.acked_by:
        return refused(state, event.incident, event, "nobody has taken it on: acknowledge it first", now, who)
    if case.owner == to:
        return Decision(state)
    draft = Draft(state, policy, now)
    draft.note("handover", case.key, case.owner, to, "handed over", who, case.key)
    draft.put(replace(case, owner=to))
    return draft.decision()


def _not_declared(state: State, event: Declared, policy: Policy) -> str:
    if event.scope and event.scope not in state.scopes:
        return (
            f"no scope is called {event.scope!r}; known: {', '.join(state.scopes) or 'none'}; '' for the site"
        )
    if event.kind not in policy.kinds:
        return f"no kind is called {event.kind!r}; known: {', '.join(policy.kinds) or 'none'}"
    if not event.who.strip():
        return "who is missing: say who declares it"
    if not event.detail.strip():
        return "detail is missing: say what has happened"
    return "people_hurt is below 0: give a number of people" if event.people_hurt < 0 else ""


def _not_closed(state: State, case: Case | None, event: Closed) -> str:
    if case is None:
        return _no_incident(event.incident, state)
    if not event.who.strip():
        return "who is missing: say who closes it"
    if not event.why.strip():
        return "why is missing: give the reason"
    if case.drill:
        return "it is a drill: end the drill instead"
    held = held_open(state, case) or seat_holds(state, case)
    return f"it is still held open by: {held}" if held else ""


def _not_split(state: State, case: Case | None, event: Split) -> str:
    if case is None:
        return _no_incident(event.incident, state)
    if not event.who.strip():
        return "who is missing: say who splits it"
    scope = state.scopes.get(case.scope)
    if source_of(case) is not Source.SCOPE or scope is None or scope.incident is None:
        return "only the incident of a scope has causes that can be split off"
    causes = [_words(need) for need in causes_of(scope.incident, state)]
    if event.cause not in causes:
        return f"{event.cause!r} is no cause of it; its causes: {', '.join(causes)}"
    if len(causes) < 2:
        return "it is its only cause: nothing would be left"
    component = state.components.get(event.cause.partition(" ")[2])
    is_well = component is not None and component.health is Health.UP
    return f"{event.cause} works again: there is nothing to follow up" if is_well else ""


def _words(need: Need) -> str:
    return f"{need.kind} {need.subject}"


def _no_incident(key: str, state: State) -> str:
    return f"no incident {key!r} is open; open: {', '.join(state.cases) or 'none'}"
