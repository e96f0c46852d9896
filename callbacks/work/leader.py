"""What a leader does: sees all, moves, hands on, pauses, cancels in bulk, settles what nobody else may."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from callbacks.rules import after_attempt, order_key, with_disposition
from callbacks.rules.deadlines import standing
from callbacks.rules.grouping import keys_near
from callbacks.rules.outcomes import Next
from callbacks.values import CLOSED_STATES, Attempt, Matter, Outcome, Promise, PromiseState, SilentPbx
from callbacks.work.allowed import BEING_CALLED, CLOSED, FOR_LEADERS, Do, why_not
from callbacks.work.ground import Ground, Place, words
from callbacks.work.values import MANY, N_, WORDS_MOST, Actor, Bulk, Filters, NotAllowed, Page, When

JUST: Final = timedelta(microseconds=1)
DANGER_FIRST: Final = N_("Danger is always first.")
ITSELF: Final = N_("That is the same promise.")
OTHER_SCOPE: Final = N_("That promise is of the scope %(scope)s, and each scope has an order of its own.")
CHOOSE: Final = N_("Choose promises first.")
TOO_MANY: Final = N_("At most %(most)s at once.")
NO_GROUP: Final = N_("No open promise is about that fault.")
NO_PAGE: Final = N_("There is no such page; begin with the first.")
STILL_HELD: Final = N_(
    "A bridge holds the Asterisk “%(pbx)s” at this moment, and ends its calls itself. If that Asterisk is gone "
    "for good, stop every bridge of it first."
)
NOTHING_OPEN: Final = N_("No call is in flight on an Asterisk “%(pbx)s”.")
ONE_PLACE: Final = N_("Only promises of one number, or about the same fault, can be merged.")


@dataclass(frozen=True, slots=True)
class LeaderWork:
    """A leader. Everything raises NotAllowed for anybody else, and when it cannot be done. now: aware UTC."""

    ground: Ground

    def find(
        self, actor: Actor, filters: Filters, now: datetime, *, after: str = "", limit: int = 50
    ) -> Page:
        """The next rows of a list, by keys and not by counting, so that the last page is as quick as the first.

        Open ones in the order of their places, closed ones the newest first. after: ``Page.after`` of the page before. What is
        late or owed soon, if nothing else is asked for, comes in the order of its times.
        """
        self._leads(actor)
        place = _place(after) if after else None
        if filters == Filters(when=When.LATE):
            rows = self.late(actor, now, limit, beyond=place)
            return Page(tuple(rows), _owed_after(rows[-1], None) if len(rows) == limit else "")
        if filters == Filters(when=When.SOON):
            rows = self.soon(actor, now, limit, beyond=place)
            return Page(tuple(rows), _owed_after(rows[-1], now) if len(rows) == limit else "")
        rows = self._search(filters, now, place, limit)
        return Page(tuple(rows), _after(rows[-1]) if len(rows) == limit else "")

    def late(
        self, actor: Actor, now: datetime, limit: int = 50, *, beyond: Place | None = None
    ) -> list[Promise]:
        """What is owed and was not kept in time, the oldest first. beyond: the time owed and the number of the one before."""
        self._leads(actor)
        return self.ground.book.late(now, limit, beyond=beyond)

    def soon(
        self, actor: Actor, now: datetime, limit: int = 50, *, beyond: Place | None = None
    ) -> list[Promise]:
        """What is owed within the policy's ``warn_before``, the nearest first. beyond: as for ``late``."""
        self._leads(actor)
        until = now + timedelta(seconds=self.ground.policy.warn_before)
        return self.ground.book.due_soon(now, until, limit, beyond=beyond)

    def to_front(self, actor: Actor, promise_id: int, now: datetime, *, why: str = "") -> None:
        """Before everything of its scope but danger."""
        one = self.ground.may(Do.MOVE, promise_id, actor, now)
        first = self._first(one)
        if first is not None and first.id != one.id:
            self._place(one, first, actor, now, why)

    def before(self, actor: Actor, promise_id: int, other_id: int, now: datetime, *, why: str = "") -> None:
        """Directly before another of the same scope."""
        one = self.ground.may(Do.MOVE, promise_id, actor, now)
        other = self.ground.found(other_id)
        if other.id == one.id:
            raise NotAllowed("before", ITSELF)
        if other.state in CLOSED_STATES:
            raise NotAllowed("before", CLOSED)
        if other.scope != one.scope:
            raise NotAllowed("before", OTHER_SCOPE, scope=other.scope)
        if (other.matter is Matter.DANGER) and one.matter is not Matter.DANGER:
            raise NotAllowed("before", DANGER_FIRST)
        self._place(one, other, actor, now, why)

    def assign(self, actor: Actor, ids: Sequence[int], agent: str, now: datetime) -> Bulk:
        """Hand them to an agent; an empty name gives them to everybody again."""
        agent = self.ground.known_agent(agent) if agent.strip() else ""
        some = self._some(Do.ASSIGN, ids, actor, now)
        return _split(ids, self.ground.book.assign(some.done, agent, now, actor.who))

    def pause(self, actor: Actor, ids: Sequence[int], why: str, now: datetime) -> Bulk:
        """Keep them from being called until somebody resumes them."""
        why = words(why, "why", WORDS_MOST, needed=True)
        some = self._some(Do.PAUSE, ids, actor, now)
        return _split(ids, self.ground.book.pause(some.done, now, actor.who, why))

    def resume(self, actor: Actor, ids: Sequence[int], now: datetime) -> Bulk:
        """Let them be called again, in their old places."""
        some = self._some(Do.RESUME, ids, actor, now)
        return _split(ids, self.ground.book.resume(some.done, now, actor.who))

    def cancel(self, actor: Actor, ids: Sequence[int], why: str, now: datetime) -> Bulk:
        """Close them: nobody calls these callers. Whatever is being called at this moment is left as it is."""
        why = words(why, "why", WORDS_MOST, needed=True)
        some = self._some(Do.CANCEL, ids, actor, now)
        return _split(ids, self.ground.book.cancel_many(some.done, now, why, actor.who))

    def seen(self, actor: Actor, ids: Sequence[int], now: datetime) -> Bulk:
        """Take them off the leader's list; nothing else about them changes."""
        some = self._some(Do.LOOK, ids, actor, now)
        return _split(ids, [one for one in some.done if self.ground.book.seen_by_leader(one, now, actor.who)])

    def let(self, actor: Actor, ids: Sequence[int], now: datetime) -> Bulk:
        """Let those be called that are held."""
        some = self._some(Do.LET, ids, actor, now)
        return _split(ids, [one for one in some.done if self.ground.book.let(one, now, actor.who)])

    def merge(self, actor: Actor, from_id: int, into_id: int, now: datetime) -> None:
        """One call for both: what the first gathered goes on in the second. Of one number, or about the same fault (C3)."""
        one = self.ground.may(Do.MERGE, from_id, actor, now)
        into = self.ground.may(Do.MERGE, into_id, actor, now)
        if one.id == into.id:
            raise NotAllowed("into", ITSELF)
        near = {*keys_near(one.fault), one.fault} & {*keys_near(into.fault), into.fault} - {""}
        if one.number != into.number and not near:
            raise NotAllowed("into", ONE_PLACE)
        if not self.ground.book.merge(one.id, into.id, now, actor.who):
            raise NotAllowed("promise", BEING_CALLED)

    def group(self, actor: Actor, fault: str) -> list[Promise]:
        """Open promises about the same fault in one place (C3)."""
        self._leads(actor)
        return [one for one in self.ground.book.same_fault(fault) if one.state not in CLOSED_STATES]

    def close_group(self, actor: Actor, fault: str, why: str, now: datetime) -> Bulk:
        """Close all that are about one fault, with a reason; those being called at this moment are left."""
        ids = [one.id for one in self.group(actor, fault)]
        if not ids:
            raise NotAllowed("fault", NO_GROUP)
        return self.cancel(actor, ids[:MANY], why, now)

    def silent(self, actor: Actor) -> list[SilentPbx]:
        """Asterisks that no bridge holds though calls were in flight there."""
        self._leads(actor)
        return self.ground.book.silent_pbxs()

    def gone(self, actor: Actor, pbx: str, why: str, now: datetime) -> Bulk:
        """This Asterisk does not come back: what was in flight there ends as unknown, for good (E2, docs/adr/0005).

        By the rules of an unknown outcome: it counts as one attempt, the promise comes again after the normal interval or is
        given up, and stands on the leader's list. What an agent has said of a call stands over that.
        """
        self._leads(actor)
        why, pbx = words(why, "why", WORDS_MOST, needed=True), words(pbx, "pbx", WORDS_MOST)

        def judge(attempt: Attempt, promise: Promise) -> tuple[Outcome, Next]:
            outcome = with_disposition(attempt.disposition, Outcome.UNKNOWN)
            return outcome, after_attempt(promise, outcome, self.ground.policy, now, self.ground.calendar)

        ended = self.ground.book.end_attempts_of(pbx, judge, now, actor.who, why)
        if ended is None:
            raise NotAllowed("pbx", STILL_HELD, pbx=pbx)
        if not ended:
            raise NotAllowed("pbx", NOTHING_OPEN, pbx=pbx)
        return Bulk(tuple(ended))

    def _search(self, wanted: Filters, now: datetime, after: Place | None, limit: int) -> list[Promise]:
        soon = timedelta(seconds=self.ground.policy.warn_before if wanted.when is When.SOON else 0.0)
        return self.ground.book.search(
            state=wanted.state,
            scope=wanted.scope,
            matter=wanted.matter,
            agent=wanted.agent,
            number=wanted.number,
            reference=wanted.reference,
            fault=wanted.fault,
            attention=wanted.attention,
            paused=wanted.paused,
            due_by=now if wanted.when is When.DUE else None,
            owed_by=now + soon if wanted.when in (When.SOON, When.LATE) else None,
            after=after,
            limit=limit,
        )

    def _first(self, one: Promise) -> Promise | None:
        """Whose turn is first of those that this one may overtake; one short look for each matter."""
        danger = one.matter is Matter.DANGER
        matters = [matter for matter in Matter if (matter is Matter.DANGER) is danger]
        looks = [
            self.ground.book.search(state=PromiseState.OPEN, scope=one.scope, matter=matter, limit=1)
            for matter in matters
        ]
        firsts = [row for look in looks for row in look]
        return min(firsts, key=lambda row: order_key(row, self.ground.policy.head_start), default=None)

    def _place(self, one: Promise, other: Promise, actor: Actor, now: datetime, why: str) -> None:
        """A place from which its turn is just before the other's; head starts of the two matters differ."""
        head = self.ground.policy.head_start
        _, turn, _ = order_key(other, head)
        place = turn - JUST + timedelta(seconds=head.get(one.matter, 0.0))
        reason = words(why, "why", WORDS_MOST)
        if not self.ground.book.move_to(one.id, min(place, now), now, actor.who, reason):
            raise NotAllowed("promise", BEING_CALLED)

    def _some(self, do: Do, ids: Sequence[int], actor: Actor, now: datetime) -> Bulk:
        """Those of them with which this may be done; the others are left. Raises NotAllowed when it can be done with none."""
        self._leads(actor)
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            raise NotAllowed("promise", CHOOSE)
        if len(wanted) > MANY:
            raise NotAllowed("promise", TOO_MANY, most=MANY)
        found = [self.ground.found(one) for one in wanted]
        reasons = {one.id: why_not(do, one, actor, now) for one in found}
        done = tuple(one for one in wanted if not reasons[one])
        if not done:
            raise NotAllowed("promise", reasons[wanted[0]])
        return _split(wanted, done)

    def _leads(self, actor: Actor) -> None:
        if not actor.leader:
            raise NotAllowed("who", FOR_LEADERS)


def _after(last: Promise) -> str:
    """Where a page ended, for the address of the next one."""
    return _mark(last.closed_at or last.place_at or last.created_at, last.id)


def _owed_after(last: Promise, since: datetime | None) -> str:
    """The same of a list of what is owed. since: what was owed before is not of this list; None: all of it is."""
    return _mark(min(one.by for one in standing(last) if since is None or one.by > since), last.id)


def _mark(at: datetime, number: int) -> str:
    return f"{at.timestamp():.6f}-{number}"


def _place(after: str) -> Place:
    try:
        at, _, number = after.partition("-")
        return datetime.fromtimestamp(float(at), UTC), int(number[:18])
    except (ValueError, OverflowError, OSError):
        raise NotAllowed("after", NO_PAGE) from None


def _split(wanted: Sequence[int], done: Sequence[int]) -> Bulk:
    went = frozenset(done)
    return Bulk(tuple(one for one in wanted if one in went), tuple(one for one in wanted if one not in went))
