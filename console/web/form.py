"""The manual form at the page (requirement C2): sheets and blanks to take away, and files to bring back, looked at first.

A file that was looked at is kept in memory for some minutes, so that what is imported is what was shown.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

import structlog
from flask import Blueprint, Response, abort, current_app, flash, render_template, request

from callbacks.spool import Spool
from console.forms import blank, printing
from console.forms.bringing import Brought, bring, dry_run, forgotten_by
from console.forms.door import FormDoor
from console.forms.plan import Fate
from console.forms.reading import MOST_BYTES, Unreadable
from console.forms.rejects import why
from console.forms.site import form_site
from console.forms.words import FATES
from console.records.page import style_source
from console.web import arguments
from console.web.auth import who
from console.web.problems import Refused
from console.web.site import now, site, store
from console.web.words import language
from console.web.words import translate as _
from store import StoreProblem

log = structlog.get_logger(__name__)
blueprint = Blueprint("form", __name__, url_prefix="/form")
_ROOM: Final = 64 * 1024  # what a request has besides its file
_KEPT_FOR: Final = timedelta(minutes=15)
_MOST_KEPT: Final = 4
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody looked at."""

    name: str
    data: bytes
    who: str
    at: datetime


@dataclass(slots=True)
class Uploads:
    """Of the one worker process, and few: the oldest goes first."""

    _kept: dict[str, Upload] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, upload: Upload) -> str:
        """Returns the word by which it is asked for."""
        word = secrets.token_urlsafe(16)
        with self._lock:
            while len(self._kept) >= _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[word] = upload
        return word

    def take(self, word: str, asker: str, moment: datetime) -> Upload | None:
        """Once, by who brought it; None when it is gone."""
        with self._lock:
            found = self._kept.pop(word, None)
        return found if found and found.who == asker and moment - found.at < _KEPT_FOR else None


@blueprint.url_value_preprocessor
def make_room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Before anything reads the request: a file is larger than what other pages take."""
    if endpoint == "form.look":
        request.max_content_length = MOST_BYTES + _ROOM


@blueprint.get("/")
def page() -> str:
    """Where everything of the form is."""
    _door()
    return render_template("form.html", done=None, word="", fates=FATES, why=why, masked_name="")


@blueprint.post("/look", endpoint="look")
def look() -> str:
    """The dry run: what would become of each row. Writes nothing."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Refused(_("Choose a file first."))
    upload = Upload(Path(file.filename).name[:120], file.read(), who(), now())
    done = _looked_at(upload)
    word = _uploads().keep(upload) if done.coming else ""
    return _shown(done, upload.name, word)


@blueprint.post("/import", endpoint="bring_in")
def bring_in() -> str:
    """Do what was shown, through the spool."""
    upload = _uploads().take(request.form.get("word", ""), who(), now())
    if upload is None:
        raise Refused(_("That file is no longer here. Choose it again."))
    door = _door()
    door.rejects.mkdir(parents=True, exist_ok=True)
    rejects = door.rejects / f"{upload.at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}.csv"
    with Spool(door.spool) as spool:
        done = bring(_looked_at(upload), spool, rejects)
    log.info("form imported", who=who(), rows=done.coming, wrong=done.wrong, not_kept=len(done.failed))
    if done.failed:
        flash(
            _("%(count)s rows could not be kept: %(problem)s", count=len(done.failed), problem=done.problem),
            "bad",
        )
    else:
        flash(_("%(count)s rows are safe, and come into the book at once.", count=done.coming), "good")
    return _shown(done, upload.name)


@blueprint.get("/rejects/<name>")
def rejects(name: str) -> Response:
    """Rows that were wrong, to be mended."""
    file = _door().rejects / name
    if "/" in name or name.startswith(".") or not file.is_file():
        abort(404)
    return _download(file.read_bytes(), "text/csv; charset=utf-8", f"rejects-{name}")


@blueprint.get("/sheet")
def sheet() -> Response:
    """A sheet to print, in the reader's language; ``?pages=`` of them, each with an id of its own."""
    ids = [blank.sheet_id() for _page in range(int(arguments.text("pages") or 1))]
    body = printing.to_page(form_site(_door().policy, language()), ids).encode()
    response = Response(body, mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {style_source(body)}; base-uri 'none'; frame-ancestors 'none'"
    )
    return response


@blueprint.get("/blank.<kind>")
def blank_file(kind: str) -> Response:
    """A blank to fill in with a spreadsheet program."""
    makers: dict[str, tuple[Callable[[], bytes], str]] = {
        "csv": (lambda: blank.to_csv(here, name), "text/csv; charset=utf-8"),
        "xlsx": (lambda: blank.to_xlsx(here, name, now()), _XLSX),
    }
    if kind not in makers:
        abort(404)
    here, name = form_site(_door().policy, language()), blank.sheet_id()
    make, kind_of = makers[kind]
    return _download(make(), kind_of, f"form-{name}.{kind}")


def _looked_at(upload: Upload) -> Brought:
    policy = _door().policy
    try:
        try:
            known = forgotten_by(store(), _door().data)
            done = dry_run(upload.data, upload.name, store(), policy, upload.who, now(), known)
        except StoreProblem as problem:
            log.error("store away", problem=str(problem))
            done = dry_run(upload.data, upload.name, None, policy, upload.who, now())
    except Unreadable as problem:
        what, remedy = problem.told(language())
        text = _("The file %(what)s. What to do: %(remedy)s.", what=what, remedy=remedy)
        raise Refused(text) from None
    return replace(done, language=language())


def _shown(done: Brought, name: str, word: str = "") -> str:
    return render_template(
        "form.html", done=done, word=word, fates=FATES, why=why, masked_name=name, wrong=Fate.WRONG
    )


def _download(data: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, content_type=kind, headers=headers)


def _door() -> FormDoor:
    door = site().forms
    if door is None:
        abort(404)
    return door


def _uploads() -> Uploads:
    return cast(Uploads, current_app.extensions.setdefault("holdfast-forms", Uploads()))
