"""An agent who calls somebody by his own claim is offered no queue call meanwhile, and is never left paused.

The reason of the pause names the attempt, and stands in Asterisk: so whoever runs after a kill knows which pauses are ours, and
ends those whose call is over. A pause with another reason, or one that the agent has made his own meanwhile, is left alone.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import structlog

from ami_bridge.channels import LIST_TIMEOUT
from ami_bridge.link import Link, LinkDown

log = structlog.get_logger()

REASON = "holdfast callback "  # and the attempt's key


@dataclass(frozen=True, slots=True)
class Seat:
    """A member of a queue. reason: of his pause; "" where he gave none, or is not paused."""

    queue: str
    member: str
    paused: bool
    reason: str

    @property
    def attempt(self) -> str:
        """For which attempt of ours he is paused, "" for none."""
        ours = self.paused and self.reason.startswith(REASON)
        return self.reason.removeprefix(REASON) if ours else ""


@dataclass(slots=True)
class OwnPauses:
    """queues: those of the policy; a pause anywhere else is not ours."""

    link: Link
    _held: dict[str, set[Seat]] = field(default_factory=dict)  # attempt → seats, as they were before

    async def pause(self, member: str, attempt: str, queues: Collection[str]) -> None:
        """Before his phone rings. That it cannot be done is logged, and keeps nobody from calling; raises LinkDown."""
        for seat in await self._seats(queues, member):
            if seat.paused:
                continue
            self._held.setdefault(attempt, set()).add(seat)
            await self._set(seat, paused=True, reason=f"{REASON}{attempt}")

    async def find(self, queues: Collection[str]) -> None:
        """After a connect: pauses of ours, also those that an earlier run has left; raises LinkDown."""
        for seat in await self._seats(queues):
            if seat.attempt:
                log.info("an agent is paused for a callback of his", attempt=seat.attempt, queue=seat.queue)
                self._held.setdefault(seat.attempt, set()).add(seat)

    async def end_all_but(self, under_way: Collection[str]) -> None:
        """Ends the pauses of attempts that are over; raises LinkDown, and then they are tried again."""
        for attempt in [one for one in self._held if one not in under_way]:
            for held in self._held[attempt]:
                for seat in await self._seats({held.queue}, held.member):
                    if seat.attempt == attempt:
                        await self._set(seat, paused=False, reason="")
            del self._held[attempt]

    async def _set(self, seat: Seat, *, paused: bool, reason: str) -> None:
        reply = await self.link.action(
            {
                "Action": "QueuePause",
                "Interface": seat.member,
                "Queue": seat.queue,
                "Paused": "true" if paused else "false",
                **({"Reason": reason} if reason else {}),
            }
        )
        if not reply.ok:
            log.error(
                "an agent's pause could not be set; does our manager account have write=agent?",
                member=seat.member,
                queue=seat.queue,
                paused=paused,
                reason=reply.message,
            )

    async def _seats(self, queues: Collection[str], member: str = "") -> list[Seat]:
        return [seat for queue in sorted(queues) for seat in await self._seats_of(queue, member)]

    async def _seats_of(self, queue: str, member: str) -> list[Seat]:
        asked = {"Action": "QueueStatus", "Queue": queue} | ({"Member": member} if member else {})
        reply = await self.link.action(asked, timeout=LIST_TIMEOUT)
        if not reply.ok:
            raise LinkDown(f"Asterisk refused QueueStatus: {reply.message}")
        return list(_read(reply.events, queue, member))


def _read(items: Iterable[Mapping[str, str]], queue: str, member: str) -> Iterator[Seat]:
    for item in items:
        if item.get("Event") != "QueueMember" or item.get("Queue", queue) != queue:
            continue
        who = item.get("Location", "")
        if who and member in ("", who):
            yield Seat(queue, who, item.get("Paused") == "1", item.get("PausedReason", ""))
