"""What single headers mean: states of members, contacts, registrations and alarms. Shared by live events and snapshots. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ami_bridge.lines import Lines
from fallback.events import Evidence, MemberSeen, Presence, TrunkSeen

Headers = Mapping[str, str]

# Asterisk's device states, as app_queue numbers them. UNKNOWN is rung by app_queue, so it counts as free.
_PRESENCE = {
    "0": Presence.FREE,  # UNKNOWN
    "1": Presence.FREE,  # NOT_INUSE
    "2": Presence.BUSY,  # INUSE
    "3": Presence.BUSY,  # BUSY
    "4": Presence.UNREACHABLE,  # INVALID
    "5": Presence.UNREACHABLE,  # UNAVAILABLE
    "6": Presence.RINGING,  # RINGING
    "7": Presence.BUSY,  # RINGINUSE
    "8": Presence.BUSY,  # ONHOLD
}

# Whether a contact can be called. NonQualified means that Asterisk does not ask it, which is no evidence of
# a fault.
_CALLABLE = {"Reachable": True, "NonQualified": True, "Unreachable": False}
_REMOVED = "Removed"

# Whether an outbound registration stands. Rejected also stands for a registrar that does not answer.
_REGISTERED = {"Registered": True, "Rejected": False, "Unregistered": False, "Stopped": False}

SLOW_COUNT = 3
"""Round trips in a row over their limit, or under it, before a contact counts as slow, or as quick again."""


def presence(headers: Headers) -> Presence:
    """Of a queue member. Unreachable beats paused, and paused beats busy. Raises KeyError, for an unknown
    code too.
    """
    by_device = _PRESENCE[headers["Status"]]
    if by_device is Presence.UNREACHABLE:
        return by_device
    if headers["Paused"] != "0":
        return Presence.PAUSED
    if by_device is Presence.FREE and headers.get("InCall") == "1":
        return Presence.BUSY  # a member whose device says nothing while a queue call of his goes on
    return by_device


def member_seen(headers: Headers, interface: str, name: str) -> MemberSeen:
    """interface, name: the headers that hold the member's interface and name. Asterisk gives a member without
    a name that of the interface, which says nothing about who it is.
    """
    member, agent = headers[interface], headers.get(name, "")
    return MemberSeen(
        queue=headers["Queue"],
        member=member,
        presence=presence(headers),
        agent="" if agent == member else agent,
    )


class Contacts:
    """The last word about every contact of every trunk: a trunk is reachable while one of its contacts is.

    Asterisk tells of a contact only when it changes, so the other contacts of a trunk must be remembered. A contact
    that is slow (see SLOW_COUNT) is as good as away where the site has set a limit.
    """

    def __init__(self) -> None:
        self._known: dict[str, dict[str, bool]] = {}
        self._pace: dict[
            str, tuple[bool, int]
        ] = {}  # contact → slow, round trips that say otherwise in a row

    def forget(self, trunk: str) -> None:
        """Begin anew, for a snapshot."""
        self._known[trunk] = {}

    def known(self, trunk: str) -> bool:
        """Whether anything has been said about it."""
        return bool(self._known.get(trunk))

    def note(self, trunk: str, uri: str, status: str) -> bool:
        """Take one contact's status; False for a status that says nothing (yet)."""
        known = self._known.setdefault(trunk, {})
        if status == _REMOVED:
            known.pop(uri, None)
            self._pace.pop(uri, None)
        elif status in _CALLABLE:
            known[uri] = _CALLABLE[status]
        else:
            return False
        return True

    def note_round_trip(self, uri: str, seconds: float, limit: float) -> None:
        """Take one measured round trip of a contact."""
        slow, run = self._pace.get(uri, (False, 0))
        run = run + 1 if (seconds > limit) != slow else 0
        self._pace[uri] = (not slow, 0) if run >= SLOW_COUNT else (slow, run)

    def slow(self, uri: str) -> bool:
        """Whether its answers take too long."""
        return self._pace.get(uri, (False, 0))[0]

    def reading(self, trunk: str, detail: str) -> TrunkSeen:
        """What is now known of the trunk."""
        known = self._known.get(trunk, {})
        return TrunkSeen(
            trunk=trunk,
            evidence=Evidence.CONTACT,
            good=any(callable_ and not self.slow(uri) for uri, callable_ in known.items()),
            detail=detail if known else "no contact",
        )


class Registrations:
    """The outbound registrations of trunks: a trunk is registered while one of its registrations stands.

    Asterisk's events name a registration by its two addresses, its list by its name; the list teaches which is whose.
    """

    def __init__(self) -> None:
        self._trunk_of: dict[tuple[str, str], str] = {}
        self._known: dict[str, dict[tuple[str, str], bool]] = {}

    def forget(self) -> None:
        """Begin anew, for a snapshot."""
        self._trunk_of.clear()
        self._known.clear()

    def learn(self, trunk: str, item: Headers) -> None:
        """Take one registration of the list. Unregistered means there that Asterisk has not asked yet."""
        who = (item["ClientUri"], item["ServerUri"])
        self._trunk_of[who] = trunk
        if item["Status"] != "Unregistered":
            self._note(trunk, who, item["Status"])

    def note(self, headers: Headers) -> TrunkSeen | None:
        """Take one event; None when it is about no trunk of ours, or says nothing."""
        who = (headers["Username"], headers["Domain"])
        trunk = self._trunk_of.get(who)
        if trunk is None or not self._note(trunk, who, headers["Status"]):
            return None
        return self.reading(
            trunk, f"registration {headers['Status'].lower()} {headers.get('Cause', '')}".strip()
        )

    def _note(self, trunk: str, who: tuple[str, str], status: str) -> bool:
        if status not in _REGISTERED:
            return False
        self._known.setdefault(trunk, {})[who] = _REGISTERED[status]
        return True

    def reading(self, trunk: str, detail: str) -> TrunkSeen:
        """What is now known of the trunk."""
        good = any(self._known.get(trunk, {}).values())
        return TrunkSeen(trunk, Evidence.REGISTRATION, good, detail)

    def readings(self) -> tuple[TrunkSeen, ...]:
        """Of every trunk of which something is known."""
        return tuple(
            self.reading(trunk, "registered" if any(known.values()) else "not registered")
            for trunk, known in self._known.items()
        )


class Alarms:
    """Spans and channels of trunks that have an alarm; a trunk is without one while any of its own is."""

    def __init__(self) -> None:
        self._raised: set[str] = set()

    def note(self, source: str, raised: bool) -> None:
        """source: as in ``Site.alarms``."""
        (self._raised.add if raised else self._raised.discard)(source)

    def reading(self, trunk: str, sources: Mapping[str, str], detail: str) -> TrunkSeen:
        """sources: ``Site.alarms``."""
        good = any(owner == trunk and source not in self._raised for source, owner in sources.items())
        return TrunkSeen(trunk, Evidence.ALARM, good, detail)


@dataclass(frozen=True, slots=True)
class Memory:
    """What must be remembered between two events of one Asterisk; a snapshot brings it up to date."""

    contacts: Contacts = field(default_factory=Contacts)
    registrations: Registrations = field(default_factory=Registrations)
    alarms: Alarms = field(default_factory=Alarms)
    lines: Lines = field(default_factory=Lines)
