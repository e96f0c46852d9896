"""What the dialplan tells about phone codes, as events of the core (requirement A6). Pure.

A code that was accepted stands in AstDB as ``holdfast-code/<scope>`` = ``<mode>,<extension>,<epoch>`` until the bridge has
taken it over and deleted it; the same goes out at once as ``UserEvent: HoldfastCode``. The caller hears "done" only when
the key is gone. With the bridge dead the key waits for its return: only for EVACUATED and END, which the dialplan does by itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fallback.events import OverrideEnded, OverrideSet
from fallback.modes import Mode

USER_EVENT = "HoldfastCode"
FAMILY = "holdfast-code"
BY_HAND = frozenset({Mode.EVACUATED, Mode.OUTAGE, Mode.DEGRADED})
END, OFF, ON = "END", "OFF", "ON"

_SCOPE = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
_WHO = re.compile(r"[A-Za-z0-9_+-]{1,40}\Z")
_EPOCH = re.compile(r"[0-9]{9,11}\Z")


@dataclass(frozen=True, slots=True)
class CodeKeyed:
    """A person has keyed a code and the PIN. scope: "" for OFF and ON. mode: a mode by hand, END, OFF or ON.

    who: extension of the phone; at: aware UTC, Asterisk's clock.
    """

    scope: str
    mode: str
    who: str
    at: datetime


def keyed(headers: Mapping[str, str]) -> CodeKeyed | None:
    """What a ``UserEvent`` of Asterisk says; None when it is none of ours or cannot be one."""
    if headers.get("UserEvent") != USER_EVENT:
        return None
    values = (headers.get(name, "").strip() for name in ("Scope", "Mode", "Who", "At"))
    return _checked(*values)


def pending(scope: str, value: str) -> CodeKeyed | None:
    """What stands in AstDB under ``holdfast-code/<scope>``; None when that is nothing of ours."""
    mode, _, rest = value.partition(",")
    who, _, epoch = rest.partition(",")
    return _checked(scope, mode, who, epoch)


def event_of(code: CodeKeyed, now: datetime, lasts: float) -> OverrideSet | OverrideEnded | None:
    """For the core; None for OFF and ON, which concern the dialplan alone and of which staff are told.

    now: aware UTC. lasts: seconds after which an override ends by itself; an evacuation is ended by a leader only.
    """
    why = "by phone code"
    if code.mode == END:
        return OverrideEnded(code.scope, code.who, why)
    if code.mode in (OFF, ON):
        return None
    mode = Mode(code.mode)
    until = None if mode is Mode.EVACUATED else now + timedelta(seconds=lasts)
    return OverrideSet(code.scope, mode, code.who, why, until)


def _checked(scope: str, mode: str, who: str, epoch: str) -> CodeKeyed | None:
    of_the_site = mode in (OFF, ON)
    known = of_the_site or mode == END or mode in BY_HAND
    if not known or not _EPOCH.match(epoch) or bool(scope) is of_the_site:
        return None
    if scope and not _SCOPE.match(scope):
        return None
    name = f"extension {who}" if _WHO.match(who) else "an unknown extension"
    return CodeKeyed(scope, mode, name, datetime.fromtimestamp(int(epoch), UTC))
