"""The leader's page of incidents: what is open, who has it, notes, and the papers to print (F1–F4)."""

import hashlib
from typing import Final

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from console import intents, records
from console.records import Place, Record, UnknownIncident
from console.records.archive import documents
from console.records.notes import NoteRefused, write_note
from console.records.page import style_source
from console.records.values import PARTS
from console.records.words import KINDS, PART_WORDS, WAYS
from console.web.auth import leaders, who
from console.web.problems import Refused
from console.web.site import now, site, store
from console.web.words import language
from console.web.words import translate as _

blueprint = Blueprint("incidents", __name__, url_prefix="/incidents")
SHOWN: Final = 40
MOST_SIGNS: Final = 300
_PAPER_POLICY: Final = "default-src 'none'; style-src {style}; base-uri 'none'; frame-ancestors 'none'"


@blueprint.get("/")
def listed() -> str:
    """Open ones first, then the newest."""
    found = store().incidents(SHOWN, only_open=True) + store().incidents(SHOWN)
    rows = list({one.key: one for one in found}.values())[:SHOWN]
    return render_template("incidents.html", incidents=rows, kinds=KINDS, scopes=site().known.scopes)


@blueprint.post("/")
@leaders
def declare() -> Answer:
    """Open one by hand."""
    kind, scope = request.form.get("kind", ""), request.form.get("scope", "")
    if kind not in KINDS:
        raise Refused(_("There is no kind “%(name)s”.", name=kind[:40]))
    if scope and scope not in site().known.scopes:
        known = ", ".join(site().known.scopes)
        raise Refused(_("There is no scope “%(name)s”. Known: %(known)s.", name=scope[:40], known=known))
    hurt = request.form.get("hurt", "").strip() or "0"
    if not (hurt.isascii() and hurt.isdigit() and len(hurt) <= 4):
        raise Refused(_("Give the number of people hurt as a number."))
    return _ask(intents.declare(scope, kind, _words("detail"), int(hurt)), url_for("incidents.listed"))


@blueprint.get("/<key>")
def show(key: str) -> str:
    """One of them."""
    record = _record(key)
    papers = [(one.name, one.title) for one in documents(record, _place())]
    return render_template(
        "incident.html",
        record=record,
        one=record.incident,
        papers=papers,
        parts=PARTS,
        words=PART_WORDS,
        ways=WAYS,
    )


@blueprint.get("/<key>/<name>")
def paper(key: str, name: str) -> Response:
    """A paper made to be printed, in the reader's language."""
    wanted = next((one for one in documents(_record(key), _place()) if one.name == name), None)
    if wanted is None:
        abort(404)
    page = records.to_page(wanted).encode()
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _PAPER_POLICY.format(style=style_source(page))
    response.set_etag(hashlib.sha256(page).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response


@blueprint.post("/<key>/ack")
@leaders
def ack(key: str) -> Answer:
    """Take it on."""
    return _ask(intents.ack(_record(key).incident.key), _back(key))


@blueprint.post("/<key>/hand-over")
@leaders
def hand_over(key: str) -> Answer:
    """Give it to another person."""
    return _ask(intents.hand_over(_record(key).incident.key, _words("to", 40)), _back(key))


@blueprint.post("/<key>/close")
@leaders
def close(key: str) -> Answer:
    """Close it; the bridge refuses while a fault holds it open."""
    return _ask(intents.close(_record(key).incident.key, _words("why")), _back(key))


@blueprint.post("/<key>/note")
@leaders
def note(key: str) -> Answer:
    """Write into a part of its record."""
    try:
        write_note(store(), key, request.form.get("part", ""), request.form.get("text", ""), who(), now())
    except UnknownIncident:
        abort(404)
    except NoteRefused:
        raise Refused(_("Choose a part and write something, at most 4000 characters.")) from None
    flash(_("Noted."), "good")
    return redirect(_back(key))


def _record(key: str) -> Record:
    try:
        return records.load(store(), key)
    except UnknownIncident:
        abort(404)


def _place() -> Place:
    wording = site().wording
    return Place(wording.site if wording else "", site().known.zone, language())


def _words(field: str, most: int = MOST_SIGNS) -> str:
    words = " ".join(request.form.get(field, "").split())
    if not words or len(words) > most:
        raise Refused(_("Say it in 1 to %(most)s characters.", most=most))
    return words


def _ask(asked: intents.Asked, back: str) -> Answer:
    intents.write(store(), asked, who(), now())
    flash(_("Asked for. The answer of the bridge appears under “Asked for”."), "good")
    return redirect(back)


def _back(key: str) -> str:
    return url_for("incidents.show", key=key)
