"""Builds the Flask app. Everything that it needs is handed in; it reads no settings and opens nothing itself."""

from datetime import datetime, timedelta

from flask import Flask, Response, g, request, session
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]  # Flask-WTF ships no types

from callbacks.masking import mask_number
from callbacks.rules.merging import BROUGHT_BY
from console.web import (
    api,
    api_work,
    arguments,
    auth,
    book,
    callbacks,
    desk,
    duty,
    form,
    incidents,
    leader,
    measures,
    notice,
    pages,
    problems,
    recordings,
    words,
    work,
)
from console.web.site import Site
from store import Store

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def create_app(store: Store, site: Site) -> Flask:
    """The app over one store for one site. Raises ValueError without a password or a secret key."""
    if not site.password or not site.secret_key:
        raise ValueError("the console needs both console_password and console_secret_key")
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=site.secret_key,
        SESSION_COOKIE_NAME="holdfast",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        MAX_CONTENT_LENGTH=64 * 1024,
        WTF_CSRF_TIME_LIMIT=None,  # a wall display stays open for days; the token lives as long as the session
        **site.settings,
    )
    app.extensions.update({"holdfast-store": store, "holdfast-site": site})
    app.extensions.update({"holdfast-brake": auth.Brake(), "holdfast-notice": notice.Kept()})
    CSRFProtect(app)
    words.use(app)
    _add_filters(app, site)
    app.before_request(words.remember_choice)
    app.before_request(_remember_theme)
    app.before_request(auth.require_sign_in)
    app.before_request(auth.require_leader)
    app.before_request(arguments.check)
    app.after_request(_guard)
    for part in (
        pages,
        auth,
        desk,
        leader,
        callbacks,
        recordings,
        duty,
        incidents,
        api,
        notice,
        form,
        measures,
        work,
        book,
        api_work,
    ):
        app.register_blueprint(part.blueprint)
    problems.use(app)
    return app


def _add_filters(app: Flask, site: Site) -> None:
    def clock(moment: datetime) -> str:
        return f"{moment.astimezone(site.known.zone):%H:%M:%S}"

    def short(moment: datetime) -> str:
        return f"{moment.astimezone(site.known.zone):%H:%M}"

    def moment_text(moment: datetime) -> str:
        local, today = moment.astimezone(site.known.zone), site.clock().astimezone(site.known.zone)
        return f"{local:%H:%M:%S}" if local.date() == today.date() else f"{local:%m-%d %H:%M}"

    app.jinja_env.globals.update(BROUGHT_BY=BROUGHT_BY)
    app.jinja_env.filters.update(clock=clock, short=short, moment=moment_text, masked=mask_number)
    app.context_processor(
        lambda: {
            "who": auth.who(),
            "theme": session.get("theme", ""),
            "leading": auth.is_leader(),
            "has_form": site.forms is not None,
        }
    )


def _remember_theme() -> None:
    if request.args.get("theme") in arguments.THEMES:
        session["theme"] = request.args["theme"]


def _guard(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["X-Frame-Options"] = "DENY"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint != "static" and not g.get("may_keep"):
        headers.setdefault("Cache-Control", "no-store")
    return response
