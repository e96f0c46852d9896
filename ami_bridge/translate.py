"""Asterisk's manager events into ours. The one table is TABLE; an event that is not in it means nothing.

Docs: docs/reference/manager-events.md. Pure: no I/O, no clock.
"""

from collections import Counter
from collections.abc import Callable, Mapping

from ami_bridge.call_tracker import EVENTS as OF_CALLS
from ami_bridge.events import (
    AgentDone,
    AgentTook,
    CallbackProgress,
    CallerAbandoned,
    CallEvent,
    CoreShutdown,
    Hangup,
    Leg,
    LiveTaken,
    OriginateAnswered,
    TrunkCallEnded,
    TrunkRang,
)
from ami_bridge.inbox import AmiEvent
from ami_bridge.lines import Line, trunk_of
from ami_bridge.originate import attempt_of, channel_id
from ami_bridge.readings import Headers, Memory, member_seen
from ami_bridge.site import Site
from fallback.events import CallerLeft, CallerWaits, Event, MemberGone, QueueSeen, SeatSilent

Translated = tuple[Event | CallEvent, ...]
NOTHING: Translated = ()

_RING = "4"  # Asterisk's number for a channel that brings a call in; one that we dial begins as Down
_HEARD_OF = ("5", "6")  # Ringing, Up: of a channel that we dialled, these are the far side's words
_NOBODY = "<unknown>"


class Translator:
    """Translates one Asterisk's events in their order. Remembers what ``Memory`` holds.

    malformed: how often an event of a known name could not be read, by name.
    """

    def __init__(self, site: Site, memory: Memory | None = None) -> None:
        self.site = site
        self.memory = memory or Memory()
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
    status, contacts = headers["ContactStatus"], at.memory.contacts
    if not contacts.note(trunk, headers["URI"], status):
        return NOTHING
    return (contacts.reading(trunk, f"contact {status.lower()}"),)


def _registration(headers: Headers, at: Translator) -> Translated:
    seen = at.memory.registrations.note(headers)
    return NOTHING if seen is None else (seen,)


def _alarm(headers: Headers, at: Translator) -> Translated:
    source = f"span {headers['Span']}" if "Span" in headers else f"channel {headers['DAHDIChannel']}"
    trunk = at.site.alarms.get(source)
    if trunk is None:
        return NOTHING
    words = headers.get("Alarm", "")
    at.memory.alarms.note(source, raised="Clear" not in headers["Event"])
    return (at.memory.alarms.reading(trunk, at.site.alarms, f"{source}: {words or 'no alarm'}"),)


def _channel_began(headers: Headers, at: Translator) -> Translated:
    trunk = trunk_of(headers["Channel"], at.site)
    if trunk is None:
        return NOTHING
    unique_id, lines = headers["Uniqueid"], at.memory.lines
    incoming = headers["ChannelState"] == _RING
    lines.began(unique_id, Line(trunk, incoming))
    seen = lines.seen(trunk)
    if not incoming:
        return (seen,)
    caller = headers["CallerIDNum"]
    return (seen, TrunkRang(trunk, unique_id, "" if caller == _NOBODY else caller, headers["Exten"]))


def _channel_ended(headers: Headers, at: Translator, unique_id: str) -> Translated:
    line = at.memory.lines.ended(unique_id)
    if line is None:
        return NOTHING
    ended = TrunkCallEnded(
        trunk=line.trunk,
        unique_id=unique_id,
        outgoing=not line.incoming,
        heard_of=headers["ChannelState"] in _HEARD_OF,
        cause=int(headers["Cause"]),
        linked_id=headers.get("Linkedid", ""),
    )
    return (at.memory.lines.seen(line.trunk), ended)


def _member(headers: Headers, at: Translator) -> Translated:
    if headers["Queue"] not in at.site.queues:
        return NOTHING
    return (member_seen(headers, "Interface", "MemberName"),)


def _member_removed(headers: Headers, at: Translator) -> Translated:
    if headers["Queue"] not in at.site.queues:
        return NOTHING
    return (MemberGone(queue=headers["Queue"], member=headers["Interface"]),)


def _joined(headers: Headers, at: Translator) -> Translated:
    queue = headers["Queue"]
    if queue not in at.site.queues:
        return NOTHING
    seen = QueueSeen(queue=queue, waiting=int(headers["Count"]))
    if attempt_of(headers["Uniqueid"]) is not None:
        return (seen,)
    return (seen, CallerWaits(queue=queue, channel=headers["Channel"]))


def _left(headers: Headers, at: Translator) -> Translated:
    """However a caller leaves, also by giving up, this is Asterisk's last word on it."""
    queue = headers["Queue"]
    if queue not in at.site.queues:
        return NOTHING
    seen = QueueSeen(queue=queue, waiting=int(headers["Count"]))
    if attempt_of(headers["Uniqueid"]) is not None:
        return (seen,)
    return (seen, CallerLeft(queue=queue, channel=headers["Channel"]))


def _abandoned(headers: Headers, at: Translator) -> Translated:
    if headers["Queue"] not in at.site.queues:
        return NOTHING
    return (CallerAbandoned(queue=headers["Queue"], held=float(headers["HoldTime"])),)


def _ring_no_answer(headers: Headers, at: Translator) -> Translated:
    if headers["Queue"] not in at.site.queues:
        return NOTHING
    return (SeatSilent(queue=headers["Queue"], member=headers["Interface"]),)


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


def _agent_took(headers: Headers, at: Translator) -> Translated:
    attempt = attempt_of(headers["Uniqueid"])
    if attempt is None:
        queue = headers["Queue"]
        return (LiveTaken(queue, headers["Interface"]),) if queue in at.site.queues else NOTHING
    return (AgentTook(attempt, headers["Queue"], headers["Interface"]),)


def _agent_done(headers: Headers, _at: Translator) -> Translated:
    attempt = attempt_of(headers["Uniqueid"])
    if attempt is None:
        return NOTHING
    return (AgentDone(attempt, headers["Queue"], headers["Interface"], float(headers["TalkTime"])),)


def _hung_up(headers: Headers, at: Translator) -> Translated:
    unique_id = headers["Uniqueid"]
    attempt, ended = attempt_of(unique_id), _channel_ended(headers, at, unique_id)
    if attempt is None or unique_id != channel_id(attempt):
        return ended
    return (*ended, Hangup(attempt, int(headers["Cause"]), headers.get("Cause-txt", "")))


def _shutdown(headers: Headers, _at: Translator) -> Translated:
    return (CoreShutdown(restart=headers.get("Restart", "") == "True"),)


TABLE: Mapping[str, Callable[[Headers, Translator], Translated]] = {
    "ContactStatus": _contact,
    "Registry": _registration,
    "Alarm": _alarm,
    "AlarmClear": _alarm,
    "SpanAlarm": _alarm,
    "SpanAlarmClear": _alarm,
    "Newchannel": _channel_began,
    "QueueMemberStatus": _member,
    "QueueMemberAdded": _member,
    "QueueMemberPause": _member,
    "QueueMemberRemoved": _member_removed,
    "QueueCallerJoin": _joined,
    "QueueCallerLeave": _left,
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

WANTED: frozenset[bytes] = frozenset(name.encode() for name in (*TABLE, *OF_CALLS, "UserEvent"))
"""What the link passes on; UserEvent is for phone codes, which the consumer reads itself (ami_bridge.codes), and those of
calls are read by their recorder as well (ami_bridge.call_tracker).
"""
