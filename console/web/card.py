"""One promise as a page or a program is shown it: whole to whoever has it, masked to everybody else."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from callbacks.masking import mask_number
from callbacks.rules.explaining import explain
from callbacks.values import DESK, Capture, Promise, PromiseState, Touched
from callbacks.work import Actor, Do, Matters, Preview, preview
from console.explained import said
from console.summary import IntentView, intent_view
from console.web.recordings import Heard, heard
from console.web.site import now, site, store
from console.web.working import Floor, actor, floor, ground

INTENTS: Final = 30
HISTORY: Final = 200


@dataclass(frozen=True, slots=True)
class Said:
    """A matter with what was recorded of its call."""

    matter: Matters
    heard: Heard | None


@dataclass(frozen=True, slots=True)
class Card:
    """whole: numbers and words of callers are shown. number: whole or masked. mine: this agent has it now.

    stage: how far its call has come; "ended" when the line is gone and the agent's word is awaited; "" without a call.
    turn: the number of this call among the promise's calls, or of the one to be made; from 1. origin: the promise in whose call
    this complaint was made, 0 none. asked: what this agent asked the bridge for last, about it.
    """

    shown: Preview
    whole: bool
    mine: bool
    number: str
    calls: tuple[Said, ...]
    requests: tuple[tuple[Capture, Heard | None], ...]
    stage: str
    turn: int
    origin: int
    asked: IntentView | None

    @property
    def promise(self) -> Promise:
        """The row itself; its number is for eyes that may see it."""
        return self.shown.promise

    def may(self, name: str) -> bool:
        """Whether this person may do this with it now."""
        return Do(name) in self.shown.may


def card_of(promise_id: int, person: Actor | None = None) -> Card:
    """The card for the person at this browser. Raises NotAllowed when there is no such promise."""
    person = person or actor()
    shown = preview(ground(), promise_id, person, now())
    one, whole = shown.promise, shown.concerns
    return Card(
        shown=shown,
        whole=whole,
        mine=bool(person.member) and person.member in (one.agent, one.holder),
        number=one.number if whole else mask_number(one.number),
        calls=tuple(_said(row, whole) for row in shown.matters),
        requests=tuple((_seen(row, whole), heard(row) if whole else None) for row in shown.requests),
        stage=_stage(one, floor()),
        turn=one.tries + (1 if one.state in (PromiseState.CLAIMED, PromiseState.OPEN) else 0),
        origin=_origin(shown),
        asked=_asked(one),
    )


def _said(row: Matters, whole: bool) -> Said:
    return Said(
        replace(row, capture=_seen(row.capture, whole)),
        heard(row.capture) if whole else None,
    )


def _seen(capture: Capture, whole: bool) -> Capture:
    """The call for somebody whom it does not concern: no numbers, and nothing that the caller said."""
    if whole:
        return capture
    return replace(
        capture,
        number="",
        caller_id="",
        owner="",
        reference="",
        about="",
        recording="",
        name="",
        address="",
        remarks="",
        taken_by="",
    )


def _stage(one: Promise, seen: Floor) -> str:
    if one.state not in (PromiseState.DIALLING, PromiseState.TALKING):
        return ""
    stages = {call.attempt: call.stage for call in seen.live.calls}
    return stages.get(one.attempt, "ended" if one.state is PromiseState.TALKING else "")


def _origin(shown: Preview) -> int:
    """The promise in whose call a complaint was made."""
    keys = (row.capture.key for row in shown.matters if row.capture.key.startswith(f"{DESK}:"))
    numbers = (key.removeprefix(f"{DESK}:").partition("-")[0] for key in keys)
    found = next((int(one) for one in numbers if one.isdigit()), 0)
    return 0 if found == shown.promise.id else found


def _asked(one: Promise) -> IntentView | None:
    """Of its last wishes the one that is about this call or this claim."""
    views = (intent_view(row) for row in store().intents(INTENTS))
    return next((view for view in views if view.promise == one.id and _is_about(view, one)), None)


def _is_about(intent: IntentView, one: Promise) -> bool:
    if one.state is PromiseState.CLAIMED:
        return intent.kind == "dial" and not _stale(intent, one.claimed_until)
    return intent.kind == "outcome" and intent.attempt == one.attempt


def _stale(intent: IntentView, claimed_until: datetime | None) -> bool:
    """An answer from an earlier claim of the same promise says nothing about this one."""
    lease = site().calls.claim_lease
    return claimed_until is not None and (claimed_until - intent.at).total_seconds() > lease


def why_here(card: Card, language: str) -> list[str]:
    """Why it is where it is and when it is next, in words; nothing while the site's calendar is not known."""
    stands, one, moment = ground(), card.promise, now()
    if stands.calendar is None or not card.whole:
        return []
    found = explain(
        one,
        [row.capture for row in card.shown.matters],
        card.shown.attempts,
        store().ahead_of(one.id, stands.policy.head_start),
        stands.calendar,
        stands.policy,
        _ready_since(one.scope, floor(), moment),
        next((touch.detail for touch in reversed(card.shown.history) if touch.what is Touched.PAUSED), ""),
        moment,
        card.shown.history,
    )
    return said(found, language, stands.zone)


def _ready_since(scope: str, seen: Floor, moment: datetime) -> datetime | None:
    known = next(
        (one for one in seen.live.scopes if one.name == scope and one.name in seen.open_scopes), None
    )
    return None if known is None else moment - timedelta(seconds=known.stable_for or 0.0)
