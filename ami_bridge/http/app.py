"""The public app: Alertmanager's webhook, our signed one, and the routes that other rooms give. Listens on loopback;
a TLS proxy of the site stands before it (docs/how-to/webhooks.md).

Nothing here waits for anything but the request's own body, and what it tells goes into the inbox at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog
from aiohttp import web

from ami_bridge.clock import Clock
from ami_bridge.http.guard import SIGNATURE, TIMESTAMP, Bucket, Denied, Signatures, is_bearer, read_json
from ami_bridge.sources.probes_together import Together, TooManyVoices
from ami_bridge.sources.webhook import Word, Wrong, from_alertmanager, from_report
from config.sources import Webhooks
from fallback.events import Event, Evidence, PartSeen

log = structlog.get_logger()

MOST_BODY = 256 * 1024
MOST_AT_ONCE = 64
REQUEST_SECONDS = 10.0
RATE, BURST = 10.0, 100.0
SOURCE_NAME = r"{source:[A-Za-z0-9_.-]{1,40}}"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def public_app(
    secret: str | None,
    put: Callable[[Event], None],
    webhooks: Callable[[], Webhooks],
    clock: Clock,
    extra_routes: Iterable[web.AbstractRouteDef] = (),
) -> web.Application:
    """The app, not yet listening. webhooks: the policy's, asked at every request, so that a new policy counts at once.

    secret: of both webhooks; None: neither is there, and only ``extra_routes`` are served.
    """
    app = web.Application(client_max_size=MOST_BODY, middlewares=[_bounded()])
    if secret is not None:
        hooks = Hooks(secret, put, webhooks, clock)
        app.router.add_post("/alertmanager", hooks.alertmanager)
        app.router.add_post(f"/events/{SOURCE_NAME}", hooks.event)
    app.add_routes(extra_routes)
    return app


class Hooks:
    """The handlers of both webhooks and what they remember: who says that something is wrong, and what was signed."""

    def __init__(
        self, secret: str, put: Callable[[Event], None], webhooks: Callable[[], Webhooks], clock: Clock
    ) -> None:
        self._secret = secret
        self._webhooks = webhooks
        self._put = put
        self._said: dict[str, PartSeen] = {}
        self._together = Together(self._gather)
        self._signatures = Signatures(secret, clock)
        self._alerts, self._events = Bucket(RATE, BURST, clock), Bucket(RATE, BURST, clock)
        self._refusals = Bucket(
            0.1, 10.0, clock
        )  # of those that are logged: a stranger must not fill the disk

    async def alertmanager(self, request: web.Request) -> web.Response:
        """POST /alertmanager. 200 with what was taken; 401, 413, 422, 429, 503."""
        if not is_bearer(request.headers.get("Authorization", ""), self._secret):
            return self._deny("/alertmanager", "the bearer secret is missing or wrong", 401)
        if not self._alerts.take():
            return _too_often()
        body, policy = await request.read(), self._webhooks()
        # in a thread: a whole payload may take longer to read than a switch may wait
        said = await asyncio.to_thread(lambda: from_alertmanager(_parsed(body), policy))
        if said.unmatched:
            log.warning("alerts that no rule of the policy knows", count=said.unmatched)
        self._hear(said.words)
        return web.json_response({"taken": len(said.words), "unmatched": said.unmatched})

    async def event(self, request: web.Request) -> web.Response:
        """POST /events/<source>. 200; 403 when not signed as it must be, 409 for what was taken before; 413, 422, 429, 503."""
        timestamp, signature = request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")
        if not (timestamp and signature):
            return self._deny("/events", f"{TIMESTAMP} and {SIGNATURE} are wanted", 403)
        body, policy = await request.read(), self._webhooks()
        try:
            self._signatures.check(timestamp, signature, body, policy.max_age)
        except Denied as denied:
            return self._deny("/events", str(denied), 409 if denied.again else 403)
        if not self._events.take():
            return _too_often()
        self._hear([from_report(_parsed(body), request.match_info["source"], policy)])
        self._signatures.taken(signature, policy.max_age)
        return web.json_response({"taken": 1})

    def _hear(self, words: Iterable[Word]) -> None:
        """What they say in the end, once for each component, however many alerts there are of it."""
        try:
            for word in words:
                self._together.say(word.component, Evidence.ALERT, word.voice, word.good, word.detail)
        finally:
            for event in self._said.values():
                self._put(event)
            self._said.clear()

    def _gather(self, event: PartSeen) -> None:
        self._said[event.component] = event

    def _deny(self, path: str, why: str, status: int) -> web.Response:
        if self._refusals.take():
            log.warning("webhook refused", path=path, reason=why)
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
        return web.json_response({"problem": why}, status=status, headers=headers)


def _parsed(body: bytes) -> Any:
    try:
        return read_json(body)
    except ValueError as error:
        raise Wrong("body", f"is no JSON that is taken: {error}") from None


def _too_often() -> web.Response:
    return web.json_response({"problem": "too many requests"}, status=429, headers={"Retry-After": "5"})


def _bounded() -> Any:
    """A middleware: so many requests at once, so long for each, and problems of a body answered with field and remedy."""
    under_way = 0

    @web.middleware
    async def bounded(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal under_way
        if under_way >= MOST_AT_ONCE:
            return web.json_response({"problem": "busy"}, status=503, headers={"Retry-After": "1"})
        under_way += 1
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                return await handler(request)
        except TimeoutError:
            return web.json_response({"problem": f"not whole within {REQUEST_SECONDS:g} s"}, status=408)
        except Wrong as wrong:
            said = {"field": wrong.field, "problem": wrong.problem, "known": wrong.known}
            return web.json_response(said, status=422)
        except TooManyVoices as problem:
            return web.json_response({"problem": str(problem)}, status=503)
        finally:
            under_way -= 1

    return bounded
