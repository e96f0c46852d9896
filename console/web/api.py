"""JSON for programs: the same content as ``holdfast status --json``."""

from flask import Blueprint, Response

from console import summary
from console.web.site import now, site, store

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/status")
def status() -> Response:
    """The summary as JSON; numbers are masked. Needs a signed-in session."""
    text = summary.to_json(summary.build(store(), now(), site().known))
    return Response(text + "\n", mimetype="application/json")
