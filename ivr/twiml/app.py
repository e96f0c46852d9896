"""The WSGI app that a provider asks what to do with a call. Every request is signed by the provider, or refused."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog
from flask import Flask, Response, abort, jsonify, request, send_from_directory
from twilio.request_validator import RequestValidator
from werkzeug.exceptions import HTTPException

from ivr.twiml.addresses import RETRY
from ivr.twiml.calls import Asked, Calls
from ivr.twiml.trail import BadTrail
from ivr.twiml.verbs import Script

log = structlog.get_logger()
NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
PROMPT = re.compile(r"[A-Za-z0-9_-]{1,80}(@[A-Za-z0-9_-]{1,80})?")
CALL = re.compile(r"[A-Za-z0-9_.:@-]{1,80}")
LANGUAGE = re.compile(r"[A-Za-z-]{2,16}")
MOST_BODY = 16 * 1024
MOST_FIELDS = 100
GONE = frozenset({"completed", "canceled", "failed", "busy", "no-answer"})


class Health(Protocol):
    """What is wrong here; empty when nothing is."""

    def __call__(self) -> list[str]: ...


def create_app(
    calls: Calls,
    *,
    auth_token: str,
    public_url: str,
    prompts: Path,
    health: Health,
    clock: Callable[[], datetime],
) -> Flask:
    """public_url: what the provider signs, whatever a proxy makes of it. prompts: their folder. clock: aware UTC."""
    app = Flask(__name__, static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=MOST_BODY, MAX_FORM_MEMORY_SIZE=MOST_BODY, MAX_FORM_PARTS=MOST_FIELDS
    )
    signed = Signed(auth_token, public_url)

    def asked() -> Asked:
        """The request's fields, when the provider has signed them."""
        if request.mimetype != "application/x-www-form-urlencoded":
            abort(415)
        form = request.form
        if len(form) > MOST_FIELDS:
            abort(413)
        if not signed.by_provider():
            log.warning("a request that the provider has not signed", path=request.path)
            abort(403)
        if not CALL.fullmatch(form.get("CallSid", "")):
            abort(400)
        return Asked(form.to_dict(), clock())

    @app.post("/voice/<scope>")
    def voice(scope: str) -> Response:
        one, message = asked(), request.args.get("message", "fault")
        if not NAME.fullmatch(scope) or not NAME.fullmatch(message):
            abort(404)
        return _xml(calls.entry(one, scope, message))

    @app.post("/begin")
    def begin() -> Response:
        return _xml(calls.begin(asked(), request.args.get("t", "")))

    @app.post("/step")
    def step() -> Response:
        return _xml(calls.step(asked(), request.args.get("t", "")))

    @app.post("/recording")
    def recording() -> Response:
        calls.recording(asked(), request.args.get("name", ""))
        return Response(status=204)

    @app.post("/danger")
    def danger() -> Response:
        one, rung = asked(), request.args.get("n", "")
        if not rung.isdecimal() or len(rung) > 3:
            abort(404)
        gone, bridged = one["CallStatus"] in GONE, one["DialBridged"] == "true"
        return _xml(calls.rung(one, request.args.get("t", ""), int(rung), bridged=bridged, gone=gone))

    @app.post("/danger-number")
    def danger_number() -> Response:
        return _xml(calls.danger_number(asked(), request.args.get("t", "")))

    @app.post("/danger-answer")
    def danger_answer() -> Response:
        asked()
        return _xml(calls.danger.answer(_language()))

    @app.post("/danger-press")
    def danger_press() -> Response:
        return _xml(calls.danger.pressed(asked()["Digits"]))

    @app.get("/prompts/<language>/<name>.wav")
    def prompt(language: str, name: str) -> Response:
        if not LANGUAGE.fullmatch(language) or not PROMPT.fullmatch(name):
            abort(404)
        return send_from_directory(prompts / language, f"{name}.wav", mimetype="audio/wav", max_age=3600)

    @app.get("/health")
    def healthy() -> tuple[Response, int]:
        problems = health()
        return jsonify(ok=not problems, problems=problems), 503 if problems else 200

    @app.errorhandler(BadTrail)
    def bad_trail(error: BadTrail) -> tuple[str, int]:
        log.warning("an address that is not good for this call", path=request.path, why=str(error))
        return "forbidden", 403

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[str, int]:
        return error.name.lower(), error.code or 500

    return app


class Signed:
    """The provider's signature over the public address and all fields."""

    def __init__(self, auth_token: str, public_url: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._public_url = public_url

    def by_provider(self) -> bool:
        """Whether the provider has signed this request. Without the header the SDK raises, so it is not asked then.

        The part behind the "#" never comes with a request; whether it was signed is tried both ways.
        """
        given = request.headers.get("X-Twilio-Signature", "")
        query = request.query_string.decode("ascii", "replace")
        address = f"{self._public_url}{request.path}{'?' if query else ''}{query}"
        try:
            return bool(given) and any(
                self._validator.validate(one, request.form, given) for one in (address, address + RETRY)
            )
        except (UnicodeError, ValueError):  # what cannot be put into bytes, or is no address, was not signed
            return False


def _language() -> str:
    language = request.args.get("lang", "")
    if not LANGUAGE.fullmatch(language):
        abort(404)
    return language


def _xml(script: Script) -> Response:
    return Response(str(script), mimetype="text/xml", headers={"Cache-Control": "no-store"})
