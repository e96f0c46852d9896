"""The collector's side of the wire: signed requests to the bridge, and only answers that the bridge has signed."""

import http.client
import json
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from callbacks.ship_files import Part
from callbacks.ship_settings import ShipSettings
from callbacks.ship_sign import SIGNATURE, TIMESTAMP, answered, is_signed, sign, signed

SECONDS = 15.0
MOST_ANSWER = 1024 * 1024
_FOR_GOOD = (413, 422)


class NotTaken(Exception):
    """Not acknowledged; the text says why. at: where the bridge wants to go on with this file, None: it did not say.

    for_good: it will never take this file as it is; asking again is of no use.
    """

    def __init__(self, why: str, at: int | None = None, for_good: bool = False) -> None:
        super().__init__(why)
        self.at, self.for_good = at, for_good


class Wire:
    """One connection, opened when needed and kept. clock: aware UTC."""

    def __init__(self, settings: ShipSettings, clock: Callable[[], datetime]) -> None:
        self._settings, self._clock = settings, clock
        self._url = urlsplit(settings.url)
        self._connection: http.client.HTTPConnection | None = None

    def post(self, part: Part) -> int:
        """Ship a part; the offset up to which the bridge has made the file durable. Raises NotTaken."""
        query: dict[str, int | str] = {"ino": part.ino, "from": part.start, "to": part.end}
        if part.whole:
            query["sha256"] = part.whole
        path = f"/ship/{quote(self._settings.pbx)}/{part.kind}/{quote(part.name)}?{urlencode(query)}"
        return _number(self._ask("POST", path, part.body), "to")

    def book(self) -> dict[str, Any]:
        """The bridge's ``dialogue.json``. Raises NotTaken."""
        return self._ask("GET", f"/ship/{quote(self._settings.pbx)}/dialogue.json", b"")

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        target = self._url.path.rstrip("/") + path
        timestamp = str(int(self._clock().timestamp()))
        signature = sign(self._settings.secret, timestamp, signed(path, body))
        try:
            status, said, theirs = self._exchange(
                method, target, body, {TIMESTAMP: timestamp, SIGNATURE: signature}
            )
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NotTaken(f"no answer from {self._settings.url}: {_reason(error)}") from None
        return self._checked(
            status, said, is_signed(self._settings.secret, timestamp, answered(signature, said), theirs)
        )

    def _exchange(
        self, method: str, target: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes, str]:
        connection = self._connection = self._connection or self._connect()
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        said = answer.read(MOST_ANSWER + 1)
        if len(said) > MOST_ANSWER or answer.will_close:
            self.close()
        return answer.status, said[:MOST_ANSWER], answer.headers.get(SIGNATURE, "")

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=SECONDS)
        ca = self._settings.ca
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
        return http.client.HTTPSConnection(host, port, timeout=SECONDS, context=context)

    def _checked(self, status: int, said: bytes, genuine: bool) -> dict[str, Any]:
        row: object = None
        with suppress(ValueError):
            row = json.loads(said)
        if not isinstance(row, dict):
            row = {}
        if status == 200 and genuine:
            return row
        if status == 200:
            raise NotTaken(
                "the answer is not signed by the bridge: compare HOLDFAST_SHIP_SECRET on both hosts"
            )
        why = f"the bridge answered {status}: {str(row.get('problem', ''))[:200]}"
        at = row.get("at") if genuine else None
        raise NotTaken(why, at if _is_offset(at) else None, for_good=genuine and status in _FOR_GOOD)


def _number(row: dict[str, Any], name: str) -> int:
    value = row.get(name)
    if not _is_offset(value):
        raise NotTaken(f"the answer of the bridge has no {name!r}")
    return int(value)  # type: ignore[arg-type]  # just looked at


def _is_offset(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
