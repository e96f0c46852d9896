"""The words of the page in the reader's language; the only place that touches Flask-Babel.

English is the source language; the catalogue in ``translations/`` holds zh-CN. The words for values are in
``console.words``.
"""

from collections.abc import Mapping
from functools import lru_cache
from gettext import NullTranslations
from typing import Final, cast

from flask import Flask, Request, current_app, g, has_request_context, request, session
from flask_babel import (  # type: ignore[import-untyped]  # Flask-Babel ships no types; wrapped here
    Babel,
    get_translations,
)
from markupsafe import Markup

from callbacks.values import Touch
from console.live_rows import parse_time
from console.words import (
    ACTIONS,
    ASKS,
    BY_PERSON,
    CHANGES,
    HEALTHS,
    INTENT_STATES,
    INTENTS,
    LANGUAGES,
    LENGTHS,
    MATTERS,
    MODES,
    N_,
    NOTICE_STATES,
    NOTICE_WAYS,
    OUTCOMES,
    OWING,
    PRESENCES,
    REASONS,
    SETTLED,
    SOURCES,
    STAGES,
    STATES,
    TOUCHES,
    WHENS,
)

__all__ = [
    "ACTIONS",
    "ASKS",
    "BY_PERSON",
    "CHANGES",
    "HEALTHS",
    "INTENTS",
    "INTENT_STATES",
    "LANGUAGES",
    "LENGTHS",
    "MATTERS",
    "MODES",
    "NOTICE_STATES",
    "NOTICE_WAYS",
    "N_",
    "OUTCOMES",
    "OWING",
    "PRESENCES",
    "REASONS",
    "SETTLED",
    "SOURCES",
    "STAGES",
    "STATES",
    "TOUCHES",
    "WHENS",
    "beside",
    "language",
    "moved",
    "remember_choice",
    "translate",
    "use",
    "word",
]
_LOCALES: Final = {"zh-CN": "zh_Hans_CN", "en": "en"}


def translate(text: str, **values: object) -> str:
    """The text in the reader's language, with ``%(name)s`` filled in."""
    found = _catalogue().gettext(text)
    return found % values if values else found


def _on_page(text: str, **values: object) -> Markup:
    """The same for templates, with what is filled in escaped."""
    return _said(_catalogue(), text) % values if values else _marked(_catalogue(), text)


def _said(catalogue: NullTranslations, text: str) -> Markup:
    return Markup(catalogue.gettext(text))  # noqa: S704  # our own words, as Jinja's own gettext marks them


@lru_cache(maxsize=2048)
def _marked(catalogue: NullTranslations, text: str) -> Markup:
    """A page of a hundred rows says the same few words a thousand times. Jinja has a sign of per cent written twice in any."""
    return _said(catalogue, text) % {}


def _catalogue() -> NullTranslations:
    """Looked up once for a request; Flask-Babel asks three times for the locale for every text."""
    try:
        return cast(NullTranslations, g.catalogue)
    except (AttributeError, RuntimeError):  # the first text of this request; or there is none
        found = cast(NullTranslations, get_translations())
    if has_request_context():
        g.catalogue = found
    return found


_TABLES: Final[Mapping[str, Mapping[str, str]]] = {
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
    "asks": ASKS,
    "source": SOURCES,
    "notice_state": NOTICE_STATES,
    "notice_way": NOTICE_WAYS,
    "length": LENGTHS,
    "by_person": BY_PERSON,
    "settled": SETTLED,
    "touch": TOUCHES,
    "owing": OWING,
    "when": WHENS,
    "remark": {**REASONS, **OUTCOMES},
}


def word(table: str, value: str) -> str:
    """The word for a value; a value that has none yet is shown as it is rather than hidden."""
    text = _TABLES[table].get(value)
    return translate(text) if text else value


def moved(kind: str, value: str) -> str:
    """What a change row moved from or to: modes and healths by their words, all else as it is."""
    if kind == "recovery" and (moment := parse_time(value)):
        return str(current_app.jinja_env.filters["moment"](moment))
    table = {
        "mode": "mode",
        "computed": "mode",
        "override": "mode",
        "component": "health",
        "callback": "by_person",
    }.get(kind)
    return word(table, value) if table else value


def beside(touch: Touch) -> str:
    """What stands beside a line of the history; the time that a caller wished for as all other times."""
    wished, rest = touch.wish
    if wished is None:
        return word("remark", rest)
    return f"{current_app.jinja_env.filters['moment'](wished)} {rest}".rstrip()


def language(req: Request = request) -> str:
    """The reader's language: the one chosen before, else the best of Accept-Language, else zh-CN."""
    chosen = session.get("lang")
    if chosen in LANGUAGES:
        return str(chosen)
    return "en" if req.accept_languages.best_match(["zh-CN", "zh", "en"]) == "en" else "zh-CN"


def use(app: Flask) -> None:
    """Make the app speak the reader's language."""
    Babel(app, locale_selector=lambda: _LOCALES[language()], default_locale="zh_Hans_CN")
    app.jinja_env.globals.update(
        _=_on_page, word=word, moved=moved, beside=beside, language=language, languages=LANGUAGES
    )


def remember_choice() -> None:
    """Keep the language of ``?lang=`` for this browser."""
    if request.args.get("lang") in LANGUAGES:
        session["lang"] = request.args["lang"]
