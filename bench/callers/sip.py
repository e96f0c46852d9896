"""As much of SIP as a caller needs who trusts the line that he calls from: texts in, texts out. Pure."""

import re
from dataclasses import dataclass, field

_STATUS = re.compile(r"SIP/2\.0 (\d{3})")
_MEDIA = re.compile(r"^m=audio (\d+) ", re.MULTILINE)
_TAG = re.compile(r";tag=([^;>\s]+)")


@dataclass(frozen=True, slots=True)
class Message:
    """A request (status 0) or a response. headers: by lower-case name, the first of each."""

    status: int
    method: str
    headers: dict[str, str] = field(default_factory=dict)
    vias: tuple[str, ...] = ()
    body: str = ""

    @property
    def call_id(self) -> str:
        return self.headers.get("call-id", "")

    @property
    def audio_port(self) -> int:
        """Where the other side wants our RTP; 0 when it does not say."""
        found = _MEDIA.search(self.body)
        return int(found[1]) if found else 0


def parse(data: bytes) -> Message:
    """One datagram; what is no SIP comes out with an empty method."""
    head, _, body = data.decode(errors="replace").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    pairs = [
        (name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)
    ]
    headers = dict(reversed(pairs))
    vias = tuple(value for name, value in pairs if name == "via")
    status = _STATUS.match(first)
    method = headers.get("cseq", "").split(" ")[-1] if status else first.partition(" ")[0]
    return Message(int(status[1]) if status else 0, method, headers, vias, body)


@dataclass(slots=True)
class Leg:
    """Our side of one call. here, there: "address:port"."""

    caller: str
    did: str
    here: str
    there: str
    call_id: str
    remote_tag: str = ""

    def invite(self, audio_port: int) -> bytes:
        address = self.here.partition(":")[0]
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
            f"m=audio {audio_port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n"
        )
        more = f"Contact: <sip:{self.caller}@{self.here}>\r\nContent-Type: application/sdp\r\n"
        return self._request("INVITE", 1, more, body)

    def ack(self) -> bytes:
        return self._request("ACK", 1)

    def bye(self) -> bytes:
        return self._request("BYE", 2)

    def cancel(self) -> bytes:
        return self._request("CANCEL", 1)

    def answered(self, response: Message) -> None:
        """Takes from a 200 what the requests after it need."""
        found = _TAG.search(response.headers.get("to", ""))
        self.remote_tag = found[1] if found else ""

    def _request(self, method: str, number: int, more: str = "", body: str = "") -> bytes:
        to = f"<sip:{self.did}@{self.there}>" + (f";tag={self.remote_tag}" if self.remote_tag else "")
        branch = f"z9hG4bK-{self.call_id}-{number}" + ("-ack" if method == "ACK" else "")
        return (
            f"{method} sip:{self.did}@{self.there} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.here};branch={branch};rport\r\n"
            f"From: <sip:{self.caller}@{self.here}>;tag=t{self.call_id}\r\n"
            f"To: {to}\r\nCall-ID: {self.call_id}\r\nCSeq: {number} {method}\r\nMax-Forwards: 70\r\n"
            f"{more}Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


def ok(request: Message) -> bytes:
    """The answer to a request of the other side."""
    vias = "".join(f"Via: {via}\r\n" for via in request.vias)
    same = "".join(
        f"{name}: {request.headers.get(name.lower(), '')}\r\n" for name in ("From", "To", "Call-ID", "CSeq")
    )
    return f"SIP/2.0 200 OK\r\n{vias}{same}Content-Length: 0\r\n\r\n".encode()
