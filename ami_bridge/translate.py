"""Asterisk's manager events into ours. The one table is TABLE; an event that is not in it means nothing.

Docs: docs/reference/manager-events.md. Pure: no I/O, no clock.
"""

from collections import Counter
from collections.abc import Callable, Mapping

from ami_bridge.events import (
    AgentDone,
    AgentTook,
    CallbackProgress,
    CallerAbandoned,
    CallEvent,
    CoreShutdown,
    Hangup,
    Leg,
    OriginateAnswered,
    RingNoAnswer,
)
from ami_bridge.inbox import AmiEvent
from ami_bridge.originate import attempt_of, channel_id
from ami_bridge.readings import Contacts, Headers, member_seen
from ami_bridge.site import Site
from fallback.events import Event, MemberGone, QueueSeen

Translated = tuple[Event | CallEvent, ...]
NOTHING: Translated = ()


class Translator:
    """Translates one Asterisk's events in their order. Remembers only the contacts of trunks.

    malformed: how often an event of a known name could not be read, by name.
    """

    def __init__(self, site: Site, contacts: Contacts | None = None) -> None:
        self.site = site
        self.contacts = contacts or Contacts()
        self.malformed: Counter[str] = Counter()

    def __call__(self, event: AmiEvent) -> Translated:
        """Our events, in order; nothing for what is unknown, not ours or malformed. Never raises."""
        translate = TABLE.get(event.name)
        if translate is None:
            return NOTHING
        try:
            return translate(event.headers, self)
        except (KeyError, ValueError):
            self.malformed[event.name] += 1
            return NOTHING


def _contact(headers: Headers, at: Translator) -> Translated:
    trunk = at.site.trunks.get(headers["EndpointName"]) or at.site.trunks.get(headers["AOR"])
    if trunk is None:
        return NOTHING
    status = headers["ContactStatus"]
    if not at.contacts.note(trunk, headers["URI"], status):
        return NOTHING
    return (at.contacts.reading(trunk, f"contact {status.lower()}"),)


def _member(headers: Headers, at: Translator) -> Translated:
    if headers["Queue"] not in at.site.queues:
        return NOTHING
    return (member_seen(headers, "Interface"),)


def _member_removed(headers: Headers, at: Translator) -> Translated:
    if headers["Queue"] not in at.site.queues:
        return NOTHING
    return (MemberGone(queue=headers["Queue"], member=headers["Interface"]),)


def _queue(headers: Headers, at: Translator) -> Translated:
    if headers["Queue"] not in at.site.queues:
        return NOTHING
    return (QueueSeen(queue=headers["Queue"], waiting=int(headers["Count"])),)


def _abandoned(headers: Headers, at: Translator) -> Translated:
    if headers["Queue"] not in at.site.queues:
        return NOTHING
    return (CallerAbandoned(queue=headers["Queue"], held=float(headers["HoldTime"])),)


def _ring_no_answer(headers: Headers, at: Translator) -> Translated:
    if headers["Queue"] not in at.site.queues:
        return NOTHING
    return (RingNoAnswer(queue=headers["Queue"], member=headers["Interface"]),)


def _dial(headers: Headers, _at: Translator) -> Translated:
    """Who dialled tells which side: nobody (the originate itself) and the queue's channel dial the agent."""
    dialling = headers.get("Uniqueid", "")
    attempt = attempt_of(dialling) or attempt_of(headers["DestUniqueid"])
    if attempt is None:
        return NOTHING
    leg = Leg.CALLER if dialling == channel_id(attempt) else Leg.AGENT
    peer = headers["DestChannel"].rpartition("-")[0]
    return (CallbackProgress(attempt, leg, status=headers.get("DialStatus", ""), peer=peer),)


def _originated(headers: Headers, _at: Translator) -> Translated:
    attempt = attempt_of(headers["Uniqueid"])
    if attempt is None:
        return NOTHING
    return (OriginateAnswered(attempt, headers["Response"] == "Success", int(headers["Reason"])),)


def _agent_took(headers: Headers, _at: Translator) -> Translated:
    attempt = attempt_of(headers["Uniqueid"])
    if attempt is None:
        return NOTHING
    return (AgentTook(attempt, headers["Queue"], headers["Interface"]),)


def _agent_done(headers: Headers, _at: Translator) -> Translated:
    attempt = attempt_of(headers["Uniqueid"])
    if attempt is None:
        return NOTHING
    return (AgentDone(attempt, headers["Queue"], headers["Interface"], float(headers["TalkTime"])),)


def _hung_up(headers: Headers, _at: Translator) -> Translated:
    attempt = attempt_of(headers["Uniqueid"])
    if attempt is None or headers["Uniqueid"] != channel_id(attempt):
        return NOTHING
    return (Hangup(attempt, int(headers["Cause"]), headers.get("Cause-txt", "")),)


def _shutdown(headers: Headers, _at: Translator) -> Translated:
    return (CoreShutdown(restart=headers.get("Restart", "") == "True"),)


TABLE: Mapping[str, Callable[[Headers, Translator], Translated]] = {
    "ContactStatus": _contact,
    "QueueMemberStatus": _member,
    "QueueMemberAdded": _member,
    "QueueMemberPause": _member,
    "QueueMemberRemoved": _member_removed,
    "QueueCallerJoin": _queue,
    "QueueCallerLeave": _queue,
    "QueueCallerAbandon": _abandoned,
    "AgentRingNoAnswer": _ring_no_answer,
    "DialBegin": _dial,
    "DialEnd": _dial,
    "OriginateResponse": _originated,
    "AgentConnect": _agent_took,
    "AgentComplete": _agent_done,
    "Hangup": _hung_up,
    "Shutdown": _shutdown,
}

WANTED: frozenset[bytes] = frozenset(name.encode() for name in TABLE)
