"""A small Twilio: takes what its REST API documents for messages and calls, refuses what it documents as wrong, and calls back.

Paths, form fields, basic auth, E.164, status 201 with the resource, and errors as ``{"code", "message", "more_info",
"status"}``. Its signature is computed here from the published rule, not with the SDK's validator.
"""

import asyncio
import base64
import hashlib
import hmac
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

SID, TOKEN = "AC" + "0" * 31 + "1", "0123456789abcdef0123456789abcdef"
E164 = re.compile(r"\+[1-9]\d{6,14}")
SERVICE = re.compile(r"MG[0-9a-f]{32}")
MORE = "https://www.twilio.com/docs/errors/"
CALL_FIELDS = {"To", "From", "Twiml", "Url", "Timeout", "StatusCallback", "StatusCallbackEvent"}
MESSAGE_FIELDS = {"To", "From", "MessagingServiceSid", "Body", "StatusCallback"}


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """An error of the API."""

    status: int
    code: int
    message: str

    def response(self) -> web.Response:
        body = {
            "code": self.code,
            "message": self.message,
            "more_info": f"{MORE}{self.code}",
            "status": self.status,
        }
        return web.json_response(body, status=self.status)


@dataclass
class TwilioServer:
    """messages, calls: what was taken, as form fields with the ``Sid``. refuse: answers for the next orders, in order; an
    Exception type drops the connection, a number of seconds lets it wait.
    """

    messages: list[dict[str, str]] = field(default_factory=list)
    calls: list[dict[str, str]] = field(default_factory=list)
    refuse: list[Refusal | float | type[ConnectionError]] = field(default_factory=list)
    opted_out: set[str] = field(default_factory=set)
    requests: int = 0
    url: str = ""

    async def __aenter__(self) -> "TwilioServer":
        app = web.Application()
        base = "/2010-04-01/Accounts/{account}"
        app.router.add_post(f"{base}/Messages.json", self._message)
        app.router.add_post(f"{base}/Calls.json", self._call)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    # -- orders

    async def _message(self, request: web.Request) -> web.Response:
        return await self._order(request, MESSAGE_FIELDS, self._check_message, self.messages, "SM")

    async def _call(self, request: web.Request) -> web.Response:
        return await self._order(request, CALL_FIELDS, self._check_call, self.calls, "CA")

    async def _order(
        self, request: web.Request, known: set[str], check: Any, taken: list[dict[str, str]], kind: str
    ) -> web.Response:
        self.requests += 1
        try:
            _authorised(request)
            form = await _form(request, known)
            check(form)
            if self.refuse:
                await self._play(self.refuse.pop(0), request)
        except Refusal as refusal:
            return refusal.response()
        sid = f"{kind}{len(taken) + 1:032x}"
        taken.append({**form, "Sid": sid})
        status = "queued"
        body = {"sid": sid, "account_sid": SID, "status": status, "to": form["To"], "from": form.get("From")}
        body |= {"error_code": None, "error_message": None, "api_version": "2010-04-01"}
        return web.json_response(body, status=201)

    async def _play(self, what: Refusal | float | type[ConnectionError], request: web.Request) -> None:
        if isinstance(what, Refusal):
            raise what
        if isinstance(what, (int, float)):
            await asyncio.sleep(what)
            return
        assert request.transport is not None
        request.transport.abort()

    def _check_message(self, form: Mapping[str, str]) -> None:
        if not form.get("To"):
            raise Refusal(400, 21604, "A 'To' phone number is required.")
        if not E164.fullmatch(form["To"]):
            raise Refusal(400, 21211, f"Invalid 'To' Phone Number: {form['To']}")
        service = form.get("MessagingServiceSid", "")
        if not (E164.fullmatch(form.get("From", "")) or SERVICE.fullmatch(service)):
            raise Refusal(400, 21603, "A 'From' phone number is required.")
        if not form.get("Body"):
            raise Refusal(400, 21602, "Message body is required.")
        if len(form["Body"]) > 1600:
            raise Refusal(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if form["To"] in self.opted_out:
            raise Refusal(400, 21610, "Attempt to send to unsubscribed recipient")
        _check_callback(form, 21609)

    def _check_call(self, form: Mapping[str, str]) -> None:
        if not form.get("To"):
            raise Refusal(400, 21201, "No 'To' number is specified")
        if not E164.fullmatch(form["To"]):
            raise Refusal(400, 21211, f"Invalid 'To' Phone Number: {form['To']}")
        if not E164.fullmatch(form.get("From", "")):
            raise Refusal(400, 21213, "A 'From' phone number is required.")
        if not (form.get("Url") or form.get("Twiml")):
            raise Refusal(400, 21205, "Url parameter is required.")
        if "Twiml" in form:
            _check_twiml(form["Twiml"])
        _check_callback(form, 21609)

    # -- calling back

    async def call_back(self, url: str, **fields: str) -> int:
        """Posts what Twilio posts, signed; returns the status that came back."""
        return (await self.post(url, fields, signature(url, fields)))[0]

    async def press(self, call: Mapping[str, str], digit: str) -> tuple[int, str]:
        """What follows when the person presses a key: the Gather's action is asked for TwiML."""
        gather = ET.fromstring(call["Twiml"]).find("Gather")  # noqa: S314 - our own TwiML
        assert gather is not None
        url = gather.attrib["action"]
        fields = {"CallSid": call["Sid"], "AccountSid": SID, "Digits": digit, "CallStatus": "in-progress"}
        return await self.post(url, fields, signature(url, fields))

    async def post(self, url: str, fields: Mapping[str, str], signed: str | None) -> tuple[int, str]:
        """A form with this signature, or none."""
        headers = {} if signed is None else {"X-Twilio-Signature": signed}
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=fields, headers=headers) as answer,
        ):
            return answer.status, await answer.text()


def signature(url: str, fields: Mapping[str, str], token: str = TOKEN) -> str:
    """HMAC-SHA1 with the account's token over the address and every field, sorted by name, name and value together."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _authorised(request: web.Request) -> None:
    given = request.headers.get("Authorization", "")
    wanted = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
    if request.match_info["account"] != SID or given != f"Basic {wanted}":
        raise Refusal(401, 20003, "Authenticate")


async def _form(request: web.Request, known: set[str]) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise Refusal(415, 20415, "Unsupported Media Type")
    form = {name: str(value) for name, value in (await request.post()).items()}
    unknown = set(form) - known
    assert not unknown, f"fields that are not documented for this order: {unknown}"
    return form


def _check_callback(form: Mapping[str, str], code: int) -> None:
    url = form.get("StatusCallback", "")
    if url and not re.match(r"https?://[^/]+/", url):
        raise Refusal(400, code, "The StatusCallback URL is not a valid URL.")


def _check_twiml(text: str) -> None:
    if len(text) > 4000:
        raise Refusal(400, 21205, "Twiml exceeds 4000 characters")
    root = ET.fromstring(text)  # noqa: S314 - our own TwiML
    verbs = {"Say", "Gather", "Pause", "Hangup"}
    assert root.tag == "Response"
    assert {one.tag for one in root.iter()} - {"Response"} <= verbs
