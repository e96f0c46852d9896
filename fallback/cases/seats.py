"""Single seats (A1): a member who cannot be reached, or does not answer, while others at the queue are fine.

Suspicion is a ``Seat`` in the state and runs on monotonic time; a seat fault is a case. It is over when the member
is there again (an unanswered one: talks again), or when the same agent can be reached on another device. After a
restart the seats are read back from the subjects of the cases.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from math import inf

from fallback.cases.book import SEAT_KIND, Draft, Source, cases_of, close_case, ladder_for, new_key, open_case
from fallback.decision import Decision
from fallback.events import Event, MemberGone, MemberSeen, Presence, SeatSilent, SnapshotTaken
from fallback.policy import Policy
from fallback.state import Case, Health, Seat, State, changed
from fallback.step import refused
from fallback.time import Now

Key = tuple[str, str]
UNREACHABLE, SILENT = "unreachable", "silent"


def seat_silent(state: State, event: SeatSilent, policy: Policy, now: Now) -> Decision:
    """A member's phone rang in vain; so often in a row makes the seat suspect."""
    members = state.members.get(event.queue)
    if members is None:
        return refused(state, event.queue, event, f"no pool watches a queue {event.queue!r}", now)
    if event.member not in members or not state.linked:
        return Decision(state)
    seat = _seat(state, (event.queue, event.member))
    seat = replace(seat, silent=seat.silent + 1)
    if seat.silent >= policy.agents.seat_silent and seat.bad_since_mono is None:
        seat = replace(seat, bad_since_mono=now.mono)
    draft = Draft(_with(state, seat), policy, now)
    _open_the_due(draft)
    return draft.decision()


def follow_seats(draft: Draft, before: State, event: Event | None) -> None:
    """What members' presences say of single seats. event: what happened, if it is known; saves a look at all."""
    _note_agents(draft, event)
    if not draft.state.linked:
        _keep(draft, (seat for seat in draft.state.seats.values() if seat.case))
        return
    for key in _touched(draft.state, before, event):
        _look(draft, key)
    _back_elsewhere(draft)
    _close_the_well(draft)
    _open_the_due(draft)


def deadline(state: State, policy: Policy) -> float:
    """Mono time at which the next suspicion becomes a fault; inf: none."""
    due = inf
    for seat in state.seats.values():
        if seat.bad_since_mono is not None and not seat.case and _alone(state, policy, seat):
            due = min(due, seat.bad_since_mono + policy.agents.seat_after)
    return due


def restored(case: Case, policy: Policy) -> Seat | None:
    """The seat that a saved case speaks of; None when it speaks of none."""
    words = case.subject.split(" ", 4)
    if case.kind != SEAT_KIND or case.by_hand or len(words) < 4:
        return None
    agent = words[4] if len(words) > 4 else ""
    silent = policy.agents.seat_silent if words[3] == SILENT else 0
    return Seat(words[1], words[2], agent, silent, case=case.key)


def seat_holds(state: State, case: Case) -> str:
    """What keeps a seat's case open: the member is still signed in and not well; "" nothing does."""
    seats = (seat for seat in state.seats.values() if seat.case == case.key)
    return ", ".join(s.member for s in seats if s.member in state.members.get(s.queue, {}))


def release_seats(draft: Draft, key: str) -> None:
    """Forgets the seats of a case that a person closes."""
    if any(seat.case == key for seat in draft.state.seats.values()):
        _keep(draft, (seat for seat in draft.state.seats.values() if seat.case != key))


def _note_agents(draft: Draft, event: Event | None) -> None:
    """Who sits where. A device that nobody is signed in at has no agent; a broken seat remembers its own."""
    known = draft.state.agents
    told: Mapping[Key, str] = known
    if (
        isinstance(event, MemberSeen)
        and event.agent
        and known.get((event.queue, event.member)) != event.agent
    ):
        told = {**known, (event.queue, event.member): event.agent}
    elif isinstance(event, MemberGone) and (event.queue, event.member) in known and draft.state.linked:
        told = {key: agent for key, agent in known.items() if key != (event.queue, event.member)}
    elif isinstance(event, SnapshotTaken):
        told = {(m.queue, m.member): m.agent for m in event.members if m.agent}
    if told != known:
        draft.state = changed(draft.state, agents=told)


def _touched(state: State, before: State, event: Event | None) -> Iterable[Key]:
    if isinstance(event, MemberSeen | MemberGone):
        return ((event.queue, event.member),)
    if state.members is before.members and before.linked:
        return ()
    keys = {(queue, member): None for queue, members in state.members.items() for member in members}
    return (*keys, *(key for key in state.seats if key not in keys))


