"""The open cases: which kind of thing each stands for, how one is opened and closed, and what its rungs say.

Every open case is of one ``Source``, and only what its source says closes it. The source is read from the case
itself, because that is all that a restart leaves.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from fallback.decision import Action, Change, Decision, TellEnd, TellStaff, Text
from fallback.incidents import gravity
from fallback.picture import Need
from fallback.policy import Policy
from fallback.state import Case, State, changed
from fallback.time import Now

SEAT_KIND = "A1"
SURGE_KIND = "A8"
PLAN_SUBJECT = "plan "
MOST_KEYS = 64  # remembered, so that none is given twice
TOLD = "told."
"""Begins names in ``Case.raised`` that are no rungs: what was told once, and must not be told again."""


class Source(StrEnum):
    """What a case stands for."""

    DRILL = "drill"
    HAND = "hand"  # declared by a person
    SPLIT = "split"  # a cause of a scope's incident that a person made one of its own
    PLAN = "plan"  # the general or the major plan of a scope
    SITE = "site"  # a part of the site
    SEAT = "seat"  # A1
    SURGE = "surge"  # A8
    SCOPE = "scope"  # the incident of a scope


def source_of(case: Case) -> Source:
    """What the case stands for; the first that fits."""
    if case.drill:
        return Source.DRILL
    if case.by_hand:
        return Source.HAND
    if case.parent:
        return Source.SPLIT
    if case.subject.startswith(PLAN_SUBJECT):
        return Source.PLAN
    if case.kind == SEAT_KIND:
        return Source.SEAT
    if not case.scope:
        return Source.SITE
    return Source.SURGE if case.kind == SURGE_KIND else Source.SCOPE


@dataclass(slots=True)
class Draft:
    """What one step has come to so far. Lives and dies within the step; only the values in it go on."""

    state: State
    policy: Policy
    now: Now
    changes: list[Change] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    def decision(self) -> Decision:
        """What the step has come to."""
        return Decision(self.state, tuple(self.changes), tuple(self.actions))

    def put(self, case: Case) -> None:
        """The case as it is from now on."""
        self.state = changed(self.state, cases={**self.state.cases, case.key: case})

    def drop(self, key: str) -> None:
        """The case is open no more."""
        self.state = changed(self.state, cases={k: c for k, c in self.state.cases.items() if k != key})

    def note(
        self, kind: str, subject: str, old: str, new: str, reason: str, who: str = "", incident: str = ""
    ) -> None:
        """A row for the record."""
        self.changes.append(Change(self.now.wall, kind, subject, old, new, reason, who, incident))


def draft_of(decision: Decision, policy: Policy, now: Now) -> Draft:
    """A draft that goes on where the decision stops."""
    return Draft(decision.state, policy, now, list(decision.changes), list(decision.actions))


def cases_of(state: State, source: Source) -> Iterator[Case]:
    """The open cases of one source."""
    return (case for case in tuple(state.cases.values()) if source_of(case) is source)


def new_key(subject: str, at: datetime, draft: Draft, begins: str = "INC") -> str:
    """A key that no open case or incident has, and none of the newest had; fit for a path and for AstDB. Taken at once."""
    stem = f"{begins}-{re.sub(r'[^A-Za-z0-9_-]+', '-', subject).strip('-')}-{at:%Y%m%dT%H%M%SZ}"
    incidents = (s.incident.key for s in draft.state.scopes.values() if s.incident)
    taken = {*draft.state.cases, *draft.state.keys, *incidents}
    key, count = stem, 1
    while key in taken:
        count += 1
        key = f"{stem}-{count}"
    draft.state = replace(draft.state, keys=(*draft.state.keys, key)[-MOST_KEYS:])
    return key


def open_case(draft: Draft, case: Case, reason: str = "", who: str = "") -> None:
    """Puts the case in, writes it down and tells staff. A scope's incident is told of by the scope itself."""
    draft.put(case)
    draft.note("incident", case.key, "", case.kind, reason or case.subject, who, case.key)
    draft.actions.append(TellStaff(case.scope, Text.INCIDENT_OPENED, case.subject))


def close_case(draft: Draft, case: Case, why: str, who: str = "", announced: bool = False) -> None:
    """Takes the case out; everybody who was told is told so (F3). announced: rows and words are there already."""
    draft.drop(case.key)
    if not announced:
        draft.note("incident", case.key, case.kind, "closed", why, who, case.key)
        draft.actions.append(TellStaff(case.scope, Text.INCIDENT_CLOSED, case.key))
    if any(not name.startswith(TOLD) for name in case.raised):
        draft.actions.append(TellEnd(case.key, facts_of(draft, case), bool(case.drill)))


def mark(draft: Draft, case: Case, name: str) -> Case:
    """The case with one more name in ``raised``, put in."""
    marked = replace(case, raised=(*case.raised, name))
    draft.put(marked)
    return marked


def ladder_for(kind: str, policy: Policy) -> str:
    """Name of the ladder of a kind; "" when the policy has none for it."""
    rule = policy.kinds.get(kind)
    return rule.ladder if rule else ""


def gravest(needs: tuple[Need, ...], policy: Policy) -> str:
    """Kind of the gravest need. Raises ValueError without any."""
    return max((need.kind for need in needs), key=lambda kind: gravity(kind, policy.kinds))


def waiting_in(state: State, queue: str) -> int:
    """Callers who wait in a queue: those that are known one by one, or else what the queue says."""
    return len(state.callers.get(queue, {})) or state.waiting.get(queue, 0)


def facts_of(draft: Draft, case: Case) -> Mapping[str, str]:
    """What the words of a rung are filled with; times are ISO, aware UTC; "" what is not known."""
    state, known = draft.state, draft.policy.scopes.get(case.scope)
    scope = state.scopes.get(case.scope)
    return {
        "scope": case.scope,
        "kind": case.kind,
        "subject": case.subject,
        "opened_at": case.opened_at.isoformat(),
        "minutes": str(int((draft.now.wall - case.opened_at).total_seconds() // 60)),
        "mode": scope.effective if scope else "",
        "lines": f"{scope.lines_left}/{scope.lines_total}" if scope else "",
        "waiting": str(waiting_in(state, known.queue)) if known else "",
        "recovery_at": scope.recovery_at.isoformat() if scope and scope.recovery_at else "",
        "hurt": str(case.hurt) if case.hurt else "",
        "owner": case.owner,
        "plan": case.subject.removeprefix(PLAN_SUBJECT) if source_of(case) is Source.PLAN else "",
        "drill": case.drill,
    }
