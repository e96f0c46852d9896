"""The board, its live part, and the open health answer."""

from flask import Blueprint, Response, jsonify, render_template

from console import summary
from console.web import arguments, desk, leader
from console.web.answers import Fragment, unless_same
from console.web.site import now, site, store

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def board() -> str:
    """The whole page; from then on its two live parts fetch themselves."""
    picture = _summary()
    return render_template(
        "board.html",
        summary=picture,
        live=_live(picture),
        desk=desk.fragment(picture, choosing=arguments.flag("choose")),
        scopes=site().known.scopes,
        modes=leader.MODES,
        zone=site().known.zone.key,
        poll=f"{site().poll:g}",
    )


@blueprint.get("/live")
def live() -> Response:
    """The board without the desk; 304 when nothing that can be seen has changed."""
    return unless_same(_live(_summary()))


@blueprint.get("/healthz")
def healthz() -> Response:
    """Open to everyone: whether this process and its store answer; says nothing else."""
    store().live_row("bridge")
    return jsonify(ok=True)


def _live(picture: summary.Summary) -> Fragment:
    return Fragment(render_template("live.html", summary=picture))


def _summary() -> summary.Summary:
    return summary.build(store(), now(), site().known)
