"""A leader's page of the whole book: what is late, a list with filters, and what can be done with many at once.

Its rules are those of ``callbacks.work``. Lists go from key to key and nothing is counted, so that a book of a million is as
quick as one of a hundred.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from callbacks.values import Matter, Promise, PromiseState
from callbacks.work import Filters, When
from console.summary import PromiseView, promise_view
from console.web import arguments
from console.web.answers import Fragment, unless_same
from console.web.auth import leaders, who
from console.web.doing import LEADERS, leaders_action
from console.web.given import given
from console.web.site import now, site
from console.web.working import actor, at_one_moment, floor, leader_work

log = structlog.get_logger(__name__)
blueprint = Blueprint("book", __name__, url_prefix="/book")
SHOWN: Final = 50
OWED: Final = 10
TICKS: Final = ("attention", "paused")


@dataclass(frozen=True, slots=True)
class Listed:
    """late, soon: what is owed, the first of each, on the first page without filters. after: where the next page begins."""

    rows: tuple[PromiseView, ...]
    late: tuple[PromiseView, ...]
    soon: tuple[PromiseView, ...]
    after: str
    asked: tuple[tuple[str, str], ...]


@blueprint.get("/")
@leaders
def listed() -> str:
    """The whole page."""
    return render_template(
        "book.html",
        rows=fragment(),
        asked=dict(asked()),
        query=urlencode(asked()),
        here=urlencode([*asked(), *([("after", after)] if (after := arguments.text("after")) else ())]),
        states=list(PromiseState),
        matters=list(Matter),
        whens=[one for one in When if one],
        scopes=site().known.scopes,
        agents=floor().members,
        zone=site().known.zone.key,
        poll=f"{site().poll:g}",
    )


@blueprint.get("/rows")
@leaders
def rows() -> Response:
    """The list alone; 304 while it is the same."""
    return unless_same(fragment())


@blueprint.post("/<action>")
@leaders
def act(action: str) -> AnyResponse:
    """One thing to do with those that were chosen."""
    if action not in LEADERS:
        abort(404)
    sent = given()
    words, _answer = leaders_action(action, sent)
    log.info("leader's work", action=action, promises=len(sent.promises), who=who())
    flash(words, "good")
    if sent.text("back") == "card":
        return redirect(url_for("work.show", promise_id=sent.number("promise")), code=303)
    return redirect(f"{url_for('book.listed')}?{sent.text('query')}", code=303)


def fragment() -> Fragment:
    """The list as a part of the page."""
    found = view()
    query = urlencode(asked())
    return Fragment(lambda: render_template("book_rows.html", listed=found, query=query), repr(found))


@at_one_moment
def view() -> Listed:
    """What was asked for in the address."""
    person, work, moment = actor(), leader_work(), now()
    page = work.find(person, filters(), moment, after=arguments.text("after"), limit=SHOWN)
    first = not asked() and not arguments.text("after")
    return Listed(
        rows=_views(page.rows),
        late=_views(work.late(person, moment, OWED)) if first else (),
        soon=_views(work.soon(person, moment, OWED)) if first else (),
        after=page.after,
        asked=asked(),
    )


def asked() -> tuple[tuple[str, str], ...]:
    """The filters in the address, in a settled order; those left empty are left out, and so is what ``arguments`` told of."""
    ticks = {name: "1" if arguments.text(name) and arguments.flag(name) else "" for name in TICKS}
    given = {name: arguments.text(name) for name in arguments.FILTERS} | ticks
    return tuple((name, text) for name, text in given.items() if text)


def filters() -> Filters:
    """The filters as values."""
    wanted = dict(asked())
    state, matter = wanted.get("state"), wanted.get("matter")
    return Filters(
        state=PromiseState(state) if state else None,
        scope=wanted.get("scope", ""),
        matter=Matter(matter) if matter else None,
        when=When(wanted.get("when", "")),
        agent=wanted.get("agent", ""),
        number=wanted.get("number", ""),
        reference=wanted.get("reference", ""),
        fault=wanted.get("fault", ""),
        attention="attention" in wanted,
        paused="paused" in wanted,
    )


def _views(rows: list[Promise] | tuple[Promise, ...]) -> tuple[PromiseView, ...]:
    moment, warn = now(), site().known.warn_before
    return tuple(promise_view(one, moment, warn_before=warn) for one in rows)
