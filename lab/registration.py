"""Registers an agent's phone at the lab's Asterisk. SIPp plays one scenario at a time, so the lab does this itself."""

import hashlib
import re
import secrets
import socket

from lab.facts import Facts

EXPIRES = 60  # seconds
EVERY = 20.0  # seconds between registrations of a phone that lives
TRIES = 4
REPLY_WITHIN = 0.5  # seconds per try


def register(facts: Facts, number: int) -> bool:
    """Registers agent `number` with its SIPp phone as contact; False when Asterisk did not accept it in time."""
    with socket.socket(type=socket.SOCK_DGRAM) as line:
        line.bind((facts.addresses.agent(number), 0))
        line.connect((facts.addresses.asterisk, facts.sip_port))
        line.settimeout(REPLY_WITHIN)
        call_id = secrets.token_hex(8)
        challenge = _ask(line, _request(facts, number, call_id, 1, line.getsockname()[1], ""))
        if challenge is None or not challenge.startswith("SIP/2.0 401"):
            return False
        proof = _proof(facts, number, challenge)
        accepted = _ask(line, _request(facts, number, call_id, 2, line.getsockname()[1], proof))
        return accepted is not None and accepted.startswith("SIP/2.0 200")


def _ask(line: socket.socket, request: str) -> str | None:
    for _ in range(TRIES):
        try:
            line.send(request.encode())
            while (reply := line.recv(8192).decode(errors="replace")).startswith("SIP/2.0 1"):
                pass
        except (TimeoutError, ConnectionError):
            continue
        return reply
    return None


def _request(facts: Facts, number: int, call_id: str, cseq: int, port: int, proof: str) -> str:
    own, server = facts.addresses.agent(number), facts.addresses.asterisk
    who = f"<sip:agent-{number}@{server}>"
    headers = [
        f"REGISTER sip:{server} SIP/2.0",
        f"Via: SIP/2.0/UDP {own}:{port};branch=z9hG4bK{secrets.token_hex(6)};rport",
        f"From: {who};tag={call_id[:8]}",
        f"To: {who}",
        f"Call-ID: {call_id}@{own}",
        f"CSeq: {cseq} REGISTER",
        f"Contact: <sip:agent-{number}@{own}:{facts.sip_port}>",
        f"Expires: {EXPIRES}",
        "Max-Forwards: 70",
        *([proof] if proof else []),
        "Content-Length: 0",
    ]
    return "\r\n".join(headers) + "\r\n\r\n"


def _proof(facts: Facts, number: int, challenge: str) -> str:
    """The Authorization header for a digest challenge (RFC 2617, with or without qop)."""
    asked = dict(re.findall(r'(\w+)="?([^",\r\n]+)"?', challenge.partition("WWW-Authenticate: Digest ")[2]))
    user, uri = f"agent-{number}", f"sip:{facts.addresses.asterisk}"
    ha1 = _md5(f"{user}:{asked['realm']}:{facts.agent_secret}")
    ha2 = _md5(f"REGISTER:{uri}")
    extra, middle = "", asked["nonce"]
    if "qop" in asked:
        cnonce = secrets.token_hex(4)
        middle += f":00000001:{cnonce}:auth"
        extra = f', qop=auth, nc=00000001, cnonce="{cnonce}"'
    if "opaque" in asked:
        extra += f', opaque="{asked["opaque"]}"'
    answer = _md5(f"{ha1}:{middle}:{ha2}")
    return (
        f'Authorization: Digest username="{user}", realm="{asked["realm"]}", nonce="{asked["nonce"]}", '
        f'uri="{uri}", response="{answer}", algorithm=MD5{extra}'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - SIP's digest is MD5 by its own rules
