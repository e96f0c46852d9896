"""An agent's phone that can put a caller on hold, which the lab's cannot: a small SIP user agent on loopback.

It rings for every call. While ``answers`` it takes the call, puts it on hold ``hold_after`` seconds later for ``hold_for``
seconds (two re-INVITEs, as desk phones send them), and stays until the other side hangs up.
"""

import re
import socket
import threading
import time
from typing import Self

_TAG = "tag=holding-phone"
_KEPT = ("Via", "From", "Call-ID", "CSeq", "Record-Route")


class HoldingPhone:
    """address, port: where it listens. Use it as a context manager."""

    def __init__(
        self, address: str, port: int = 5060, hold_after: float = 0.5, hold_for: float = 1.0
    ) -> None:
        self.address, self.port = address, port
        self.hold_after, self.hold_for = hold_after, hold_for
        self.answers = False
        self.rang = self.given_up = self.held = 0
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._open = True

    def __enter__(self) -> Self:
        self._socket.bind((self.address, self.port))
        self._socket.settimeout(0.1)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        invite, peer, due, step = "", ("", 0), 0.0, 0
        while self._open:
            try:
                data, sender = self._socket.recvfrom(65535)
                text = data.decode(errors="replace")
            except TimeoutError:
                text, sender = "", peer
            first = text.partition("\r\n")[0]
            if first.startswith("INVITE "):
                invite, peer, step = text, sender, 0
                self.rang += 1
                self._answer(text, peer, "180 Ringing")
                if self.answers:
                    self._answer(text, peer, "200 OK", self._sdp("sendrecv"))
                    due, step = time.monotonic() + self.hold_after, 1
            elif first.startswith("CANCEL "):
                self._answer(text, sender, "200 OK")
                self._answer(invite, sender, "487 Request Terminated")
                self.given_up += 1
                step = 0
            elif first.startswith(("BYE ", "OPTIONS ")):
                self._answer(text, sender, "200 OK")
                step = 0 if first.startswith("BYE ") else step
            elif first.startswith("SIP/2.0 200") and "INVITE" in _header(text, "CSeq"):
                self._request(invite, peer, "ACK", int(_header(text, "CSeq").split()[0]))
            if step in (1, 2) and time.monotonic() >= due:
                way = "sendonly" if step == 1 else "sendrecv"
                self.held += step == 1
                self._request(invite, peer, "INVITE", step, self._sdp(way))
                due, step = time.monotonic() + self.hold_for, step + 1

    def _sdp(self, way: str) -> str:
        lines = (
            "v=0",
            f"o=- 1 {int(time.monotonic() * 1000)} IN IP4 {self.address}",
            "s=-",
            f"c=IN IP4 {self.address}",
            "t=0 0",
            "m=audio 40000 RTP/AVP 0",
            "a=rtpmap:0 PCMU/8000",
            f"a={way}",
        )
        return "".join(f"{line}\r\n" for line in lines)

    def _answer(self, request: str, peer: tuple[str, int], status: str, body: str = "") -> None:
        lines = [line for line in request.split("\r\n") if line.split(":")[0] in _KEPT]
        to = _header(request, "To")
        lines.append(f"To: {to}" if "tag=" in to else f"To: {to};{_TAG}")
        self._send(f"SIP/2.0 {status}", lines, peer, body)

    def _request(self, invite: str, peer: tuple[str, int], method: str, number: int, body: str = "") -> None:
        """Within the dialogue of the call: who was called asks, so From and To change places."""
        found = re.search(r"<(.*?)>", _header(invite, "Contact"))
        target = found[1] if found else f"sip:{peer[0]}"
        lines = [
            f"Via: SIP/2.0/UDP {self.address}:{self.port};branch=z9hG4bK{time.monotonic_ns()}",
            f"From: {_header(invite, 'To')};{_TAG}",
            f"To: {_header(invite, 'From')}",
            f"Call-ID: {_header(invite, 'Call-ID')}",
            f"CSeq: {number} {method}",
            "Max-Forwards: 70",
        ]
        self._send(f"{method} {target} SIP/2.0", lines, peer, body)

    def _send(self, first: str, lines: list[str], peer: tuple[str, int], body: str) -> None:
        more = [f"Contact: <sip:{self.address}:{self.port}>", f"Content-Length: {len(body)}"]
        more += ["Content-Type: application/sdp"] if body else []
        self._socket.sendto("\r\n".join([first, *lines, *more, "", body]).encode(), peer)


def _header(text: str, name: str) -> str:
    found = re.search(rf"^{name}:[ \t]*(.*?)\r?$", text, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""
