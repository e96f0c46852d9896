"""The bridge on a local socket: status and people's wishes while the store is away (architecture, section 2).

``GET /status`` gives the live rows from memory. ``POST /intents`` takes ``{"kind", "payload", "who"}``, the same as an intent
in the store, and answers with what became of it. Whoever may open the socket file (mode 0600) may ask.
"""

import asyncio
import errno
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ami_bridge.http.guard import read_json
from ami_bridge.http.server import CannotServe
from ami_bridge.intents import Refused
from fallback.decision import Change

log = structlog.get_logger()

NAME = "bridge.sock"
MOST_BODY = 64 * 1024
ACT_SECONDS = 10.0
_LONGEST = 107  # bytes of a socket's path that Linux takes

Status = Callable[[], dict[str, Any]]
Act = Callable[[str, object, str], Awaitable[str]]


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Annotated[str, Field(max_length=40)]
    payload: dict[str, Any]
    who: Annotated[str, Field(min_length=1, max_length=40)]


def told(rows: Mapping[str, Any], changes: Iterable[Change], at: datetime) -> dict[str, Any]:
    """The answer to ``/status``: the live rows as they are put into the store, the newest changes first, and when (UTC)."""
    return {
        "at": at.isoformat(),
        "live": dict(rows),
        "changes": [
            {
                "at": one.at.isoformat(),
                "kind": one.kind,
                "subject": one.subject,
                "old": one.old,
                "new": one.new,
                "reason": one.reason,
                "who": one.who,
                "incident": one.incident,
            }
            for one in changes
        ],
    }


class LocalApi:
    """Start and close once each. status: the answer to ``/status``, from memory, without waiting.

    act: does what a person asks and says what came of it; raises ``ami_bridge.intents.Refused``.
    """

    def __init__(self, path: Path, status: Status, act: Act) -> None:
        self._path = path
        self._status = status
        self._act = act
        app = web.Application(client_max_size=MOST_BODY)
        app.router.add_get("/status", self._get_status)
        app.router.add_post("/intents", self._post_intent)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=2.0)
        self._made: tuple[int, int] | None = None  # device and inode of our socket file

    async def start(self) -> None:
        """Listens. Raises CannotServe when the path is too long, is something else, or another bridge listens there."""
        if len(os.fsencode(self._path)) > _LONGEST:
            raise CannotServe(
                f"{self._path} is too long for a socket: at most {_LONGEST} bytes; shorten data_dir"
            )
        door = await asyncio.to_thread(_open_door, self._path)
        try:
            made = self._path.stat()
            self._made = made.st_dev, made.st_ino
            await self._runner.setup()
            await web.SockSite(self._runner, door).start()
        except BaseException:
            door.close()
            await self.close()
            raise

    async def close(self) -> None:
        """Stops listening and takes the socket file away, if it is still ours."""
        await self._runner.cleanup()
        with suppress(OSError):
            found = self._path.lstat()
            if self._made == (found.st_dev, found.st_ino):
                self._path.unlink()

    async def _get_status(self, _: web.Request) -> web.Response:
        return web.json_response(self._status())

    async def _post_intent(self, request: web.Request) -> web.Response:
        """200 with what came of it; 409 refused, with the reason; 422 for a body of another shape; 500 when it broke."""
        try:
            wish = _Wish.model_validate(read_json(await request.read()))
        except ValidationError as error:
            wrong = error.errors(include_input=False, include_url=False)[0]
            field = ".".join(str(part) for part in wrong["loc"]) or "body"
            return web.json_response({"problem": f"{field}: {wrong['msg']}"}, status=422)
        except ValueError as error:
            return web.json_response({"problem": f"body: {error}"}, status=422)
        return await self._do(wish)

    async def _do(self, wish: _Wish) -> web.Response:
        try:
            async with asyncio.timeout(ACT_SECONDS):
                result = await self._act(wish.kind, wish.payload, wish.who)
        except Refused as reason:
            said, status = {"refused": str(reason)}, 409
        except TimeoutError:  # it was taken back, so that asking again does not do it twice
            said, status = (
                {"problem": f"the bridge did not come to it within {ACT_SECONDS:g} s; nothing was done"},
                503,
            )
        except Exception as reason:  # whoever asked is told, and the bridge goes on
            log.exception("local intent broke", kind=wish.kind, who=wish.who)
            said, status = {"problem": f"this went wrong in the bridge: {type(reason).__name__}"}, 500
        else:
            said, status = {"result": result}, 200
        log.info("local intent", kind=wish.kind, who=wish.who, status=status, **said)
        return web.json_response(said, status=status)


def _open_door(path: Path) -> socket.socket:
    """A bound socket that nobody else may open. Its mode is set before it listens, so there is no moment for others."""
    _make_way(path)
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        door.bind(str(path))
        path.chmod(0o600)
    except OSError as problem:
        door.close()
        raise CannotServe(f"cannot listen on {path}: {problem.strerror}") from None
    door.setblocking(False)
    return door


def _make_way(path: Path) -> None:
    """Removes what a killed bridge has left. Raises CannotServe for what is no socket, and for one where somebody answers."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    except OSError as problem:
        raise CannotServe(f"cannot listen on {path}: {problem.strerror}") from None
    if not stat.S_ISSOCK(found.st_mode):
        raise CannotServe(f"{path} is no socket; move it away")
    if found.st_uid != os.geteuid():
        raise CannotServe(f"{path} belongs to another user; remove it, or start the bridge as that user")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
        knock.settimeout(2.0)
        try:
            knock.connect(str(path))
        except OSError as problem:
            if problem.errno != errno.ECONNREFUSED:
                raise CannotServe(f"{path} cannot be asked: {problem.strerror or 'no answer'}") from None
        else:
            raise CannotServe(f"another bridge listens on {path}; stop it first")
    path.unlink()
