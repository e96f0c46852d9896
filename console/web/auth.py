"""Signing in with the console's passwords, the brake on guessing them, and what only a leader may ask for."""

import hmac
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, ParamSpec, TypeVar, cast

import structlog
from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from callbacks.work import NotAllowed
from callbacks.work.allowed import FOR_LEADERS
from console.web.site import site
from console.web.words import translate as _

LEADER: Final = "leader"
P = ParamSpec("P")
T = TypeVar("T")
_FOR_LEADERS: Final[set[Callable[..., object]]] = set()
log = structlog.get_logger(__name__)
blueprint = Blueprint("auth", __name__)
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,40}")
OPEN = frozenset(
    {
        *("auth.login", "auth.login_post", "pages.healthz", "static"),
        *("notice.page", "notice.as_json", "notice.as_atom"),
        *("api_work.signed_in", "api_work.sign_in"),
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


def is_leader() -> bool:
    """Whether the person at this browser may do a leader's things: he gave the leaders' password, or there is none."""
    return bool(who()) and (not site().leader_password or session.get("role") == LEADER)


def leaders(view: Callable[P, T]) -> Callable[P, T]:
    """Mark a view as one for leaders; ``require_leader`` asks for it by address, whatever page led there."""
    _FOR_LEADERS.add(view)
    return view


def for_leaders(endpoint: str | None) -> bool:
    """Whether only a leader may ask for this endpoint."""
    return current_app.view_functions.get(endpoint or "") in _FOR_LEADERS


def require_leader() -> None:
    """Before every request, after ``require_sign_in``. Raises NotAllowed for an agent who asks for a leader's things."""
    if for_leaders(request.endpoint) and not is_leader():
        log.warning("refused to an agent", endpoint=request.endpoint, who=who())
        raise NotAllowed("who", FOR_LEADERS)


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
    name = request.form.get("who", "").strip()
    problem, code = sign_in(name, request.form.get("password", ""))
    if problem:
        return _form(problem, name[:40]), code
    return redirect(url_for("pages.board" if is_leader() else "work.listed"))


def sign_in(name: str, password: str) -> tuple[str, int]:
    """Sign in at this browser. Returns what is wrong, in the reader's words, with the code of the answer; "" nothing is."""
    brake: Brake = site_brake()
    address = request.remote_addr or ""
    if (rest := brake.wait(address)) > 0:
        text = _("Too many wrong passwords. Try again in %(seconds)s seconds.", seconds=int(rest) + 1)
        return text, 429
    if not _NAME.fullmatch(name):
        return _("Give your name, at most 40 characters."), 400
    role = _role(password)
    if role is None:
        brake.failed(address)
        log.warning("console sign-in refused", address=address)
        return _("The password is wrong."), 403
    brake.passed(address)
    _enter(name, role)
    return "", 200


@blueprint.post("/logout")
def logout() -> Response:
    """Forget who sits here; the language stays."""
    for key in ("who", "member", "role", "named"):
        session.pop(key, None)
    return redirect(url_for("auth.login"))


def site_brake() -> Brake:
    """The brake of the running app."""
    return cast(Brake, current_app.extensions["holdfast-brake"])


def _enter(name: str, role: str) -> None:
    kept = {key: session[key] for key in ("lang", "theme") if key in session}
    session.clear()
    session.update(kept, who=name, role=role)
    session.permanent = True


def _role(given: str) -> str | None:
    """Leader, agent, or None for a wrong password; both are looked at, so that the time says nothing."""
    own, leaders_own = _same(given, site().password), _same(given, site().leader_password)
    return LEADER if leaders_own and site().leader_password else "agent" if own else None


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _form(problem: str = "", name: str = "") -> str:
    return render_template("login.html", problem=problem, who=name)
