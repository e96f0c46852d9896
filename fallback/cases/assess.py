"""The connect rate is assessed some minutes into an A7 (S1 3.六 九): staff get the figures that are known then."""

from datetime import datetime, timedelta

from fallback.cases.book import TOLD, Draft, mark, waiting_in
from fallback.decision import TellStaff, Text
from fallback.events import Presence
from fallback.policy import Policy
from fallback.state import Case, ScopeState

PERSONAL_KIND = "A7"
MARK = f"{TOLD}connect_rate"


def assess_at(case: Case, policy: Policy) -> datetime | None:
    """When the connect rate of a case is to be assessed, aware UTC; None: never, or it has been."""
    if case.kind != PERSONAL_KIND or not policy.assess_after or MARK in case.raised:
        return None
    return case.opened_at + timedelta(seconds=policy.assess_after)


def assess_due(draft: Draft) -> None:
    """Tells the figures of every A7 whose time has come; once each, also over a restart."""
    for case in tuple(draft.state.cases.values()):
        due = assess_at(case, draft.policy)
        if due is not None and due <= draft.now.wall:
            mark(draft, case, MARK)
            said = _figures(draft, case)
            draft.note("rung", MARK, "", "raised", said, "", case.key)
            draft.actions.append(TellStaff(case.scope, Text.CONNECT_RATE, said))


def _figures(draft: Draft, case: Case) -> str:
    scopes = draft.state.scopes.values()
    return "; ".join(_of(draft, scope) for scope in scopes if case.scope in ("", scope.name))


def _of(draft: Draft, scope: ScopeState) -> str:
    policy, state = draft.policy, draft.state
    served = policy.scopes[scope.name]
    queues = {policy.pools[name].queue for name in served.pools if name in policy.pools}
    agents = [presence for queue in queues for presence in state.members.get(queue, {}).values()]
    free = sum(presence is Presence.FREE for presence in agents)
    in_use = sum(state.in_use.get(name, 0) for name in served.trunks)
    return (
        f"{scope.name}: {scope.effective}, {waiting_in(state, served.queue)} waiting, {free} of {len(agents)} agents free, "
        f"{in_use} of {scope.lines_left} lines in use"
    )
