"""Cases that follow from what is wrong: a scope's incident, its surge, its plan, a part of the site.

All of it is told by level: a case is open exactly while the state says what it stands for, so that a step that
is seen twice, or after a restart, opens nothing again.
"""

from dataclasses import replace

from fallback.cases.book import (
    PLAN_SUBJECT,
    SURGE_KIND,
    Draft,
    Source,
    cases_of,
    close_case,
    gravest,
    ladder_for,
    new_key,
    open_case,
    source_of,
)
from fallback.incidents import DRILL_WHY, needs_in
from fallback.picture import Need
from fallback.policy import Part, Policy
from fallback.state import Case, Health, Incident, ScopeState, State


def follow_scopes(draft: Draft, before: State) -> None:
    """Incidents, surges and plans of all scopes."""
    for scope in draft.state.scopes.values():
        if scope.incident is not None:
            _incident(draft, scope.incident)
    for source in (Source.SCOPE, Source.SURGE, Source.PLAN):
        _close_the_gone(draft, before, source)
    for scope in draft.state.scopes.values():
        if scope.surging:
            _surge(draft, scope)
        if scope.plan and not _is_played(scope):
            _plan(draft, scope)


def follow_parts(draft: Draft) -> None:
    """Parts of the site (A5, A9, OWN …): open while DOWN, until they are UP again."""
    known = {case.subject: case for case in cases_of(draft.state, Source.SITE)}
    parts = {_words(part): part for part in draft.policy.parts.values() if part.site}
    for subject, case in known.items():
        part = parts.get(subject)
        component = draft.state.components.get(part.name) if part else None
        if component is None:
            close_case(draft, case, "the policy does not hold it any more")
        elif component.health is Health.UP:
            close_case(draft, case, "it works again")
    for subject, part in parts.items():
        component = draft.state.components.get(part.name)
        if subject not in known and component is not None and component.health is Health.DOWN:
            _open(draft, part.name, "", part.failure, subject, ladder_for(part.failure, draft.policy))


def follow_splits(draft: Draft) -> None:
    """What was split off is over when its component is UP, or, if it is none, when its parent is over."""
    for case in cases_of(draft.state, Source.SPLIT):
        component = draft.state.components.get(case.subject.partition(" ")[2])
        if component is not None and component.health is Health.UP:
            close_case(draft, case, "it works again")
        elif component is None and case.parent not in draft.state.cases:
            close_case(draft, case, "the incident that it was split from is over")


def causes_of(incident: Incident, state: State) -> tuple[Need, ...]:
    """What an incident still stands for: what joined it, without what was split off and is still open."""
    split = {case.subject for case in state.cases.values() if case.parent == incident.key}
    return tuple(need for need in needs_in(incident.detail) if f"{need.kind} {need.subject}" not in split)


def held_open(state: State, case: Case) -> str:
    """What keeps the case open whatever people say; "" nothing does."""
    source, scope = source_of(case), state.scopes.get(case.scope)
    if source is Source.SCOPE:
        return scope.incident.detail if scope and scope.incident and scope.incident.key == case.key else ""
    if source is Source.SURGE:
        return "callers still surge" if scope and scope.surging else ""
    if source is Source.PLAN:
        return "what set the plan off still lasts" if scope and _lasts(state, scope) else ""
    if source in (Source.SITE, Source.SPLIT):
        component = state.components.get(case.subject.partition(" ")[2])
        return case.subject if component and component.health is not Health.UP else ""
    return ""


def _lasts(state: State, scope: ScopeState) -> bool:
    """Whether a plan is still called for. Blind, nobody knows; and lines that are full have only to be counted anew
    after a lost link or a restart: whoever was called out is not sent home and called again for that.
    """
    return bool(scope.plan) or not state.linked or scope.full_since_mono is not None


def _incident(draft: Draft, incident: Incident) -> None:
    """The case of a scope's incident; what joins it may make it graver, and its ladder with it."""
    known = draft.state.cases.get(incident.key) or Case(
        incident.key, incident.scope, incident.kind, "", incident.opened_at, ""
    )
    causes = causes_of(incident, draft.state)
    if not causes:
        return
    ladder = _ladder(causes, draft.policy)
    is_another = bool(known.ladder) and ladder != known.ladder
    case = replace(
        known,
        kind=gravest(causes, draft.policy),
        subject="; ".join(f"{need.kind} {need.subject}" for need in causes),
        ladder=ladder,
        climbs_from=draft.now.wall if is_another else known.climbs_from,
    )
    if case != draft.state.cases.get(case.key):
        draft.put(case)


def _ladder(causes: tuple[Need, ...], policy: Policy) -> str:
    """That of the gravest cause which no case of the site tells of already; "" when the site's tells of all.

    Otherwise one power cut would call the engineer once for the site and once more for every scope.
    """
    own = tuple(
        need for need in causes if need.subject not in policy.parts or not policy.parts[need.subject].site
    )
    return ladder_for(gravest(own, policy), policy) if own else ""


def _surge(draft: Draft, scope: ScopeState) -> None:
    if not any(case.scope == scope.name for case in cases_of(draft.state, Source.SURGE)):
        subject = f"{SURGE_KIND} {scope.name}"
        _open(draft, subject, scope.name, SURGE_KIND, subject, ladder_for(SURGE_KIND, draft.policy))


def _is_played(scope: ScopeState) -> bool:
    """Whether only a live drill's mode can have set the plan off: nobody is called out in earnest for that."""
    played = scope.override is not None and scope.override.why.startswith(DRILL_WHY)
    return played and scope.incident is None and not scope.surging


def _plan(draft: Draft, scope: ScopeState) -> None:
    """The plan's case; a graver plan takes its place on the same case, counted from the same start."""
    ladder = next((plan.ladder for plan in draft.policy.plans if plan.name == scope.plan), "")
    subject = f"{PLAN_SUBJECT}{scope.plan}"
    known = next((c for c in cases_of(draft.state, Source.PLAN) if c.scope == scope.name), None)
    if known is None:
        kind = scope.incident.kind if scope.incident else SURGE_KIND
        _open(draft, f"{subject} {scope.name}", scope.name, kind, subject, ladder)
    elif known.subject != subject:
        draft.put(replace(known, subject=subject, ladder=ladder))


def _open(draft: Draft, stem: str, scope: str, kind: str, subject: str, ladder: str) -> None:
    key = new_key(stem, draft.now.wall, draft)
    open_case(draft, Case(key, scope, kind, subject, draft.now.wall, ladder))


def _close_the_gone(draft: Draft, before: State, source: Source) -> None:
    for case in cases_of(draft.state, source):
        if held_open(draft.state, case):
            continue
        known = before.scopes.get(case.scope)
        announced = known is not None and known.incident is not None and known.incident.key == case.key
        close_case(draft, case, _over(draft.state, case, source), announced=announced)


def _over(state: State, case: Case, source: Source) -> str:
    if case.scope not in state.scopes:
        return "the policy does not hold the scope any more"
    return "whole again" if source is Source.SCOPE else "calm again"


def _words(part: Part) -> str:
    return f"{part.failure} {part.name}"
