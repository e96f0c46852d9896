"""What reaches us from outside about messages: Twilio's callbacks, and the page behind an acknowledgement link.

Everything that Twilio sends must carry its signature over our public address; what a stranger sends is a 403. The page
shows one button: looking at it (a link checker does) acknowledges nothing.
"""

from collections import OrderedDict
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Protocol

import structlog
from aiohttp import web
from multidict import MultiDictProxy

from alerts.book import Errand, Try
from alerts.links import Links
from alerts.policy import Way
from alerts.twilio_codes import SPOKEN_IN, of_call, of_message
from alerts.values import Fate, Receipt
from alerts.words import not_taken, page_words, taken

if TYPE_CHECKING:
    from twilio.request_validator import RequestValidator

log = structlog.get_logger()

SIGNATURE = "X-Twilio-Signature"
MOST_REMEMBERED = 10_000
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
STYLE = (
    "body{font-family:system-ui,sans-serif;max-width:36rem;margin:10vh auto;padding:0 1rem;font-size:1.2rem;line-height:1.5}"
    "button{font-size:1.3rem;padding:.8rem 1.6rem;width:100%}p{white-space:pre-line}"
)


class Told(Protocol):
    """What the handlers need of ``Alerts``."""

    def find(self, short: str) -> tuple[Errand, Try] | None:
        """The message with this short id."""
        ...

    def words_of(self, errand: Errand) -> str:
        """What it says."""
        ...

    def receipt(self, key: str, receipt: Receipt) -> None:
        """News of a message."""
        ...

    async def written(self) -> None:
        """Returns when all news are durable."""
        ...

    async def acknowledge(self, key: str, how: str = "web") -> bool:
        """The person takes it on; durable on return."""
        ...


def _validator(auth_token: str) -> "RequestValidator":
    from twilio.request_validator import (
        RequestValidator,  # only where there is an account: the SDK costs a start dear
    )

    return RequestValidator(auth_token)


class AlertPages:
    """The handlers. auth_token: Twilio's, by which it signs; "" when there is no account, then its routes answer 404."""

    def __init__(self, alerts: Told, links: Links, auth_token: str = "") -> None:
        self._alerts = alerts
        self._links = links
        self._validator = _validator(auth_token) if auth_token else None
        self._seen: OrderedDict[str, None] = OrderedDict()

    def routes(self) -> list[web.RouteDef]:
        """For an aiohttp application that the site's TLS proxy passes its public address on to."""
        return [
            web.get("/ack/{token}", self.show, allow_head=True),
            web.post("/ack/{token}", self.acknowledge),
            web.post("/twilio/status", self.status),
            web.post("/twilio/voice", self.voice),
        ]

    # -- the page

    async def show(self, request: web.Request) -> web.Response:
        """GET /ack/<token>: what it is about, and one button. 404 for a link that is not ours, or long over."""
        found = self._message(request.match_info["token"])
        if found is None:
            return _page("zh-CN", "unknown", "", 404)
        errand, one = found
        state = "done" if one.fate is Fate.CONFIRMED else "ask"
        return _page(_language(request), state, self._alerts.words_of(errand))

    async def acknowledge(self, request: web.Request) -> web.Response:
        """POST /ack/<token>: the person takes the incident on. The same again is harmless."""
        found = self._message(request.match_info["token"])
        if found is None:
            return _page("zh-CN", "unknown", "", 404)
        errand, one = found
        await self._alerts.acknowledge(one.key)
        return _page(_language(request), "done", self._alerts.words_of(errand))

    # -- Twilio

    async def status(self, request: web.Request) -> web.Response:
        """POST /twilio/status: how a message or a call went on. 204; 403 without Twilio's signature."""
        form = await self._signed(request)
        found = self._message(request.query.get("m", ""))
        if found is not None and self._first(request):
            receipt = _status(form, found[1].way)
            if receipt is None:
                log.warning("a status of Twilio's that nobody knows", status=_word(form))
            else:
                self._alerts.receipt(found[1].batch, receipt)
        return web.Response(status=204)

    async def voice(self, request: web.Request) -> web.Response:
        """POST /twilio/voice: the key that was pressed; answers in TwiML. 403 without Twilio's signature."""
        form = await self._signed(request)
        found = self._message(request.query.get("m", ""))
        from twilio.twiml.voice_response import VoiceResponse  # only here, so that no start waits for it

        response = VoiceResponse()
        pressed = str(form.get("Digits", "")) == "1"
        language = _language(request) if found is None else self._spoken_in(found[0])
        if found is not None and pressed:
            self._alerts.receipt(found[1].batch, Receipt(Fate.CONFIRMED, "pressed 1"))
            await self._alerts.written()
        words = taken(language) if pressed else not_taken(language)
        response.say(words, language=SPOKEN_IN.get(language, "en-GB"))
        response.hangup()
        return web.Response(text=str(response), content_type="text/xml")

    # -- small things

    def _message(self, token: str) -> tuple[Errand, Try] | None:
        short = self._links.short(token)
        return None if short is None else self._alerts.find(short)

    def _spoken_in(self, errand: Errand) -> str:
        """The language of the words that he has just heard."""
        return "zh-CN" if any("一" <= sign <= "鿿" for sign in self._alerts.words_of(errand)) else "en"

    async def _signed(self, request: web.Request) -> Mapping[str, object]:
        """The form, when Twilio has signed it. Raises HTTPForbidden, and HTTPNotFound when we have no account."""
        if self._validator is None:
            raise web.HTTPNotFound
        form = await request.post()
        signature = request.headers.get(SIGNATURE, "")
        public = f"{self._links.public_url}{request.path_qs}"
        if not signature.isascii() or not self._validator.validate(public, _texts(form), signature):
            log.warning("a callback without Twilio's signature", path=request.path)
            raise web.HTTPForbidden
        return form

    def _first(self, request: web.Request) -> bool:
        """Whether this very callback is new: the signature accepts a replay."""
        name = request.headers[SIGNATURE]
        if name in self._seen:
            return False
        self._seen[name] = None
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        return True


def _texts(form: MultiDictProxy[str | bytearray | bytes | web.FileField]) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _status(form: Mapping[str, object], way: Way) -> Receipt | None:
    code = str(form.get("ErrorCode", ""))
    number = int(code) if code.isascii() and code.isdigit() else None
    if way is Way.VOICE:
        return of_call(_word(form), number, str(form.get("CallSid", "")))
    return of_message(_word(form), number, str(form.get("MessageSid", "")))


def _word(form: Mapping[str, object]) -> str:
    return str(form.get("CallStatus") or form.get("MessageStatus") or "")


def _language(request: web.Request) -> str:
    """Of the page: what the browser asks for first, Chinese or English."""
    first = request.headers.get("Accept-Language", "zh-CN").split(",")[0]
    return "zh-CN" if first.lower().startswith("zh") else "en"


def _page(language: str, state: str, words: str, status: int = 200) -> web.Response:
    title, button = page_words(state, language)
    form = f'<form method="post"><button>{escape(button)}</button></form>' if state == "ask" else ""
    text = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1><p>{escape(words)}</p>{form}</body></html>"
    )
    return web.Response(text=text, content_type="text/html", status=status, headers=HEADERS)
