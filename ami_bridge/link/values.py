"""What a manager link is given, what it answers, and how it fails. Durations in seconds, sizes in bytes."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class LinkDown(Exception):
    """The link could not carry an action to its reply."""


class NotSent(LinkDown):
    """Not a byte of the action left this process: it has certainly not been done."""


class NoReply(LinkDown):
    """The action left, and no reply came: nobody can say whether it was done. We never send it again."""


class LoginRefused(Exception):
    """Asterisk answered and does not want us; trying again quickly is of no use."""


class LinkState(StrEnum):
    """DOWN → CONNECTING → BOOTING → UP, and from each back to DOWN; CLOSED is final."""

    DOWN = "down"
    CONNECTING = "connecting"
    BOOTING = "booting"  # logged in; Asterisk has not said FullyBooted yet
    UP = "up"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """One manager account and how patient we are with it.

    ping_interval: a ping goes out this often and must be answered before the next one, so that a half-open
    link is noticed within two intervals. retry_*: wait before a new connection, doubled up to the maximum;
    refused_*: the same after a refused login (slow: sites ban addresses that fail often). steady_after: a
    link must have stood this long before the waits start from their first value again. boot_wait: how long
    to wait for FullyBooted. max_pending, max_unsent: replies awaited and bytes not yet taken by the socket
    before new actions are refused.
    """

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    tls: ssl.SSLContext | None = None
    ping_interval: float = 5.0
    action_timeout: float = 5.0
    connect_timeout: float = 5.0
    boot_wait: float = 60.0
    retry_first: float = 0.25
    retry_max: float = 5.0
    refused_first: float = 1.0
    refused_max: float = 60.0
    steady_after: float = 10.0
    max_message: int = 256 * 1024
    max_pending: int = 1_000
    max_unsent: int = 1024 * 1024
    max_list: int = 20_000


@dataclass(frozen=True, slots=True)
class Reply:
    """Asterisk's answer. ok: not an error. headers: as named by Asterisk; a repeated header's values are
    joined by newlines. events: the items of a list action, in order, without its closing event; cut: more
    came than we keep.
    """

    ok: bool
    message: str
    headers: Mapping[str, str]
    events: tuple[Mapping[str, str], ...] = ()
    cut: bool = False
