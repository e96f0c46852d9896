"""What alerts are told after a restart: everything that open cases have raised so far.

A kill may fall between the record of a rung and the alerts' own journal. Both know a rung by its key, so that saying
all of them again costs nothing and omits nobody.
"""

from fallback.cases.book import Draft, facts_of
from fallback.cases.rungs import due_at, stopping
from fallback.decision import RaiseRung, StopRungs
from fallback.policy import OnAck, Policy, Rung
from fallback.state import Case, State
from fallback.time import Now


def said_again(state: State, policy: Policy, now: Now) -> tuple[RaiseRung | StopRungs, ...]:
    """The rungs that were raised and not stopped, then what was stopped, in the order of the cases."""
    rungs = {f"{ladder.name}.{one.name}": one for ladder in policy.ladders.values() for one in ladder.rungs}
    draft, said = Draft(state, policy, now), list[RaiseRung | StopRungs]()
    for case in state.cases.values():
        for name in case.raised:
            rung = rungs.get(name)
            if rung is not None and not (case.acked_by and rung.on_ack is OnAck.STOP):
                said.append(_raised(draft, case, name, rung))
        if case.acked_by:
            said.append(StopRungs(case.key, case.acked_by, stopping(case, policy)))
    return tuple(said)


def _raised(draft: Draft, case: Case, name: str, rung: Rung) -> RaiseRung:
    return RaiseRung(
        key=f"{case.key}/{name}",
        incident=case.key,
        rung=name,
        roles=rung.roles,
        text=rung.text,
        due_at=due_at(rung, case.climbs_from or case.opened_at, draft.state.calendar),
        facts=facts_of(draft, case),
        drill=bool(case.drill),
    )
