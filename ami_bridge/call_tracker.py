"""Raw call records out of what Asterisk says of its queues (requirement G). Pure: no I/O, no clock.

A call that was not seen from its beginning to its end is marked ``cut``. What Asterisk tells of it later (AgentComplete knows how
long the caller waited and talked) is taken; what nobody told stays unknown. Bounded: of more calls than MOST_OPEN the oldest is
given up.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta, tzinfo
from math import inf

from ami_bridge.originate import attempt_of
from ami_bridge.seat_times import Headers, SeatTimes
from callbacks.measures import CallEnd, CallRecord, Transfer
from fallback.time import Now

MOST_OPEN = 20_000
MOST_ENDED = 2_000  # kept for what comes late: AgentComplete after Hangup, a transfer after AgentComplete
MOST_LATE = 120.0  # seconds
SKEW_GROWS = 1e-5  # seconds for each event: clocks drift
LEFT_AFTER = 30.0  # seconds: an announcement to the agent lies between leaving the queue and AgentConnect


@dataclass(slots=True)
class _Call:
    """record, and what of it is measured on the monotonic clock. phones: unique ids that ring, or rang, for it."""

    record: CallRecord
    joined: float
    touched: float
    left: Now | None = None
    connected: float | None = None
    rang: dict[str, float] = field(default_factory=dict)
    held_since: float | None = None


class CallTracker:
    """One Asterisk's calls. queues: those that are ours. incident: key of the open incident of a queue's scope, or "".

    changed: records to be written, by key. malformed: events of a known name that could not be read.
    """

    def __init__(
        self,
        pbx: str,
        queues: Callable[[], frozenset[str]],
        incident: Callable[[str], str],
        zone: tzinfo,
        wrap_up: float = 0.0,
    ) -> None:
        self.pbx = pbx
        self.seats = SeatTimes(pbx, zone, wrap_up)
        self.changed: dict[str, CallRecord] = {}
        self.malformed: Counter[str] = Counter()
        self._queues, self._incident = queues, incident
        self._calls: dict[str, _Call] = {}
        self._ended: OrderedDict[str, _Call] = OrderedDict()
        self._phones: OrderedDict[str, str] = OrderedDict()  # an agent's channel → the caller's
        self._skew = inf  # our clock minus Asterisk's

    def __len__(self) -> int:
        return len(self._calls)

    def seen(self, name: str, headers: Headers, now: Now) -> None:
        """One manager event. Never raises for what Asterisk says."""
        handle = EVENTS.get(name)
        queue = headers.get("Queue")
        if handle is None or (queue is not None and queue not in self._queues()):
            return
        try:
            handle(self, headers, self._when(headers, now))
        except (KeyError, ValueError):
            self.malformed[name] += 1

    def _when(self, headers: Headers, now: Now) -> Now:
        """When it happened: where Asterisk stamps its events, a machine that reads them late makes no call shorter or longer.

        Its clock need not be ours: the smallest difference of late is the clocks', what is above it is how late we read.
        """
        if "Timestamp" not in headers:
            return now
        differs = now.wall.timestamp() - float(headers["Timestamp"])
        self._skew = min(differs, self._skew + SKEW_GROWS)
        late = min(differs - self._skew, MOST_LATE)
        return Now(now.wall - timedelta(seconds=late), now.mono - late)

    # -- callers

    def _joined(self, headers: Headers, now: Now) -> None:
        unique_id = headers["Uniqueid"]
        self._new(unique_id, headers["Queue"], now, 0.0, position=int(headers["Position"]))

    def _called(self, headers: Headers, now: Now) -> None:
        call = self._calls.get(headers["Uniqueid"])
        phone = headers["DestUniqueid"]
        self.seats.rings((headers["Queue"], headers["Interface"]), phone, now)
        if call is None:
            return
        call.rang[phone] = now.mono
        if call.record.rang_after is None:
            self._change(headers["Uniqueid"], call, now, rang_after=max(0.0, now.mono - call.joined))

    def _silent(self, headers: Headers, now: Now) -> None:
        self.seats.silent((headers["Queue"], headers["Interface"]), headers["DestUniqueid"], now)

    def _connected(self, headers: Headers, now: Now) -> None:
        unique_id, phone = headers["Uniqueid"], headers["DestUniqueid"]
        call = self._calls.get(unique_id)
        if call is None or call.record.queue != headers["Queue"]:
            call = self._new(unique_id, headers["Queue"], now, float(headers["HoldTime"]), cut=True)
        wait = _waited(call, headers, now)
        rang = call.rang.get(phone)
        ring = now.mono - rang if rang is not None else float(headers["RingTime"])
        call.connected, call.left = now.mono, None
        self._stop_ringing(call, now)
        self._phones[phone] = unique_id
        self._change(
            unique_id,
            call,
            now,
            end=CallEnd.TALKING,
            wait=wait,
            ring=max(0.0, ring),
            agent=headers["Interface"],
        )
        self.seats.takes((headers["Queue"], headers["Interface"]), unique_id, now)

    def _left(self, headers: Headers, now: Now) -> None:
        """Also said of a caller who was answered, just before AgentConnect: which of the two it was is known a little later."""
        call = self._calls.get(headers["Uniqueid"])
        if call is not None and call.record.end is CallEnd.WAITING and call.left is None:
            call.left = now
            self._stop_ringing(call, now)

    def _abandoned(self, headers: Headers, now: Now) -> None:
        unique_id = headers["Uniqueid"]
        call = self._calls.get(unique_id)
        if call is None or call.record.queue != headers["Queue"]:
            call = self._new(unique_id, headers["Queue"], now, float(headers["HoldTime"]), cut=True)
        wait = _waited(call, headers, now)
        end = CallEnd.LEFT if call.record.callback else CallEnd.ABANDONED
        self._stop_ringing(call, now)
        self._end(unique_id, call, now, end=end, wait=wait)

    def _completed(self, headers: Headers, now: Now) -> None:
        unique_id = headers["Uniqueid"]
        call = self._calls.get(unique_id) or self._ended.get(unique_id)
        held, talked = float(headers["HoldTime"]), float(headers["TalkTime"])
        if call is None or call.record.queue != headers["Queue"]:
            call = self._new(unique_id, headers["Queue"], now, held + talked, cut=True)
        told: dict[str, object] = {"agent": headers["Interface"], "end": CallEnd.ANSWERED}
        if call.connected is None:
            told |= {"talk": max(0.0, talked - call.record.hold), "cut": True}
            told |= {} if call.record.wait is not None else {"wait": held}
        elif call.record.end is CallEnd.TALKING:
            told["total"] = _near(now.mono - call.connected, talked)
        transfer = call.record.transfer
        if transfer is Transfer.NONE and headers.get("Reason") == "transfer":
            told["transfer"] = Transfer.BLIND
        self.seats.ends((headers["Queue"], headers["Interface"]), unique_id, now)
        self._end(unique_id, call, now, **told)

    def _hung_up(self, headers: Headers, now: Now) -> None:
        unique_id = headers["Uniqueid"]
        call = self._calls.get(unique_id)
        if call is not None:
            self._leave(unique_id, call, now)

    def _leave(self, unique_id: str, call: _Call, now: Now) -> None:
        """The call goes on without this queue, or is over."""
        if call.record.end is CallEnd.TALKING:
            self.seats.ends((call.record.queue, call.record.agent), unique_id, now)
            self._end(unique_id, call, now, end=CallEnd.ANSWERED)
        elif call.left is not None:
            wait = max(0.0, call.left.mono - call.joined)
            self._end(unique_id, call, now, end=CallEnd.LEFT, wait=wait, ended_at=call.left.wall)
        else:  # how it left was not heard
            self._stop_ringing(call, now)
            self._end(unique_id, call, now, end=CallEnd.UNKNOWN, cut=True, ended_at=None)

    # -- what happens while they talk

    def _held(self, headers: Headers, now: Now) -> None:
        call = self._of_phone(headers["Uniqueid"])
        if call is not None and call.held_since is None and call.record.end is CallEnd.TALKING:
            call.held_since = now.mono

    def _resumed(self, headers: Headers, now: Now) -> None:
        call = self._of_phone(headers["Uniqueid"])
        if call is not None and call.held_since is not None:
            held, call.held_since = now.mono - call.held_since, None
            self._change(self._phones[headers["Uniqueid"]], call, now, hold=call.record.hold + max(0.0, held))

    def _passed_on(self, headers: Headers, now: Now) -> None:
        blind = "TransfererUniqueid" in headers
        phone = headers["TransfererUniqueid" if blind else "OrigTransfererUniqueid"]
        call = self._of_phone(phone)
        if call is not None and headers.get("Result", "Success") == "Success":
            kind = Transfer.BLIND if blind else Transfer.ATTENDED
            self._change(self._phones[phone], call, now, transfer=kind)

    # -- agents

    def _member(self, headers: Headers, now: Now) -> None:
        self.seats.seen(headers, now)

    def _member_gone(self, headers: Headers, now: Now) -> None:
        self.seats.gone((headers["Queue"], headers["Interface"]), now)

    # -- what the bridge tells

    def adopt(self, records: Iterable[CallRecord], now: Now) -> None:
        """Calls that were open when an earlier run wrote them; ``looked`` says what became of them."""
        for record in records:
            unique_id = record.key.removeprefix(f"{self.pbx}:").rpartition("#")[0]
            if unique_id and unique_id not in self._calls:
                joined = now.mono - max(0.0, (now.wall - record.joined_at).total_seconds())
                self._calls[unique_id] = _Call(record, joined, -1.0)

    def looked(
        self,
        waiting: Mapping[tuple[str, str], float],
        channels: frozenset[str],
        asked: Now,
        now: Now,
        *,
        missed: bool,
    ) -> None:
        """What Asterisk said when it was asked at ``asked``. waiting: (queue, unique id) → seconds; channels: all that there are.

        missed: events were lost before. A call of which something was heard since is as it was heard.
        """
        for unique_id, call in list(self._calls.items()):
            if call.touched >= asked.mono or call.left is not None:
                continue
            if unique_id not in channels and (call.record.queue, unique_id) not in waiting:
                self._lose(unique_id, call, now)
                continue
            call.touched = now.mono
            if missed and (call.record.queue, unique_id) not in waiting:
                call.connected = None  # what Asterisk tells at the end is better than what we missed
                self._change(unique_id, call, now, cut=True)
        known = {(call.record.queue, unique_id) for unique_id, call in self._calls.items()}
        for (queue, unique_id), waited in waiting.items():
            if (queue, unique_id) not in known and unique_id not in self._ended:
                self._new(unique_id, queue, now, waited, cut=True)

    def seat_again(self, now: Now) -> None:
        """Agents who were looked at anew are with the callers with whom they were before."""
        for unique_id, call in self._calls.items():
            if call.record.end is CallEnd.TALKING:
                self.seats.takes((call.record.queue, call.record.agent), unique_id, now)

    def oldest_quiet(self, now: Now) -> float:
        """Seconds since something was heard of the call of which nothing was heard longest; 0 when none is open."""
        return max((now.mono - call.touched for call in self._calls.values()), default=0.0)

    def lost(self, now: Now) -> None:
        """The link is gone, or events were: agents are not seen from now on. Calls stay open until somebody has looked."""
        self.seats.lost(now)

    def ticks(self, now: Now) -> None:
        """Ends what has left its queue and went elsewhere; call it every few seconds."""
        for unique_id, call in list(self._calls.items()):
            if call.left is not None and now.mono - call.left.mono > LEFT_AFTER:
                self._leave(unique_id, call, now)

    # -- keeping

    def _new(
        self, unique_id: str, queue: str, now: Now, ago: float, *, position: int = 0, cut: bool = False
    ) -> _Call:
        if (before := self._calls.get(unique_id)) is not None:
            self._leave(unique_id, before, now)
        while len(self._calls) >= MOST_OPEN:
            oldest = next(iter(self._calls))
            self._lose(oldest, self._calls[oldest], now)
        joined = now.wall - timedelta(seconds=ago)
        record = CallRecord(
            key=f"{self.pbx}:{unique_id}#{int(joined.timestamp() * 1000)}",
            pbx=self.pbx,
            queue=queue,
            joined_at=joined,
            incident=self._incident(queue),
            callback=attempt_of(unique_id) or "",
            position=position,
            cut=cut,
        )
        call = self._calls[unique_id] = _Call(record, now.mono - ago, now.mono)
        self.changed[record.key] = record
        return call

    def _change(self, unique_id: str, call: _Call, now: Now, **new: object) -> None:
        call.record = replace(call.record, **new)  # type: ignore[arg-type]  # fields of a record by name
        call.touched = now.mono
        self.changed[call.record.key] = call.record

    def _end(self, unique_id: str, call: _Call, now: Now, **new: object) -> None:
        """A call that talked to an agent whom we heard take it has its talk measured here, without what it was on hold."""
        if call.held_since is not None:
            new["hold"] = call.record.hold + max(0.0, now.mono - call.held_since)
            call.held_since = None
        if call.connected is not None and call.record.end is CallEnd.TALKING:
            hold = float(new.get("hold", call.record.hold))  # type: ignore[arg-type]  # a number
            total = float(new.pop("total", now.mono - call.connected))  # type: ignore[arg-type]  # the same
            new["talk"] = max(0.0, total - hold)
        if call.record.ended_at is None:
            new.setdefault("ended_at", now.wall)
        self._change(unique_id, call, now, **new)
        self._calls.pop(unique_id, None)
        self._ended[unique_id] = call
        self._ended.move_to_end(unique_id)
        while len(self._ended) > MOST_ENDED:
            self._ended.popitem(last=False)
        while len(self._phones) > MOST_OPEN:
            self._phones.popitem(last=False)

    def _lose(self, unique_id: str, call: _Call, now: Now) -> None:
        talked = call.record.end is CallEnd.TALKING
        call.connected = call.held_since = None
        self._stop_ringing(call, now)
        if talked:
            self.seats.ends((call.record.queue, call.record.agent), unique_id, now)
        end = CallEnd.ANSWERED if talked else CallEnd.UNKNOWN
        self._end(unique_id, call, now, end=end, cut=True, ended_at=None)

    def _stop_ringing(self, call: _Call, now: Now) -> None:
        for phone in call.rang:
            self.seats.stops(phone, now)

    def _of_phone(self, phone: str) -> _Call | None:
        unique_id = self._phones.get(phone, "")
        return self._calls.get(unique_id) or self._ended.get(unique_id)


def _waited(call: _Call, headers: Headers, now: Now) -> float:
    """Asterisk's word alone where we did not see the caller join."""
    held = float(headers["HoldTime"])
    return held if call.record.cut else _near(now.mono - call.joined, held)


def _near(measured: float, told: float) -> float:
    """Asterisk counts whole seconds, which are right within one; what we measured is finer, and wrong when we were late."""
    return max(0.0, told - 1, min(measured, told + 1))


EVENTS: Mapping[str, Callable[[CallTracker, Headers, Now], None]] = {
    "QueueCallerJoin": CallTracker._joined,
    "QueueCallerLeave": CallTracker._left,
    "QueueCallerAbandon": CallTracker._abandoned,
    "AgentCalled": CallTracker._called,
    "AgentRingNoAnswer": CallTracker._silent,
    "AgentConnect": CallTracker._connected,
    "AgentComplete": CallTracker._completed,
    "Hangup": CallTracker._hung_up,
    "Hold": CallTracker._held,
    "Unhold": CallTracker._resumed,
    "BlindTransfer": CallTracker._passed_on,
    "AttendedTransfer": CallTracker._passed_on,
    "QueueMemberStatus": CallTracker._member,
    "QueueMemberAdded": CallTracker._member,
    "QueueMemberPause": CallTracker._member,
    "QueueMemberRemoved": CallTracker._member_gone,
}
"""What is read. Open records are written too, so that a restarted bridge knows what it has to look after."""
