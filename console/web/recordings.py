"""A caller's recorded message for whoever calls him back: to be heard or saved, by people who are signed in only.

A message is asked for by the key of its call; the file's name comes from the book alone.
"""

import io
import wave
from dataclasses import dataclass
from pathlib import Path

import structlog
from flask import Blueprint, Response, abort, send_file

from callbacks.recordings import Recorded, Recordings, listen
from callbacks.values import Capture
from callbacks.work import NotAllowed
from console.web import arguments
from console.web.auth import who
from console.web.site import site, store
from console.web.words import N_

log = structlog.get_logger(__name__)
blueprint = Blueprint("recordings", __name__)
NO_CALL = N_("Say whose message: give the key of its call.")
_HEADER = 44  # bytes of a WAV file before its sound


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording beside its call. seconds: how long one can listen; problem: why one cannot, "" one can."""

    seconds: float = 0.0
    problem: str = ""


def heard(capture: Capture) -> Heard | None:
    """What there is to hear of a call; None for a call without a recording."""
    if not capture.recording:
        return None
    path = _path(capture)
    if path is None:
        return Heard(problem="missing")
    sound = listen(path)
    return Heard(sound.seconds, "broken" if sound.problem else "")


@blueprint.get("/recording")
def recording() -> Response:
    """The message of the call ``?call=``; with ``save`` as a file to keep. 404 when there is none to hear."""
    if not arguments.text("call"):
        raise NotAllowed("call", NO_CALL)
    capture = store().capture(arguments.text("call"))
    path = _path(capture) if capture is not None and capture.recording else None
    if capture is None or path is None or listen(path).problem:
        abort(404)
    log.info("recording heard", capture=capture.key, who=who())
    name = f"{capture.at:%Y%m%dT%H%M%SZ}-{capture.reference or 'message'}.wav"
    answer = send_file(
        _whole(path),
        mimetype="audio/wav",
        as_attachment=arguments.flag("save"),
        download_name=name,
        conditional=False,
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _path(capture: Capture) -> Path | None:
    shelf = site().shelf
    if shelf is None:
        return None
    kept = Recordings(store(), shelf.own, shelf.pbx_id, shelf.remote)
    return kept.path(Recorded(capture.key, capture.at, capture.recording))


def _whole(path: Path) -> io.BytesIO:
    """The file; one whose writer was killed says that it is empty, and gets the length of what lies behind its header."""
    data = path.read_bytes()
    with wave.open(io.BytesIO(data)) as file:
        params, frames = file.getparams(), file.getnframes()
    if frames:
        return io.BytesIO(data)
    mended = io.BytesIO()
    with wave.open(mended, "wb") as out:
        out.setparams(params)
        out.writeframes(data[_HEADER:])
    mended.seek(0)
    return mended
