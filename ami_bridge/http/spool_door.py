"""Where the collector of a remote Asterisk brings what callers left there. What is acknowledged is on our disk.

``POST /ship/<pbx>/<spool|tier3|recordings>/<file>?ino=&from=&to=`` and ``GET /ship/<pbx>/dialogue.json``; signed both ways
(``callbacks.ship_sign``). Lines are appended to files of our own in ``remote/<pbx>/``, so that the importer reads them as it
reads local ones; bringing the same lines twice is harmless, because a call is one capture by its key.
"""

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import structlog
from aiohttp import web

from ami_bridge.clock import Clock
from ami_bridge.http.guard import Bucket, Denied, Signatures
from ami_bridge.http.spool_shelf import BadRecording, Gap, Shelf
from callbacks.ship_files import MOST_RECORDING, SUFFIX
from callbacks.ship_sign import MAX_AGE, SIGNATURE, TIMESTAMP, answered, sign, signed

log = structlog.get_logger()

_MOST_KNOWN = 20_000
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,150}")
_OFFSET = re.compile(r"[0-9]{1,15}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Brought:
    """What a request brings: bytes ``start`` to ``end`` of a file. sha256: of the whole recording, with its last part."""

    pbx: str
    kind: str
    name: str
    ino: str
    start: int
    end: int
    sha256: str


class SpoolDoor:
    """folder: of all remote hosts. pbxs: their names; others are not let in. book: path of our ``dialogue.json``.

    Give ``routes()`` to the public app; ``close`` when it no longer serves.
    """

    def __init__(self, folder: Path, secret: str, pbxs: Collection[str], clock: Clock, book: Path) -> None:
        self._secret, self._clock, self._book = secret, clock, book
        self._signatures = Signatures(secret, clock)
        self._shelves = {pbx: Shelf(folder / pbx) for pbx in pbxs}
        self._ends: OrderedDict[tuple[str, ...], int] = (
            OrderedDict()
        )  # of files of lines: acknowledged up to there
        self._locks = {pbx: asyncio.Lock() for pbx in pbxs}
        self._refusals = Bucket(
            0.1, 10.0, clock
        )  # of those that are logged: a stranger must not fill the disk
        self.problem = ""  # why nothing can be kept, "" nothing; for whoever watches our own health

    def folders(self) -> dict[str, Path]:
        """Name of each remote Asterisk → its folder, with ``spool``, ``tier3`` and ``recordings`` in it, for the importer."""
        return {pbx: shelf.folder for pbx, shelf in self._shelves.items()}

    def routes(self) -> list[web.RouteDef]:
        """For the public app."""
        return [
            web.post("/ship/{pbx}/{kind}/{name}", self.take),
            web.get("/ship/{pbx}/dialogue.json", self.give_book),
        ]

    def close(self) -> None:
        """Let go of the files."""
        for shelf in self._shelves.values():
            shelf.close()

    async def take(self, request: web.Request) -> web.Response:
        """200 with what is durable; 403 not signed; 409 with where to go on; 413, 422 never; 507 nothing can be kept."""
        body = await request.read()
        try:
            self._let_in(request, body)
            brought = _brought(request, body)
        except Denied as denied:
            return self._deny(str(denied))
        except ValueError as wrong:
            return self._answer(request, 422, {"problem": str(wrong)})
        async with self._locks[brought.pbx]:
            return await self._kept(request, brought, body)

    async def _kept(self, request: web.Request, brought: Brought, body: bytes) -> web.Response:
        try:
            end = await self._keep(brought, body)
        except Gap as gap:
            return self._answer(request, 409, {"problem": "other bytes are wanted first", "at": gap.at})
        except BadRecording as bad:
            return self._answer(request, 422, {"problem": str(bad)})
        except OSError as error:
            self.problem = (
                f"cannot keep what {brought.pbx} brings: {error.strerror or error}; make room, or mend rights"
            )
            log.error("spool door", problem=self.problem)
            return self._answer(request, 507, {"problem": error.strerror or "cannot be kept"})
        self.problem = ""
        self._signatures.taken(request.headers[SIGNATURE], MAX_AGE)
        return self._answer(request, 200, {"to": end})

    async def _keep(self, brought: Brought, body: bytes) -> int:
        """The offset up to which the file is durable here."""
        shelf, name = self._shelves[brought.pbx], brought.name
        if brought.kind == "recordings":
            return await asyncio.to_thread(shelf.add_recording, name, brought.start, body, brought.sha256)
        key = (brought.pbx, brought.kind, name, brought.ino)
        known = self._ends.get(key, brought.start)
        if brought.end <= known:
            return known  # brought before, and its acknowledgement was lost
        if brought.start != known:
            raise Gap(known)
        await asyncio.to_thread(shelf.add_lines, brought.kind, body, self._clock().wall)
        self._ends[key] = brought.end
        self._ends.move_to_end(key)
        if len(self._ends) > _MOST_KNOWN:
            self._ends.popitem(last=False)
        return brought.end

    async def give_book(self, request: web.Request) -> web.Response:
        """200 with ``dialogue.json``; 403 not signed, 404 not yet written."""
        try:
            self._let_in(request, b"")
        except Denied as denied:
            return self._deny(str(denied))
        try:
            text = await asyncio.to_thread(self._book.read_bytes)
        except OSError:
            return self._answer(request, 404, {"problem": "the bridge has not written it yet"})
        return self._signed(request, 200, text)

    def _let_in(self, request: web.Request, body: bytes) -> None:
        timestamp, signature = request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")
        self._signatures.check(timestamp, signature, signed(request.raw_path, body), MAX_AGE)
        if request.match_info["pbx"] not in self._shelves:
            raise Denied("no Asterisk of this name is known: compare HOLDFAST_SHIP_PBX with the policy")

    def _answer(self, request: web.Request, status: int, row: dict[str, object]) -> web.Response:
        return self._signed(request, status, json.dumps(row).encode())

    def _signed(self, request: web.Request, status: int, body: bytes) -> web.Response:
        asked = request.headers[SIGNATURE]
        mark = sign(self._secret, request.headers[TIMESTAMP], answered(asked, body))
        return web.Response(
            status=status, body=body, content_type="application/json", headers={SIGNATURE: mark}
        )

    def _deny(self, why: str) -> web.Response:
        if self._refusals.take():
            log.warning("spool door refused", reason=why)
        return web.json_response({"problem": why}, status=403)


def _brought(request: web.Request, body: bytes) -> Brought:
    """What is brought, checked. Raises ValueError."""
    kind, name, query = request.match_info["kind"], request.match_info["name"], request.query
    if kind not in SUFFIX or not _NAME.fullmatch(name) or not name.endswith(SUFFIX[kind]):
        raise ValueError("no such kind of file")
    for field in ("ino", "from", "to"):
        if not _OFFSET.fullmatch(query.get(field, "")):
            raise ValueError(f"{field}: a number is wanted")
    start, end, digest = int(query["from"]), int(query["to"]), query.get("sha256", "")
    more = len(body) - (end - start)
    if kind == "recordings":
        if more or end > MOST_RECORDING:
            raise ValueError(f"body: not the bytes of from to to, or more than {MOST_RECORDING}")
    elif not body.endswith(b"\n") or more not in (0, 1):  # a torn end is given the newline that it lacks
        raise ValueError("body: whole lines are wanted")
    if digest and not _SHA256.fullmatch(digest):
        raise ValueError("sha256: 64 hexadecimals are wanted")
    return Brought(request.match_info["pbx"], kind, name, query["ino"], start, end, digest)
