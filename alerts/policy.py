"""Whom staff roles mean at a moment, by which ways they are reached, and how patient each way is. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum


class Way(StrEnum):
    """How a person is reached."""

    CALL = "call"  # through our own Asterisk; speaks the text, takes 1 as acknowledgement
    SMS = "sms"  # Twilio
    VOICE = "voice"  # Twilio; speaks the text, takes 1
    NOTE = "note"  # Apprise: chat, mail and what else it knows; address is an Apprise URL


@dataclass(frozen=True, slots=True)
class Reach:
    """One way to one person. address: number in E.164 or as dialled for CALL, Apprise URL for NOTE (a secret)."""

    way: Way
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """name: as shown; language: zh-CN or en; reaches: in the order in which they are tried."""

    name: str
    language: str
    reaches: tuple[Reach, ...]


@dataclass(frozen=True, slots=True)
class Duty:
    """When a person holds a role, in the site's time zone: weekdays (0 Monday … 6) from ``start`` to ``end``; an end
    at or before the start is on the next day. No weekdays: always.
    """

    person: str
    weekdays: tuple[int, ...] = ()
    start: time = time(0)
    end: time = time(0)


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """people: by name. roles: role → duties; whoever is on duty is told, and if nobody is, everybody of the role.

    confirm_within: seconds after which a way that was not confirmed is followed by the next, by way.
    send_timeout: seconds for one order to send. limit, limit_window: messages a person gets by one way within so many
    seconds; more are gathered into one that follows, except for kinds in ``never_limited``.
    trunks: which trunks alert calls may use; () any of the policy, the freest first.
    """

    people: Mapping[str, Person] = field(default_factory=dict)
    roles: Mapping[str, tuple[Duty, ...]] = field(default_factory=dict)
    timezone: str = "Asia/Shanghai"
    confirm_within: Mapping[Way, float] = field(
        default_factory=lambda: {Way.CALL: 60.0, Way.SMS: 120.0, Way.VOICE: 90.0, Way.NOTE: 120.0}
    )
    send_timeout: float = 8.0
    limit: int = 10
    limit_window: float = 600.0
    never_limited: tuple[str, ...] = ("A6",)
    trunks: tuple[str, ...] = ()
