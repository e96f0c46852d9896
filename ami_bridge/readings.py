"""What single headers mean: member states, contact states. Shared by live events and snapshots. Pure."""

from collections.abc import Mapping

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


def member_seen(headers: Headers, interface: str) -> MemberSeen:
    """interface: name of the header that holds the member's interface."""
    return MemberSeen(queue=headers["Queue"], member=headers[interface], presence=presence(headers))


class Contacts:
    """The last word about every contact of every trunk: a trunk is reachable while one of its contacts is.

    Asterisk tells of a contact only when it changes, so the other contacts of a trunk must be remembered.
    """

    def __init__(self) -> None:
        self._known: dict[str, dict[str, bool]] = {}

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
        elif status in _CALLABLE:
            known[uri] = _CALLABLE[status]
        else:
            return False
        return True

    def reading(self, trunk: str, detail: str) -> TrunkSeen:
        """What is now known of the trunk."""
        known = self._known.get(trunk, {})
        return TrunkSeen(
            trunk=trunk,
            evidence=Evidence.CONTACT,
            good=any(known.values()),
            detail=detail if known else "no contact",
        )
