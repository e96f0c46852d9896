"""Our account in Asterisk's ``manager.conf``: the least rights, and nothing sent that nobody reads. Pure.

Rights were tried one by one on Asterisk 16.28 and 22.10; RIGHTS says what each class is for. A call makes 40
to 150 events; the filters let through those that we read. A call that Asterisk answers alone costs two.

Least is not harmless. AstDB can be written with the right ``system`` only (Setvar of DB() needs a channel),
and together with ``originate`` that right runs programs as Asterisk's user, and alone it reads Asterisk's
configuration. So the account is for loopback or TLS, and its secret is kept like root's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Right:
    """One class of rights: direction "read" or "write", its name, and what would be missing without it."""

    direction: str
    name: str
    why: str


RIGHTS = (
    Right("read", "system", "FullyBooted, ContactStatus, Registry, alarms, Shutdown"),
    Right(
        "read",
        "agent",
        "QueueMember…, QueueCaller…, AgentCalled, AgentConnect, AgentComplete, AgentRingNoAnswer",
    ),
    Right(
        "read",
        "call",
        "Newchannel and Hangup of trunks; DialBegin, DialEnd, OriginateResponse of our own calls; Hold, transfers",
    ),
    Right("read", "user", "UserEvent of our own dialplan: phone codes, alerts that were taken on"),
    Right("write", "system", "DBPut, DBGet, DBDel, PJSIPShow…, CoreStatus, CoreShowChannels, Hangup"),
    Right(
        "write",
        "call",
        "Getvar, Setvar: Asterisk's clock, lamps as DEVICE_STATE(); Redirect, Hangup: those who wait",
    ),
    Right("write", "agent", "QueuePause: an agent is offered no queue call while his own claim is under way"),
    Right("write", "originate", "Originate: callbacks through the guarded context"),
)

LEVELS = (
    "FullyBooted",
    "Shutdown",
    "ContactStatus",
    "Registry",
    "Alarm",
    "AlarmClear",
    "SpanAlarm",
    "SpanAlarmClear",
    "QueueMemberStatus",
    "QueueMemberAdded",
    "QueueMemberPause",
    "QueueMemberRemoved",
    "QueueCallerJoin",
    "QueueCallerLeave",
    "QueueCallerAbandon",
    "AgentRingNoAnswer",
    "AgentCalled",
    "AgentConnect",
    "AgentComplete",
    "Hold",
    "Unhold",
    "BlindTransfer",
    "AttendedTransfer",
    "OriginateResponse",
)
OF_OUR_CALLS = ("DialBegin", "DialEnd", "Hangup")
OF_TRUNKS = ("Newchannel", "Hangup")  # how many lines are in use, and how calls on them end
OF_OUR_DIALPLAN = ("HoldfastCode", "HoldfastAlert")  # names of user events
OUR_CALL = "iqueid: hf-"  # the unique ids that our outgoing calls are given; also in DestUniqueid

WRITE_TIMEOUT_MS = (
    5000  # Asterisk drops a client that takes nothing for this long; its default of 100 is too short
)

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_ENDPOINT = re.compile(r"[A-Za-z0-9_.@+*-]+")
_ADDRESS = re.compile(r"[0-9a-fA-F.:/]+")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")


def render_manager_account(
    username: str,
    secret: str,
    permit: Sequence[str] = ("127.0.0.1/255.255.255.255",),
    endpoints: Sequence[str] = (),
) -> str:
    """The account's section. permit: addresses that may log in, with their masks; nobody else may.

    endpoints: PJSIP endpoints of the trunks, so that calls on other channels are kept out; none: of all PJSIP.

    Raises ValueError for values that Asterisk would read as something else.
    """
    lines = [
        "; The account of the holdfast bridge: the rights it needs and no more.",
        f"[{_checked_name(username)}]",
        f"secret = {_checked_secret(secret)}",
        "deny = 0.0.0.0/0.0.0.0",
        "deny = ::/0",
        *(f"permit = {_checked_address(address)}" for address in permit),
        f"read = {_classes('read')}",
        f"write = {_classes('write')}",
        f"writetimeout = {WRITE_TIMEOUT_MS}",
        "; Only what the bridge reads. This form of the filters is understood from Asterisk 16 to 22.",
        *(f"eventfilter = {pattern}" for pattern in event_filters(endpoints)),
    ]
    return "\n".join(lines) + "\n"


def event_filters(endpoints: Sequence[str] = ()) -> tuple[str, ...]:
    """Extended regular expressions over a whole event; one that matches any of them is sent.

    Raises ValueError for a name that no PJSIP endpoint can have.
    """
    channels = f"({'|'.join(_quoted(name) for name in endpoints)})-" if endpoints else ""
    return (
        f"^Event: ({'|'.join(LEVELS)})[[:cntrl:]]",
        f"^Event: ({'|'.join(OF_OUR_CALLS)})[[:cntrl:]].*{OUR_CALL}",
        f"^Event: UserEvent[[:cntrl:]].*[[:cntrl:]]UserEvent: ({'|'.join(OF_OUR_DIALPLAN)})[[:cntrl:]]",
        f"^Event: ({'|'.join(OF_TRUNKS)})[[:cntrl:]].*[[:cntrl:]]Channel: PJSIP/{channels}",
    )


def _quoted(endpoint: str) -> str:
    """Stands for itself in an expression; brackets, because a configuration file may read a backslash otherwise."""
    if not _ENDPOINT.fullmatch(endpoint):
        raise ValueError(f"not a name for a PJSIP endpoint: {endpoint!r}")
    return re.sub(r"[.+*]", r"[\g<0>]", endpoint)


def _classes(direction: str) -> str:
    return ",".join(right.name for right in RIGHTS if right.direction == direction)


def _checked_name(username: str) -> str:
    if not _NAME.fullmatch(username) or username == "general":
        raise ValueError(f"not a name for a manager account: {username!r}")
    return username


def _checked_secret(secret: str) -> str:
    """A semicolon begins a comment unless it is escaped; blanks at the ends are cut off."""
    if not secret or secret != secret.strip() or _UNSAFE.search(secret) or "\\" in secret:
        raise ValueError(
            "a manager secret must not be empty, nor hold control characters, outer blanks or \\"
        )
    return secret.replace(";", "\\;")


def _checked_address(address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"not an address with a mask: {address!r}")
    return address
