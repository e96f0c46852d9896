"""An agent's own desk: claim the next promise, have it called, say how it ended.

The claim is one conditional update in the store; calling and the outcome are intents that the bridge answers.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from callbacks.values import Capture, Promise, PromiseState
from callbacks.work.agent import STATED
from console import summary
from console.summary import IntentView, Summary
from console.web.answers import Fragment, unless_same
from console.web.given import given
from console.web.problems import Refused
from console.web.recordings import Heard, heard
from console.web.site import now, site, store
from console.web.words import translate as _
from console.web.working import actor, agent_work, floor

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
OUTCOMES: Final = tuple(outcome.value for outcome in STATED)


@dataclass(frozen=True, slots=True)
class Card:
    """A promise that this agent holds, with its whole number: the agent is about to call it.

    stage: how far its call has come; "ended" when the line is gone and the agent's word is awaited; "" without a call.
    turn: the number of this call among the promise's calls, or of the one to be made; from 1.
    captures: calls and requests, each with what was recorded.
    """

    id: int
    number: str
    scope: str
    matter: str
    state: str
    stage: str
    turn: int
    attempt: str
    reason: str
    captures: tuple[tuple[Capture, Heard | None], ...]
    asked: IntentView | None


@dataclass(frozen=True, slots=True)
class Desk:
    """What the desk shows. may_take: nothing is held, and some scope with due promises allows callbacks."""

    member: str
    choosing: bool
    presence: str
    members: tuple[str, ...]
    cards: tuple[Card, ...]
    due: int
    may_take: bool
    why_not: str


def view(picture: Summary, *, choosing: bool = False) -> Desk:
    """The desk of the person at this browser."""
    member = str(session.get("member", ""))
    members = tuple(sorted({agent.member for agent in picture.live.agents}))
    presence = next((a.presence for a in picture.live.agents if a.member == member), "unknown")
    held = _held(member) if member and not picture.from_memory else []  # claims are the store's alone
    cards = tuple(_card(promise, picture) for promise in held)
    scopes = _open_scopes(picture)
    why_not = "" if scopes else _("Callbacks begin when the service has been stable for its set time.")
    if scopes and not picture.figures.due:
        why_not = _("Nothing is due.")
    may_take = not cards and not why_not
    due = picture.figures.due or 0
    return Desk(member, choosing, presence, members, cards, due, may_take, why_not)


@blueprint.get("/panel")
def panel() -> Response:
    """The desk alone; 304 while nothing on it has changed."""
    return unless_same(fragment(summary.build(store(), now(), site().known)))


def fragment(picture: Summary, *, choosing: bool = False) -> Fragment:
    """The desk as a part of the page."""
    desk = view(picture, choosing=choosing)
    return Fragment(lambda: render_template("desk.html", desk=desk, outcomes=OUTCOMES), repr(desk))


@blueprint.post("/extension")
def extension() -> AnyResponse:
    """Remember which telephone stands before this person."""
    member = request.form.get("member", "")
    picture = summary.build(store(), now(), site().known)
    if member not in {agent.member for agent in picture.live.agents}:
        raise Refused(_("There is no agent “%(name)s”.", name=member[:60]))
    session["member"] = member
    return _back()


@blueprint.post("/take")
def take() -> AnyResponse:
    """Claim the next due promise for this agent, unless he holds one already."""
    _member()
    if agent_work().next(actor(), now(), floor().open_scopes) is None:
        flash(_("Nothing is due."), "warn")
    return _back()


@blueprint.post("/release")
def release() -> AnyResponse:
    """Put a claimed promise back in its old place."""
    promise = _mine(PromiseState.CLAIMED)
    agent_work().release(actor(), promise.id, now())
    return _back()


@blueprint.post("/dial")
def dial() -> AnyResponse:
    """Ask the bridge to ring this agent's phone, then the caller."""
    promise = _mine(PromiseState.CLAIMED)
    agent_work().call(actor(), promise.id, now())
    return _back()


@blueprint.post("/outcome")
def outcome() -> AnyResponse:
    """The agent's word on how the attempt ended."""
    promise, sent = _mine(PromiseState.DIALLING, PromiseState.TALKING), given()
    agent_work().outcome(
        actor(), promise.id, sent.text("attempt"), sent.outcome(), now(), note=sent.text("note")
    )
    return _back()


def _back() -> AnyResponse:
    return redirect(url_for("pages.board"), code=303)


def _member() -> str:
    member = str(session.get("member", ""))
    if not member:
        raise Refused(_("Choose your telephone first."))
    return member


def _mine(*states: PromiseState) -> Promise:
    text = request.form.get("promise", "")
    found = [p for p in _held(_member()) if str(p.id) == text and p.state in states]
    if not found:
        raise Refused(_("This promise is no longer yours."))
    return found[0]


def _held(member: str) -> list[Promise]:
    return [promise for promise in store().promises_of(member) if not _lapsed(promise)]


def _lapsed(promise: Promise) -> bool:
    until = promise.claimed_until
    return promise.state is PromiseState.CLAIMED and (until is None or until <= now())


def _open_scopes(picture: Summary) -> list[str]:
    if not picture.bridge.fresh:
        return []
    return [scope.name for scope in picture.live.scopes if scope.callbacks_allowed]


def _card(promise: Promise, picture: Summary) -> Card:
    asked = [i for i in picture.intents if i.promise == promise.id and _is_about(i, promise)]
    return Card(
        id=promise.id,
        number=promise.number,
        scope=promise.scope,
        matter=promise.matter.value,
        state=promise.state.value,
        stage=_stage(promise, picture),
        turn=promise.tries + (1 if promise.state is PromiseState.CLAIMED else 0),
        attempt=promise.attempt,
        reason=promise.reason,
        captures=tuple((one, heard(one)) for one in store().captures_of(promise.id)),
        asked=asked[0] if asked else None,
    )


def _stage(promise: Promise, picture: Summary) -> str:
    if promise.state is PromiseState.CLAIMED:
        return ""
    stages = {call.attempt: call.stage for call in picture.live.calls}
    return stages.get(promise.attempt, "ended" if promise.state is PromiseState.TALKING else "")


def _is_about(intent: IntentView, promise: Promise) -> bool:
    if promise.state is PromiseState.CLAIMED:
        return intent.kind == "dial" and not _stale(intent, promise.claimed_until)
    return intent.kind == "outcome" and intent.attempt == promise.attempt


def _stale(intent: IntentView, claimed_until: datetime | None) -> bool:
    """An answer from an earlier claim of the same promise says nothing about this one."""
    lease = site().calls.claim_lease
    return claimed_until is not None and (claimed_until - intent.at).total_seconds() > lease
