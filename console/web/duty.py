"""Danger and fault reports that nobody has taken on (requirements E0, E3), with their numbers whole: whoever is on duty calls."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from callbacks.rules.passing_on import Report
from callbacks.values import Matter
from console import intents, summary
from console.live_rows import DutyRow
from console.web.answers import Fragment, unless_same
from console.web.asking import ask
from console.web.problems import Refused
from console.web.recordings import Heard, heard
from console.web.site import now, site, store
from console.web.words import translate as _
from store import StoreProblem

blueprint = Blueprint("duty", __name__, url_prefix="/duty")
SHOWN: Final = 200
MATTERS: Final = ("danger", "fault", "all")
HEARD: Final = 20  # danger reports whose recording is looked for; there are never many at once


@dataclass(frozen=True, slots=True)
class Shown:
    """A report with what its caller said. heard: None without a recording."""

    report: Report
    heard: Heard | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the page shows. count, danger: of all reports; those beyond ``SHOWN`` are not listed. known: False while the store
    is away, and then only the bridge's counts are there.
    """

    reports: tuple[Shown, ...]
    count: int
    danger: int
    trouble: str
    known: bool
    pending: int


@blueprint.get("/")
def listed() -> str:
    """The whole page."""
    return render_template(
        "duty.html", reports=fragment(), poll=f"{site().poll:g}", zone=site().known.zone.key
    )


@blueprint.get("/reports")
def reports() -> Response:
    """The list alone; 304 while it is the same."""
    return unless_same(fragment())


@blueprint.post("/ack")
def ack() -> AnyResponse:
    """Take on the reports named, or all of a matter."""
    captures, matter = request.form.getlist("capture"), request.form.get("matter", "")
    if matter and matter not in MATTERS:
        raise Refused(_("There is no matter “%(name)s”.", name=matter[:40]))
    if not matter and not captures:
        raise Refused(_("Choose what you take on."))
    ask(intents.duty_ack([key[:160] for key in captures[:SHOWN]], matter))
    return redirect(url_for("duty.listed"), code=303)


def fragment() -> Fragment:
    """The list as a part of the page."""
    waiting = view()
    return Fragment(render_template("reports.html", waiting=waiting), repr(waiting))


def view() -> Waiting:
    """Danger first, then faults, each oldest first. Raises StoreProblem when neither store nor bridge answers."""
    picture = summary.build(store(), now(), site().known)
    row = picture.live.duty
    pending = sum(one.kind == "duty-ack" and one.state == "pending" for one in picture.intents)
    if picture.from_memory:
        return _counted(row)
    try:
        found = sorted(
            store().duty_open(), key=lambda one: (one.matter is not Matter.DANGER, one.at, one.key)
        )
    except StoreProblem:
        return _counted(row)
    danger = sum(one.matter is Matter.DANGER for one in found)
    return Waiting(tuple(_shown(found[:SHOWN])), len(found), danger, row.trouble, True, pending)


def _counted(row: DutyRow) -> Waiting:
    return Waiting((), row.open, row.danger, row.trouble, False, 0)


def _shown(found: list[Report]) -> list[Shown]:
    first = [one for one in found if one.matter is Matter.DANGER][:HEARD]
    captures = {one.key: store().capture(one.key) for one in first}
    return [Shown(one, heard(capture) if (capture := captures.get(one.key)) else None) for one in found]
