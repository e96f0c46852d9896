"""What an agent does: the next one, its call, what came of it, and everything else that a caller may wish."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callbacks.rules.hours import may_call
from callbacks.values import Matter, Outcome, Promise
from callbacks.work.allowed import NO_TELEPHONE, NOT_YOURS, Do, is_mine
from callbacks.work.ground import Ground, words
from callbacks.work.settling import Settling, checked, for_outcome, matters_of, note_of
from callbacks.work.values import N_, NOTE_MOST, WORDS_MOST, Actor, MatterWord, NotAllowed
from callbacks.work.wishing import wished

STATED: Final = (
    Outcome.ANSWERED,
    Outcome.AGAIN,
    Outcome.VOICEMAIL,
    Outcome.NO_ANSWER,
    Outcome.BUSY,
    Outcome.REFUSED,
)
HOLDS_ONE: Final = N_("You hold a promise already: finish it or put it back first.")
NO_OUTCOME: Final = N_("There is no outcome “%(name)s”.")
EARLIER: Final = N_("That was an earlier attempt. Reload the page.")
GONE: Final = N_("Somebody else was quicker: it has changed in this moment. Reload the page.")
WRITE_SOMETHING: Final = N_("Write something.")
NOTHING_CHOSEN: Final = N_("Choose a matter and what became of it.")


@dataclass(frozen=True, slots=True)
class AgentWork:
    """An agent at his telephone. Everything raises NotAllowed with words when it cannot be done."""

    ground: Ground

    def held(self, actor: Actor, now: datetime) -> list[Promise]:
        """What he has at this moment: taken, being called, or waiting for his word; oldest first."""
        if not actor.member:
            return []
        return [one for one in self.ground.book.promises_of(actor.member) if is_mine(one, actor, now)]

    def next(self, actor: Actor, now: datetime, scopes: Sequence[str]) -> Promise | None:
        """Take the next one: what was handed to him first, then whose turn it is in these scopes; None when nothing is due.

        In quiet hours only danger is offered (E4).
        """
        if not actor.member:
            raise NotAllowed("agent", NO_TELEPHONE)
        if self.held(actor, now):
            raise NotAllowed("promise", HOLDS_ONE)
        policy, calendar = self.ground.policy, self.ground.calendar
        processed = policy.processed
        scopes = [one for one in scopes if processed is None or one in processed]
        if not scopes:
            return None
        quiet = calendar is not None and not may_call(calendar, now)
        return self.ground.book.claim_for_agent(
            actor.member,
            now,
            policy.claim_lease,
            scopes,
            head_start=policy.head_start,
            only={Matter.DANGER} if quiet else None,
        )

    def take(self, actor: Actor, promise_id: int, now: datetime) -> Promise:
        """Take this one: it was handed to him, or its caller is on his line; a leader takes any."""
        if not actor.member:
            raise NotAllowed("agent", NO_TELEPHONE)
        if any(one.id != promise_id for one in self.held(actor, now)):
            raise NotAllowed("promise", HOLDS_ONE)
        self.ground.may(Do.TAKE, promise_id, actor, now)
        lease = self.ground.policy.claim_lease
        taken = self.ground.book.claim(promise_id, now, actor.member, lease, agent=actor.member)
        if taken is None:
            raise NotAllowed("promise", GONE)
        return taken

    def keep(self, actor: Actor, promise_id: int, now: datetime) -> None:
        """Hold it for another lease, to read on."""
        one = self.ground.may(Do.KEEP, promise_id, actor, now)
        if not self.ground.book.renew(one.id, one.holder, now, self.ground.policy.claim_lease):
            raise NotAllowed("promise", NOT_YOURS)

    def release(self, actor: Actor, promise_id: int, now: datetime) -> None:
        """Put it back in its old place."""
        one = self.ground.may(Do.RELEASE, promise_id, actor, now)
        if not self.ground.book.release(one.id, one.holder, now=now, who=actor.who):
            raise NotAllowed("promise", NOT_YOURS)

    def call(self, actor: Actor, promise_id: int, now: datetime) -> int:
        """Ask the bridge to ring his telephone, then the caller; the number of the wish."""
        one = self.ground.may(Do.CALL, promise_id, actor, now)
        return self.ground.bridge.dial(one.id, actor.member, actor.who, now)

    def outcome(
        self,
        actor: Actor,
        promise_id: int,
        attempt: str,
        outcome: Outcome,
        now: datetime,
        *,
        note: str = "",
        said: Sequence[MatterWord] = (),
    ) -> int:
        """How the attempt ended, and what became of each matter; the number of the wish that the bridge answers.

        A definite end (answered, refused) needs an outcome for every matter; a single one has the obvious one unless another
        is given. attempt: the key that he saw, so that a page that is out of date says nothing about a later call.
        """
        one = self.ground.may(Do.OUTCOME, promise_id, actor, now)
        if outcome not in STATED:
            raise NotAllowed("outcome", NO_OUTCOME, name=outcome.value)
        if not attempt or attempt != one.attempt:
            raise NotAllowed("attempt", EARLIER)
        remark = note_of(note)
        matters = matters_of(self.ground, one.id)
        settled = for_outcome(matters, checked(matters, said), outcome)
        settling = Settling(self.ground)
        settling.write(settled, actor, now)  # first: the wish may be done before we come to it
        settling.follow(one, matters, settled, actor, now)
        return self.ground.bridge.outcome(one.id, attempt, outcome, actor.member, remark, actor.who, now)

    def note(self, actor: Actor, promise_id: int, text: str, now: datetime) -> None:
        """Write into its history."""
        one = self.ground.may(Do.NOTE, promise_id, actor, now)
        text = words(text, "note", NOTE_MOST)
        if not text:
            raise NotAllowed("note", WRITE_SOMETHING)
        self.ground.book.note(one.id, text, now, actor.who)

    def settle(self, actor: Actor, promise_id: int, said: Sequence[MatterWord], now: datetime) -> None:
        """What became of some of its matters, outside a call or after it."""
        one = self.ground.may(Do.SETTLE, promise_id, actor, now)
        if not said:
            raise NotAllowed("matter", NOTHING_CHOSEN)
        matters = matters_of(self.ground, one.id)
        settled = checked(matters, said)
        settling = Settling(self.ground)
        settling.write(settled, actor, now)
        settling.follow(one, matters, settled, actor, now)

    def complaint(
        self, actor: Actor, promise_id: int, text: str, now: datetime, *, caused: bool = False
    ) -> str:
        """The caller complains: it becomes a matter of its own, answered within E3's days. Returns its key."""
        one = self.ground.may(Do.COMPLAINT, promise_id, actor, now)
        calls = matters_of(self.ground, one.id)
        about = calls[0].capture if calls else None
        return Settling(self.ground).complain(one, about, text, actor, now, caused=caused)

    def reschedule(
        self, actor: Actor, promise_id: int, day: str, clock: str, now: datetime, *, note: str = ""
    ) -> datetime:
        """Call at a time that the caller wishes: a date and a time of the site's clocks. Returns it, aware UTC.

        During a call it stands for when the outcome is "call again".
        """
        one = self.ground.may(Do.RESCHEDULE, promise_id, actor, now)
        at = wished(day, clock, now, self.ground.zone, one.matter, self.ground.calendar)
        remark = words(note, "note", WORDS_MOST)
        if not self.ground.book.reschedule(one.id, at, now, actor.who, remark):
            raise NotAllowed("promise", GONE)
        return at

    def hand_to(self, actor: Actor, promise_id: int, agent: str, now: datetime) -> None:
        """Hand it to a colleague: only he is offered it then; who had taken it has it no more."""
        one = self.ground.may(Do.ASSIGN, promise_id, actor, now)
        agent = self.ground.known_agent(agent)
        self.ground.book.assign([one.id], agent, now, actor.who)

    def adopt(
        self, actor: Actor, promise_id: int, now: datetime, *, note: str = "", said: Sequence[MatterWord] = ()
    ) -> None:
        """The caller got through by himself and his matter is dealt with: nobody calls him (E6)."""
        one = self.ground.may(Do.ADOPT, promise_id, actor, now)
        remark = words(note, "note", WORDS_MOST)
        matters = matters_of(self.ground, one.id)
        settled = for_outcome(matters, checked(matters, said), Outcome.ANSWERED)
        settling = Settling(self.ground)
        settling.write(settled, actor, now)
        if not self.ground.book.adopt(one.id, now, actor.who, remark):
            raise NotAllowed("promise", GONE)
        settling.follow(
            one, matters, settled, actor, now
        )  # last: what is still owed needs a promise of its own
