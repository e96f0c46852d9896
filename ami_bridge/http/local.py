"""The bridge on a local socket: status and people's wishes while the store is away (architecture, section 2).

``GET /status`` gives the live rows from memory. ``POST /intents`` takes ``{"kind", "payload", "who"}``, the same as an intent
in the store, and answers with what became of it. Whoever may open the socket file (mode 0600) may ask.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ami_bridge.http.guard import read_json
from ami_bridge.intents import Refused

log = structlog.get_logger()

MOST_BODY = 64 * 1024
ACT_SECONDS = 10.0

Status = Callable[[], dict[str, Any]]
Act = Callable[[str, object, str], Awaitable[str]]


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Annotated[str, Field(max_length=40)]
    payload: dict[str, Any]
    who: Annotated[str, Field(min_length=1, max_length=40)]


class LocalApi:
    """Give ``app`` to a server. status: the answer to ``/status``, from memory, without waiting.

    act: does what a person asks and says what came of it; raises ``ami_bridge.intents.Refused``.
    """

    def __init__(self, status: Status, act: Act) -> None:
        self._status = status
        self._act = act
        self.app = web.Application(client_max_size=MOST_BODY)
        self.app.router.add_get("/status", self._get_status)
        self.app.router.add_post("/intents", self._post_intent)

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
