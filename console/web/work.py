"""An agent's page: the card that he has, what was handed to him, the next one, and everything that a caller may wish.

Its rules are those of ``callbacks.work``; this only shows them. One part of it polls.
"""

from dataclasses import dataclass
from typing import Final

import structlog
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from callbacks.values import Promise, PromiseState
from callbacks.work import NotAllowed, is_mine
from callbacks.work.agent import STATED
from callbacks.work.ground import NO_AGENT
from console.summary import PromiseView, promise_view
from console.web import arguments
from console.web.answers import Fragment, unless_same
from console.web.auth import who
from console.web.card import Card, card_of, why_here
from console.web.doing import AGENTS, agents_action
from console.web.given import given
from console.web.site import now, site, store
from console.web.words import SETTLED, language
from console.web.words import translate as _
from console.web.working import actor, agent_work, at_one_moment, floor, remember_named

log = structlog.get_logger(__name__)
blueprint = Blueprint("work", __name__, url_prefix="/work")
SHOWN: Final = 20
OUTCOMES: Final = tuple(outcome.value for outcome in STATED)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the page shows of this moment. on_line: promises of the caller with whom he speaks. handed: to him, not taken yet.

    going_out: somewhere callbacks go out. fresh: the bridge says so at this moment.
    """

    member: str
    choosing: bool
    presence: str
    members: tuple[str, ...]
    cards: tuple[Card, ...]
    on_line: tuple[PromiseView, ...]
    handed: tuple[PromiseView, ...]
    going_out: bool
    fresh: bool


@blueprint.get("/")
def listed() -> str:
    """The whole page."""
    desk = fragment(choosing=arguments.flag("choose"))
    return render_template("work.html", desk=desk, zone=site().known.zone.key, poll=f"{site().poll:g}")


@blueprint.get("/panel")
def panel() -> Response:
    """Its live part; 304 while nothing on it has changed."""
    return unless_same(fragment())


def fragment(*, choosing: bool = False) -> Fragment:
    """The live part."""
    desk = view(choosing=choosing)
    return Fragment(lambda: render_template("work_panel.html", desk=desk, **choices()), repr(desk))


def choices() -> dict[str, object]:
    """What the forms of a card offer."""
    return {"outcomes": OUTCOMES, "settled": SETTLED, "agents": floor().members, "back": "work"}


@at_one_moment
def view(*, choosing: bool = False) -> Desk:
    """The desk of the person at this browser."""
    person, moment, seen = actor(), now(), floor()
    cards = tuple(card_of(one.id, person) for one in agent_work().held(person, moment))
    speaking = {one for talk in seen.live.talking if talk.member == person.member for one in talk.promises}
    lines = [found for one in sorted(speaking) if (found := store().promise(one)) is not None]
    presence = next((a.presence for a in seen.live.agents if a.member == person.member), "unknown")
    return Desk(
        member=person.member,
        choosing=choosing,
        presence=presence,
        members=seen.members,
        cards=cards,
        on_line=tuple(_row(one) for one in lines if one.closed_at is None),
        handed=tuple(_row(one) for one in _handed(person.member)),
        going_out=bool(seen.open_scopes),
        fresh=seen.fresh,
    )


def _handed(name: str) -> list[Promise]:
    if not name:
        return []
    rows = store().search(agent=name, state=PromiseState.OPEN, limit=SHOWN)
    return [one for one in rows if one.assigned == name]


def _row(one: Promise) -> PromiseView:
    return promise_view(one, now(), warn_before=site().known.warn_before)


@blueprint.post("/telephone")
def telephone() -> AnyResponse:
    """Remember which telephone stands before this person."""
    name = request.form.get("member", "")
    if name not in floor().members:
        raise NotAllowed("member", NO_AGENT, name=name[:60])
    session["member"] = name
    return redirect(url_for("work.listed"), code=303)


@blueprint.post("/next")
def take_next() -> AnyResponse:
    """Take whose turn it is."""
    if agent_work().next(actor(), now(), floor().open_scopes) is None:
        flash(_("Nothing is due."), "warn")
    return redirect(url_for("work.listed"), code=303)


@blueprint.get("/find")
def find() -> AnyResponse:
    """By the reference that the caller tells, or by his whole number. Whoever tells the reference speaks for him."""
    found = find_one(arguments.text("reference"), arguments.text("number"))
    if arguments.wrong():
        return redirect(url_for("work.listed"))  # where it is told
    if found is None:
        flash(_("There is no open promise of that reference or number."), "warn")
        return redirect(url_for("work.listed"))
    return redirect(url_for("work.show", promise_id=found.id))


def find_one(reference: str, number: str) -> Promise | None:
    """The open one first, then the newest."""
    if not reference and not number:
        return None
    rows = store().search(reference=reference, number=number, limit=SHOWN)
    found = min(rows, key=lambda one: (one.closed_at is not None, -one.id), default=None)
    if found is not None and reference:
        log.info("found by its reference", promise=found.id, who=who())
        remember_named(found.id)
    return found


@blueprint.get("/<int:promise_id>")
def show(promise_id: int) -> str:
    """One card with its history."""
    return page_of(promise_id)


def page_of(promise_id: int, **more: object) -> str:
    """The page of a promise, for agents and leaders; more: what else its template shows. 404 when there is none."""
    try:
        card = card_of(promise_id)
    except NotAllowed:
        abort(404)
    return render_template(
        "work_one.html",
        card=card,
        why=why_here(card, language()),
        **(choices() | {"back": "card"} | more),
    )


@blueprint.post("/<int:promise_id>/<action>")
def act(promise_id: int, action: str) -> AnyResponse:
    """One thing to do with it."""
    if action not in AGENTS:
        abort(404)
    words, _answer = agents_action(action, promise_id, given())
    log.info("agent's work", action=action, promise=promise_id, who=who())
    if words:
        flash(words, "good")
    return redirect(_back(promise_id), code=303)


def _back(promise_id: int) -> str:
    """To the card while it is his, or he came from there; else to his desk."""
    if request.form.get("back") != "card":
        return url_for("work.listed")
    person, one = actor(), store().promise(promise_id)
    stays = person.leader or (one is not None and not is_mine(one, person, now()))
    return url_for("work.show", promise_id=promise_id) if stays else url_for("work.listed")
