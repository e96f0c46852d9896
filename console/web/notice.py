"""The public notice (requirement F5): open to everyone, cheap to ask for, nothing personal in it."""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from flask import Blueprint, Response, abort, current_app, request

from console.records import notice_files
from console.records.notice import Notice
from console.records.notice_rows import load_notice
from console.records.page import style_source
from console.web.site import now, site, store

blueprint = Blueprint("notice", __name__)
_PAGE_POLICY = "default-src 'none'; style-src {style}; base-uri 'none'; frame-ancestors 'self'"


@dataclass(slots=True)
class Kept:
    """The notice for some seconds, so that many readers cost one look into the store. clock: monotonic seconds."""

    seconds: float = 2.0
    clock: Callable[[], float] = time.monotonic
    _read: tuple[float, Notice] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, read: Callable[[], Notice]) -> Notice:
        """The kept one, or a fresh one."""
        with self._lock:
            if self._read is None or self.clock() - self._read[0] >= self.seconds:
                self._read = (self.clock(), read())
            return self._read[1]


@blueprint.get("/notice.json")
def as_json() -> Response:
    """For programs."""
    return _answer(notice_files.to_json(_notice()), "application/json")


@blueprint.get("/notice.atom")
def as_atom() -> Response:
    """For feed readers."""
    return _answer(notice_files.to_atom(_notice()), "application/atom+xml")


@blueprint.get("/notice")
def page() -> Response:
    """For people."""
    made = notice_files.to_page(_notice())
    response = _answer(made, "text/html")
    response.headers["Content-Security-Policy"] = _PAGE_POLICY.format(style=style_source(made))
    return response


def _notice() -> Notice:
    wording = site().wording
    if wording is None:
        abort(404)
    kept = cast(Kept, current_app.extensions["holdfast-notice"])
    return kept.get(lambda: load_notice(store(), wording, now()))


def _answer(data: bytes, mimetype: str) -> Response:
    response = Response(data, mimetype=mimetype)
    response.set_etag(hashlib.sha256(data).hexdigest()[:32])
    response.headers["Cache-Control"] = "public, max-age=5"
    response.make_conditional(request)
    return response
