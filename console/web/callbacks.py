"""Callbacks for a leader: one with all that belongs to it, those to be looked at, requests, and missed calls."""

from dataclasses import dataclass
from typing import Final

import structlog
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from callbacks.values import Promise, PromiseState
from callbacks.work.allowed import FOR_LEADERS
from console.summary import promise_view
from console.web import arguments
from console.web.auth import is_leader, leaders, who
from console.web.recordings import heard
from console.web.site import now, store
from console.web.words import translate as _
from console.web.work import page_of
from console.web.working import actor, leader_work
from store.promises import BY_PERSON

log = structlog.get_logger(__name__)
blueprint = Blueprint("callbacks", __name__, url_prefix="/callbacks")
SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Watched:
    """A promise that somebody should look at. waiting: it may be let, because nobody calls it now and it is open."""

    promise: Promise
    waiting: bool


@blueprint.get("/")
@leaders
def listed() -> str:
    """What a leader has to settle: held promises, requests without effect, and notices with what became of them."""
    moment = now()
    watched = [_watched(one) for one in store().for_leader(SHOWN)]
    return render_template(
        "callbacks.html",
        silent=leader_work().silent(actor()),
        watched=[(promise_view(one.promise, moment), one.waiting) for one in watched],
        requests=store().unapplied(SHOWN),
        notices=store().notices(SHOWN),
    )


@blueprint.get("/missed")
def missed() -> str:
    """Calls that left nothing to call back; ``?full`` shows their numbers whole."""
    calls = [(one.capture, heard(one.capture)) for one in store().missed(2 * SHOWN)]
    full = arguments.flag("full")
    if full and not is_leader():
        flash(_(FOR_LEADERS), "warn")
    return render_template("missed.html", calls=calls, full=full and is_leader())


@blueprint.get("/<int:promise_id>")
def show(promise_id: int) -> str:
    """One promise with all that belongs to it; its number is whole for leaders and for whoever has it."""
    return page_of(promise_id, words=store().changes(SHOWN, kind=BY_PERSON, subject=f"#{promise_id}"))


@blueprint.post("/<int:promise_id>/let")
@leaders
def let(promise_id: int) -> Response:
    """Let it be called, in its old place."""
    promise = _promise(promise_id)
    if store().let(promise.id, now(), who()):
        log.info("promise let", promise=promise.id, who=who(), reason=promise.reason)
        flash(_("Promise %(id)s is called in its turn.", id=promise.id), "good")
    else:
        flash(_("Promise %(id)s is not held.", id=promise.id), "warn")
    return _back(promise_id)


@blueprint.post("/<int:promise_id>/seen")
@leaders
def seen(promise_id: int) -> Response:
    """Somebody has looked at it; nothing else about it changes."""
    promise = _promise(promise_id)
    if store().seen_by_leader(promise.id, now(), who()):
        log.info("promise looked at", promise=promise.id, who=who(), reason=promise.reason)
        flash(_("Promise %(id)s is off the list.", id=promise.id), "good")
    return redirect(url_for("callbacks.listed"))


def _promise(promise_id: int) -> Promise:
    found = store().promise(promise_id) if promise_id < 2**31 else None
    if found is None:
        abort(404)
    return found


def _watched(promise: Promise) -> Watched:
    return Watched(promise, promise.attention and promise.state is PromiseState.OPEN)


def _back(promise_id: int) -> Response:
    on_page = request.form.get("back") == "one"
    return redirect(
        url_for("callbacks.show", promise_id=promise_id) if on_page else url_for("callbacks.listed")
    )
