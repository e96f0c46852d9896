"""JSON of agents' and leaders' work, for programs; documented in docs/reference/api.md. The rules are those of the pages.

Every change needs the token of ``GET /api/session`` in the header ``X-CSRFToken``, as every form of the page has one.
"""

import dataclasses
from datetime import datetime
from enum import Enum
from typing import Any, Final

from flask import Blueprint, Response, abort, current_app, jsonify, session
from flask_wtf.csrf import generate_csrf  # type: ignore[import-untyped]  # Flask-WTF ships no types

from callbacks.work import NotAllowed
from callbacks.work.ground import NO_AGENT
from console.web import arguments, auth, book, work
from console.web.auth import is_leader, leaders, who
from console.web.card import Card, card_of, why_here
from console.web.doing import AGENTS, LEADERS, agents_action, leaders_action
from console.web.given import given
from console.web.site import now
from console.web.words import N_, language
from console.web.working import actor, agent_work, floor, member

blueprint = Blueprint("api_work", __name__, url_prefix="/api")
NOTHING_TO_FIND: Final = N_("Give a reference or a number.")


@blueprint.get("/session")
def signed_in() -> Response:
    """Who is signed in, and the token that every change needs. Open to everybody."""
    role = "leader" if is_leader() else "agent" if who() else ""
    return jsonify(who=who(), role=role, member=member(), csrf_token=generate_csrf())


@blueprint.post("/session")
def sign_in() -> tuple[Response, int] | Response:
    """Sign in with ``who`` and ``password``; with ``member`` alone: choose a telephone."""
    sent = given()
    if sent.text("member"):
        return _sit_at(sent.text("member"))
    problem, code = auth.sign_in(sent.text("who"), sent.fields.get("password", ""))
    return (jsonify(error=problem), code) if problem else signed_in()


def _sit_at(name: str) -> Response:
    if not who():
        abort(401)
    if name not in floor().members:
        raise NotAllowed("member", NO_AGENT, name=name[:60])
    session["member"] = name
    return signed_in()


@blueprint.get("/work")
def mine() -> Response:
    """What this agent has, what was handed to him, and who is on his line."""
    desk = work.view()
    return _json(
        {
            "member": desk.member,
            "going_out": desk.going_out,
            "cards": [_card(one) for one in desk.cards],
            "on_line": desk.on_line,
            "handed": desk.handed,
        }
    )


@blueprint.post("/work/next")
def take_next() -> Response:
    """Take the next one; ``promise`` is null when nothing is due."""
    taken = agent_work().next(actor(), now(), floor().open_scopes)
    return _json({"promise": None if taken is None else _card(card_of(taken.id))})


@blueprint.get("/work/find")
def find() -> Response:
    """By ``reference`` or whole ``number``; null when there is none."""
    reference, number = arguments.text("reference"), arguments.text("number")
    if not reference and not number:
        raise NotAllowed("reference", NOTHING_TO_FIND)
    found = work.find_one(reference, number)
    return _json({"promise": None if found is None else _card(card_of(found.id))})


@blueprint.get("/work/<int:promise_id>")
def show(promise_id: int) -> Response:
    """One promise with all that belongs to it, whole only to whoever it concerns."""
    try:
        card = card_of(promise_id)
    except NotAllowed:
        abort(404)
    return _json({"promise": _card(card), "why": why_here(card, language())})


@blueprint.post("/work/<int:promise_id>/<action>")
def act(promise_id: int, action: str) -> Response:
    """One thing to do with it."""
    if action not in AGENTS:
        abort(404)
    _words, answer = agents_action(action, promise_id, given())
    return _json({"ok": True, **answer})


@blueprint.get("/book")
@leaders
def listed() -> Response:
    """A page of the book; ``after`` asks for the next one."""
    found = book.view()
    return _json({"promises": found.rows, "late": found.late, "soon": found.soon, "after": found.after})


@blueprint.post("/book/<action>")
@leaders
def act_on_many(action: str) -> Response:
    """One thing to do with the promises named in ``promises``."""
    if action not in LEADERS:
        abort(404)
    _words, answer = leaders_action(action, given())
    return _json({"ok": True, **answer})


def _card(card: Card) -> dict[str, Any]:
    one = card.promise
    return {
        "id": one.id,
        "number": card.number,
        **{
            name: getattr(one, name)
            for name in (
                *("scope", "state", "matter", "language", "created_at", "due_at", "wished_at", "attempts"),
                *("agent", "assigned", "paused", "reason", "attention", "attempt", "claimed_until"),
                *("first_by", "answer_by", "closed_at", "fault"),
            )
        },
        "mine": card.mine,
        "stage": card.stage,
        "may": sorted(card.shown.may),
        "matters": [
            {
                "capture": row.matter.capture.key,
                "at": row.matter.capture.at,
                "matter": row.matter.capture.matter,
                "reference": row.matter.capture.reference,
                "region": row.matter.capture.region,
                "name": row.matter.capture.name,
                "address": row.matter.capture.address,
                "remarks": row.matter.capture.remarks,
                "taken_by": row.matter.capture.taken_by,
                "recording": bool(row.matter.capture.recording),
                "outcome": row.matter.outcome if card.whole else None,
            }
            for row in card.calls
        ],
        "requests": [{"at": one.at, "asks": one.asks} for one, _ in card.requests],
        "attempts_made": [
            {"key": a.key, "at": a.started_at, "outcome": a.outcome, "agent": a.agent, "note": a.note}
            for a in (card.shown.attempts if card.whole else ())
        ],
        "history": card.shown.history if card.whole else (),
    }


def _json(value: Any) -> Response:
    return Response(
        current_app.json.dumps(value, default=_plain) + "\n",
        mimetype="application/json",
    )


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return str(value)
