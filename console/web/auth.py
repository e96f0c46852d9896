"""Signing in with the console's password, and the brake on guessing it."""

import hmac
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import structlog
from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from console.web.site import site
from console.web.words import translate as _

log = structlog.get_logger(__name__)
blueprint = Blueprint("auth", __name__)
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,40}")
OPEN = frozenset(
    {
        *("auth.login", "auth.login_post", "pages.healthz", "static"),
        *("notice.page", "notice.as_json", "notice.as_atom"),
    }
)


@dataclass(slots=True)
class Brake:
    """Counts wrong passwords: after ``tries`` in a row nobody at that address gets another try for ``rest`` seconds.

    Kept in memory of the one worker process; bounded, so that many addresses cannot fill it. clock: monotonic seconds.
    """

    tries: int = 5
    rest: float = 30.0
    limit: int = 1000
    clock: Callable[[], float] = time.monotonic
    _failed: dict[str, tuple[int, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, address: str) -> float:
        """Seconds until this address may try again; 0.0: now."""
        with self._lock:
            count, at = self._failed.get(address, (0, 0.0))
        return max(0.0, at + self.rest - self.clock()) if count >= self.tries else 0.0

    def failed(self, address: str) -> None:
        """Note a wrong password. After a rest the next wrong one starts another rest at once."""
        with self._lock:
            count, _at = self._failed.pop(address, (0, 0.0))
            if len(self._failed) >= self.limit:
                del self._failed[next(iter(self._failed))]
            self._failed[address] = (count + 1, self.clock())

    def passed(self, address: str) -> None:
        """Forget what was wrong before."""
        with self._lock:
            self._failed.pop(address, None)


def who() -> str:
    """The name of the person at this browser; "" when not signed in."""
    return str(session.get("who", ""))


def require_sign_in() -> Response | None:
    """Before every request: only the login page, its files, /healthz and the public notice are open."""
    if request.endpoint in OPEN or who():
        return None
    if request.path.startswith("/api/") or request.headers.get("HX-Request"):
        return Response('{"error": "sign in first"}\n', status=401, mimetype="application/json")
    return redirect(url_for("auth.login"))


@blueprint.get("/login")
def login() -> str | Response:
    """The sign-in form."""
    return redirect(url_for("pages.board")) if who() else _form()


@blueprint.post("/login", endpoint="login_post")
def login_post() -> Response | tuple[str, int]:
    """Check name and password; a wrong one slows the next tries down."""
    brake: Brake = site_brake()
    address = request.remote_addr or ""
    name = request.form.get("who", "").strip()
    if (rest := brake.wait(address)) > 0:
        text = _("Too many wrong passwords. Try again in %(seconds)s seconds.", seconds=int(rest) + 1)
        return _form(text, name), 429
    if not _NAME.fullmatch(name):
        return _form(_("Give your name, at most 40 characters."), name[:40]), 400
    if not _same(request.form.get("password", ""), site().password):
        brake.failed(address)
        log.warning("console sign-in refused", address=address)
        return _form(_("The password is wrong."), name), 403
    brake.passed(address)
    _enter(name)
    return redirect(url_for("pages.board"))


@blueprint.post("/logout")
def logout() -> Response:
    """Forget who sits here; the language stays."""
    for key in ("who", "member"):
        session.pop(key, None)
    return redirect(url_for("auth.login"))


def site_brake() -> Brake:
    """The brake of the running app."""
    return cast(Brake, current_app.extensions["holdfast-brake"])


def _enter(name: str) -> None:
    kept = {key: session[key] for key in ("lang", "theme") if key in session}
    session.clear()
    session.update(kept, who=name)
    session.permanent = True


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _form(problem: str = "", name: str = "") -> str:
    return render_template("login.html", problem=problem, who=name)
