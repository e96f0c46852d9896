"""What a leader asks for by hand: a mode, its end, a recovery time. Written as intents; the bridge decides."""

from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from console import intents
from console.web.asking import ask
from console.web.auth import leaders
from console.web.problems import Refused
from console.web.site import now, site
from console.web.words import translate as _
from fallback.modes import Mode

blueprint = Blueprint("leader", __name__, url_prefix="/leader")
MODES: Final = tuple(mode.value for mode in (Mode.OUTAGE, Mode.DEGRADED, Mode.NORMAL, Mode.EVACUATED))
MINUTES_MAX: Final = 24 * 60


@blueprint.post("/override")
@leaders
def override() -> Response:
    """Ask for a mode of a scope; every one but EVACUATED ends by itself."""
    mode = _mode(request.form.get("mode", ""))
    until = None if mode is Mode.EVACUATED else now() + timedelta(minutes=_minutes())
    return _ask(intents.override_set(_scope(), mode, _why(), until))


@blueprint.post("/override/end")
@leaders
def override_end() -> Response:
    """Ask for the end of what was set by hand."""
    return _ask(intents.override_end(_scope(), request.form.get("why", "").strip()[:200]))


@blueprint.post("/recovery")
@leaders
def recovery() -> Response:
    """State when a scope will work again; an empty time: not known any more."""
    return _ask(intents.recovery_set(_scope(), _recovery_time(request.form.get("at", "").strip())))


def _ask(intent: intents.Asked) -> Response:
    ask(intent)
    return redirect(url_for("pages.board"))


def _scope() -> str:
    name = request.form.get("scope", "")
    if name not in site().known.scopes:
        known = ", ".join(site().known.scopes)
        raise Refused(_("There is no scope “%(name)s”. Known: %(known)s.", name=name[:40], known=known))
    return name


def _mode(text: str) -> Mode:
    if text not in MODES:
        raise Refused(_("There is no mode “%(name)s”.", name=text[:40]))
    return Mode(text)


def _why() -> str:
    why = request.form.get("why", "").strip()
    if not why or len(why) > 200:
        raise Refused(_("Say why, in at most 200 characters."))
    return why


def _minutes() -> int:
    text = request.form.get("minutes", "").strip()
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MINUTES_MAX):
        raise Refused(_("Give the minutes as a number from 1 to %(most)s.", most=MINUTES_MAX))
    return int(text)


def _recovery_time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return intents.next_time_of_day(text, now(), site().known.zone)
    except ValueError as problem:
        raise Refused(_("Give the time as HH:MM.")) from problem
