"""The words of the page in the reader's language; the only place that touches Flask-Babel.

English is the source language; the catalogue in ``translations/`` holds zh-CN. Names that come from values (modes, states,
outcomes) are translated by the tables below, so that every one of them is in the catalogue and none is shown raw.
"""

from collections.abc import Mapping
from typing import Final

from flask import Flask, Request, current_app, request, session
from flask_babel import (  # type: ignore[import-untyped]  # Flask-Babel ships no types; wrapped here
    Babel,
)
from flask_babel import gettext as _gettext

from console.live_rows import parse_time

LANGUAGES: Final = ("zh-CN", "en")
_LOCALES: Final = {"zh-CN": "zh_Hans_CN", "en": "en"}


def N_(text: str) -> str:  # the customary name: it marks a text for the catalogue
    """Mark a text for the catalogue without translating it yet."""
    return text


def translate(text: str, **values: object) -> str:
    """The text in the reader's language, with ``%(name)s`` filled in."""
    return str(_gettext(text, **values))


MODES: Final[Mapping[str, str]] = {
    "NORMAL": N_("Normal"),
    "RECOVERING": N_("Recovering"),
    "DEGRADED": N_("Degraded"),
    "OUTAGE": N_("Outage"),
    "EVACUATED": N_("Evacuated"),
    "UNKNOWN": N_("Unknown"),
}
ACTIONS: Final[Mapping[str, str]] = {
    "pass": N_("Callers reach the queue"),
    "capture": N_("Callers hear the announcement and leave their number"),
    "unknown": N_("Not known what callers hear"),
}
HEALTHS: Final[Mapping[str, str]] = {
    "UP": N_("up"),
    "SUSPECT": N_("suspect"),
    "DOWN": N_("down"),
    "MENDING": N_("mending"),
    "UNKNOWN": N_("unknown"),
}
PRESENCES: Final[Mapping[str, str]] = {
    "free": N_("free"),
    "busy": N_("in a call"),
    "ringing": N_("ringing"),
    "paused": N_("paused"),
    "unreachable": N_("unreachable"),
    "unknown": N_("unknown"),
}
STATES: Final[Mapping[str, str]] = {
    "open": N_("open"),
    "claimed": N_("claimed"),
    "dialling": N_("dialling"),
    "talking": N_("talking"),
    "done": N_("done"),
    "refused": N_("refused"),
    "unreachable": N_("unreachable"),
    "cancelled": N_("cancelled"),
}
STAGES: Final[Mapping[str, str]] = {
    "queue": N_("ringing an agent"),
    "dial": N_("ringing the caller"),
    "talking": N_("talking"),
    "ended": N_("ended, say how"),
    "unknown": N_("unknown"),
}
MATTERS: Final[Mapping[str, str]] = {
    "fault": N_("fault report"),
    "bill": N_("bill"),
    "complaint": N_("complaint"),
    "tipoff": N_("tip-off"),
    "question": N_("question"),
    "unstated": N_("not stated"),
}
OUTCOMES: Final[Mapping[str, str]] = {
    "answered": N_("Done"),
    "voicemail": N_("Voicemail"),
    "busy": N_("Busy"),
    "no_answer": N_("No answer"),
    "congestion": N_("Lines full"),
    "rejected": N_("Line rejected"),
    "refused": N_("Does not want it"),
    "again": N_("Call again"),
    "no_agent": N_("No agent"),
    "not_dialled": N_("Not dialled"),
    "unknown": N_("Unknown"),
}
CHANGES: Final[Mapping[str, str]] = {
    "component": N_("component"),
    "computed": N_("computed mode"),
    "mode": N_("mode"),
    "override": N_("by hand"),
    "recovery": N_("recovery time"),
    "incident": N_("incident"),
    "capacity": N_("capacity"),
    "link": N_("link"),
    "refused": N_("refused"),
}
INTENTS: Final[Mapping[str, str]] = {
    "override-set": N_("Set mode"),
    "override-end": N_("End override"),
    "recovery-set": N_("Recovery time"),
    "dial": N_("Call"),
    "outcome": N_("Outcome"),
}
INTENT_STATES: Final[Mapping[str, str]] = {
    "pending": N_("waiting for the bridge"),
    "applied": N_("applied"),
    "refused": N_("refused"),
    "failed": N_("failed"),
}
_TABLES: Final = {
    "mode": MODES,
    "action": ACTIONS,
    "health": HEALTHS,
    "presence": PRESENCES,
    "state": STATES,
    "stage": STAGES,
    "matter": MATTERS,
    "outcome": OUTCOMES,
    "change": CHANGES,
    "intent": INTENTS,
    "intent_state": INTENT_STATES,
}


def word(table: str, value: str) -> str:
    """The word for a value; a value that has none yet is shown as it is rather than hidden."""
    text = _TABLES[table].get(value)
    return translate(text) if text else value


def moved(kind: str, value: str) -> str:
    """What a change row moved from or to: modes and healths by their words, all else as it is."""
    if kind == "recovery" and (moment := parse_time(value)):
        return str(current_app.jinja_env.filters["moment"](moment))
    table = {"mode": "mode", "computed": "mode", "override": "mode", "component": "health"}.get(kind)
    return word(table, value) if table else value


def language(req: Request = request) -> str:
    """The reader's language: the one chosen before, else the best of Accept-Language, else zh-CN."""
    chosen = session.get("lang")
    if chosen in LANGUAGES:
        return str(chosen)
    return "en" if req.accept_languages.best_match(["zh-CN", "zh", "en"]) == "en" else "zh-CN"


def use(app: Flask) -> None:
    """Make the app speak the reader's language."""
    Babel(app, locale_selector=lambda: _LOCALES[language()], default_locale="zh_Hans_CN")
    app.jinja_env.globals.update(word=word, moved=moved, language=language, languages=LANGUAGES)


def remember_choice() -> None:
    """Keep the language of ``?lang=`` for this browser."""
    if request.args.get("lang") in LANGUAGES:
        session["lang"] = request.args["lang"]
