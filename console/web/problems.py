"""Every refusal as a page, or as JSON for programs: what is wrong and what to do, never a traceback."""

import structlog
from flask import Flask, Response, jsonify, render_template, request
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]  # Flask-WTF ships no types
from werkzeug.exceptions import HTTPException

from callbacks.work import NotAllowed
from callbacks.work.allowed import FOR_LEADERS
from console.web.words import translate as _
from store import StoreProblem

log = structlog.get_logger(__name__)


class Refused(Exception):
    """What a person sent cannot be used; ``str`` says why, in his language. Answered with 400."""


def use(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(Refused, lambda problem: _answer(400, _("Not accepted"), str(problem)))
    app.register_error_handler(NotAllowed, _not_allowed)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StoreProblem, _store)


def _not_allowed(problem: NotAllowed) -> tuple[str | Response, int]:
    code = 403 if problem.text == FOR_LEADERS else 400
    return _answer(code, _("Not accepted"), _(problem.text, **problem.values), problem.field)


def _csrf(_problem: Exception) -> tuple[str | Response, int]:
    return _answer(
        400, _("Not accepted"), _("The form is out of date. Go back, reload the page and try again.")
    )


def _http(problem: HTTPException) -> tuple[str | Response, int]:
    texts = {
        404: _("There is no such page or promise."),
        405: _("This address does not take that."),
        413: _("Too much was sent."),
    }
    code = problem.code or 500
    return _answer(code, f"{code}", texts.get(code, problem.name))


def _store(problem: Exception) -> tuple[str | Response, int]:
    log.error("store away", problem=str(problem))
    text = _(
        "The store cannot be used now: %(problem)s. Switching and capture go on without it.", problem=problem
    )
    return _answer(503, _("Store away"), text)


def _answer(code: int, title: str, message: str, field: str = "") -> tuple[str | Response, int]:
    if request.path.startswith("/api/"):
        return jsonify({"error": message} | ({"field": field} if field else {})), code
    return render_template("problem.html", title=title, message=message), code