def _look(draft: Draft, key: Key) -> None:
    """The seat as the member's presence has it now; dropped when nothing speaks against it."""
    state = draft.state
    presence = state.members.get(key[0], {}).get(key[1])
    known = state.seats.get(key)
    if presence is Presence.UNREACHABLE:
        since = max(draft.now.mono, state.boot_grace_until_mono)
        if known is None or (known.bad_since_mono is None and not known.case):
            draft.state = _with(state, replace(_seat(state, key), bad_since_mono=since))
        return
    if known is None:
        return
    if presence is None:
        if not known.case:  # whoever signs out of a broken seat has not mended it
            _drop(draft, key)
    elif presence is Presence.BUSY or not known.silent:
        _drop(draft, key)
    elif known.silent < draft.policy.agents.seat_silent and (known.case or known.bad_since_mono is not None):
        draft.state = _with(state, replace(known, bad_since_mono=None, case=""))


def _back_elsewhere(draft: Draft) -> None:
    """Seats whose agent can be reached on another device count as well."""
    for key, seat in tuple(draft.state.seats.items()):
        if _is_elsewhere(draft.state, seat):
            _drop(draft, key)


def _is_elsewhere(state: State, seat: Seat) -> bool:
    if not seat.agent:
        return False
    return any(
        agent == seat.agent
        and member != seat.member
        and state.members.get(queue, {}).get(member, Presence.UNREACHABLE) is not Presence.UNREACHABLE
        for (queue, member), agent in state.agents.items()
    )


def _close_the_well(draft: Draft) -> None:
    held = {seat.case for seat in draft.state.seats.values()}
    for case in cases_of(draft.state, Source.SEAT):
        if case.key not in held:
            draft.note("seat", " ".join(case.subject.split(" ")[1:3]), "fault", "well", "back", "", case.key)
            close_case(draft, case, "the seat, or its agent elsewhere, is back")


def _open_the_due(draft: Draft) -> None:
    for seat in tuple(draft.state.seats.values()):
        if seat.bad_since_mono is None or seat.case or not _alone(draft.state, draft.policy, seat):
            continue
        lasted = draft.now.mono - seat.bad_since_mono
        if lasted >= draft.policy.agents.seat_after and not _is_elsewhere(draft.state, seat):
            _fault(draft, seat, lasted)


def _fault(draft: Draft, seat: Seat, lasted: float) -> None:
    """One device has one case, however many queues it serves."""
    same = (s.case for s in draft.state.seats.values() if s.member == seat.member and s.case)
    key = next(same, "")
    if not key:
        since = draft.now.wall - timedelta(seconds=lasted)
        how = SILENT if seat.silent >= draft.policy.agents.seat_silent else UNREACHABLE
        subject = f"{SEAT_KIND} {seat.queue} {seat.member} {how} {seat.agent}".rstrip().replace(";", ",")
        key = new_key(f"{SEAT_KIND} {seat.member}", since, draft)
        scope = next(
            (s.name for s in draft.policy.scopes.values() if _serves(draft, s.pools, seat.queue)), ""
        )
        case = Case(key, scope, SEAT_KIND, subject, since, ladder_for(SEAT_KIND, draft.policy))
        open_case(draft, case)
        draft.note(
            "seat", f"{seat.queue} {seat.member}", "", "fault", f"{how} since {since.isoformat()}", "", key
        )
    draft.state = _with(draft.state, replace(seat, case=key))


def _serves(draft: Draft, pools: tuple[str, ...], queue: str) -> bool:
    return any(name in draft.policy.pools and draft.policy.pools[name].queue == queue for name in pools)


def _alone(state: State, policy: Policy, seat: Seat) -> bool:
    """Whether it is this seat and not the pool: all pools of the queue are UP and heard, most others are there."""
    pools = [pool.name for pool in policy.pools.values() if pool.queue == seat.queue]
    if not state.linked or any(name in state.excused for name in pools):
        return False
    if not all(name in state.components and state.components[name].health is Health.UP for name in pools):
        return False
    members = state.members.get(seat.queue, {})
    others = [presence for member, presence in members.items() if member != seat.member]
    there = sum(presence is not Presence.UNREACHABLE for presence in others)
    return seat.member in members and there * 2 > len(others)


def _seat(state: State, key: Key) -> Seat:
    return state.seats.get(key) or Seat(key[0], key[1], state.agents.get(key, ""))


def _with(state: State, seat: Seat) -> State:
    return changed(state, seats={**state.seats, (seat.queue, seat.member): seat})


def _drop(draft: Draft, key: Key) -> None:
    _keep(draft, (seat for name, seat in draft.state.seats.items() if name != key))


def _keep(draft: Draft, seats: Iterable[Seat]) -> None:
    kept = {(seat.queue, seat.member): seat for seat in seats}
    if len(kept) != len(draft.state.seats):
        draft.state = changed(draft.state, seats=kept)
