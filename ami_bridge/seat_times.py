"""What agents do, and since when, as Asterisk says it of its queues' members: spans for the measures (requirement G). Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo

from ami_bridge.readings import presence
from callbacks.measures import AgentSpan, AgentState, parts
from fallback.events import Presence
from fallback.time import Now

Headers = Mapping[str, str]
Place = tuple[str, str]  # queue, interface; ("", "") is the site's own
SITE: Place = ("", "")
SETTLED = 0.2  # seconds: Asterisk tells one change in several events; a state that was shorter is not told
MOST_REASON = 80


@dataclass(slots=True)
class Seat:
    """One member of one queue. rings: unique id of the phone's channel → since when it rings. calls: unique ids of callers."""

    state: AgentState
    since: Now
    device: Presence | None = None
    paused: bool = False
    reason: str = ""
    shown_reason: str = ""  # of the span that runs
    rings: dict[str, Now] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)
    wrap_up: float = 0.0
    wraps_until: Now | None = None

    def now_is(self) -> AgentState:
        """The state that follows from all of this."""
        if self.calls:
            return AgentState.CALL
        if self.device is Presence.UNREACHABLE:
            return AgentState.AWAY
        if self.rings or self.device is Presence.RINGING:
            return AgentState.RINGING
        if self.device is Presence.BUSY:
            return AgentState.OTHER
        return AgentState.PAUSED if self.paused else AgentState.IDLE


class SeatTimes:
    """Spans of one Asterisk. zone: of the half hours at which they are cut. wrap_up: seconds after a call in which the queues
    leave an agent alone, where the queue itself says so; a member's own stands in his events."""

    def __init__(self, pbx: str, zone: tzinfo, wrap_up: float = 0.0) -> None:
        self.pbx, self.zone, self.wrap_up = pbx, zone, wrap_up
        self.spans: dict[tuple[object, ...], AgentSpan] = {}
        self._seats: dict[Place, Seat] = {}

    def seen(self, headers: Headers, now: Now, interface: str = "Interface") -> None:
        """A member's state: QueueMemberStatus, -Added, -Pause, or an item of QueueStatus. Raises KeyError."""
        place = (headers["Queue"], headers[interface])
        seat = self._seats.setdefault(place, Seat(AgentState.IDLE, now))
        seat.paused = headers["Paused"] != "0"
        seat.device = presence({**headers, "Paused": "0"})
        seat.reason = headers.get("PausedReason", "")[:MOST_REASON] if seat.paused else ""
        seat.wrap_up = max(self.wrap_up, float(headers.get("Wrapuptime") or 0))
        self._settle(place, seat, now)

    def gone(self, place: Place, now: Now) -> None:
        """Signed out of that queue."""
        seat = self._seats.pop(place, None)
        if seat is not None:
            self._tell(place, seat, now)

    def rings(self, place: Place, phone: str, now: Now) -> None:
        """His phone rings."""
        seat = self._seats.setdefault(place, Seat(AgentState.IDLE, now))
        seat.rings[phone] = now
        self._settle(place, seat, now)

    def silent(self, place: Place, phone: str, now: Now) -> None:
        """It rang and nobody took it."""
        seat = self._seats.get(place)
        if seat is None:
            return
        since = seat.rings.pop(phone, None)
        if since is not None and since.wall < now.wall:
            self._put(AgentSpan(self.pbx, *place, AgentState.MISSED, since.wall, now.wall))
        self._settle(place, seat, now)

    def stops(self, phone: str, now: Now) -> None:
        """It rings no more: the caller has left, or another was quicker."""
        for place, seat in self._seats.items():
            if seat.rings.pop(phone, None) is not None:
                self._settle(place, seat, now)

    def takes(self, place: Place, call: str, now: Now) -> None:
        """He talks with this caller."""
        seat = self._seats.setdefault(place, Seat(AgentState.IDLE, now))
        seat.rings.clear()
        seat.calls.add(call)
        self._settle(place, seat, now)

    def ends(self, place: Place, call: str, now: Now) -> None:
        """That call is over; the queue's wrap-up begins."""
        seat = self._seats.get(place)
        if seat is None or call not in seat.calls:
            return
        seat.calls.discard(call)
        if seat.device is Presence.BUSY:  # said of this call; if he talks on, Asterisk says it anew
            seat.device = Presence.FREE
        if seat.wrap_up:
            until = timedelta(seconds=seat.wrap_up)
            seat.wraps_until = Now(now.wall + until, now.mono + seat.wrap_up)
        self._settle(place, seat, now)

    def site(self, state: AgentState, holds: bool, now: Now) -> None:
        """SEEN and FULL: whether it is so now. A state of its own each."""
        place = ("", state.value)
        seat = self._seats.get(place)
        if holds and seat is None:
            self._seats[place] = Seat(state, now)
        elif not holds and seat is not None:
            self._tell(place, seat, now)
            del self._seats[place]

    def lost(self, now: Now) -> None:
        """Nothing is known from now on."""
        self.told(now)
        self._seats.clear()

    def told(self, now: Now) -> None:
        """Brings all spans up to now; call it now and then, so that a kill costs no more."""
        for place, seat in self._seats.items():
            self._tell(place, seat, now)

    def places(self) -> Iterator[Place]:
        """Where members are known."""
        return (place for place in self._seats if place[0])

    def _settle(self, place: Place, seat: Seat, now: Now) -> None:
        state = seat.now_is()
        if state is seat.state and seat.reason == seat.shown_reason:
            return
        if now.mono - seat.since.mono >= SETTLED:
            self._tell(place, seat, now)
            seat.since = now
        seat.state, seat.shown_reason = state, seat.reason

    def _tell(self, place: Place, seat: Seat, now: Now) -> None:
        """The span that runs, as far as it has come; it begins anew at each half hour."""
        queue, agent = ("", "") if not place[0] else place
        span = AgentSpan(self.pbx, queue, agent, seat.state, seat.since.wall, now.wall, seat.shown_reason)
        last = seat.since.wall
        for part in (one for half in _wrapped(span, seat.wraps_until) for one in parts(half, self.zone)):
            self._put(part)
            last = part.since
        if last > seat.since.wall:
            seat.since = Now(last, seat.since.mono + (last - seat.since.wall).total_seconds())

    def _put(self, span: AgentSpan) -> None:
        self.spans[span.queue, span.agent, span.state, span.since] = span


def _wrapped(span: AgentSpan, until: Now | None) -> Iterator[AgentSpan]:
    """An idle span of which the beginning is the queue's wrap-up is two."""
    if span.state is not AgentState.IDLE or until is None or span.since >= until.wall:
        yield span
        return
    edge = min(until.wall, span.until)
    yield AgentSpan(span.pbx, span.queue, span.agent, AgentState.AFTER_CALL, span.since, edge)
    if edge < span.until:
        yield AgentSpan(span.pbx, span.queue, span.agent, AgentState.IDLE, edge, span.until)
