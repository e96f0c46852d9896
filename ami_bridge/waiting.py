"""Callers who wait where nobody can answer any more: brought to the phrase and the offer, with their place kept.

Asterisk is looked at first, because a caller may have been answered, or have left, since the core decided: only who still
stands in a queue and talks to nobody is touched. Our own callbacks are never brought anywhere; where people were sent out
of the building (requirement A6) they are hung up, and their attempts end as ones that no agent took.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

import structlog

from ami_bridge.clock import Clock
from ami_bridge.link import LinkDown, Reply
from ami_bridge.originate import attempt_of
from fallback.decision import BringWaiting

log = structlog.get_logger()

Act = Callable[[dict[str, str | list[str]]], Awaitable[Reply]]
Item = Mapping[str, str]
IN_QUEUE = "Queue"


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of the channels that were named. done: brought or hung up; failed: Asterisk refused, or the link
    was lost on the way. Whoever is in neither did not wait any more, or was none of those to be touched.
    """

    done: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


class Waiting:
    """Performs ``BringWaiting`` by one manager link. act: ``Link.action``; clock: our clocks."""

    def __init__(self, act: Act, clock: Clock) -> None:
        self._act = act
        self._clock = clock
        self._brought: frozenset[str] = frozenset()  # unique ids; those that are gone are forgotten

    async def bring(self, order: BringWaiting) -> Moved:
        """Sends each channel to ``holdfast,waiting,1``, the one who waited longest first, each one once.

        Never raises for the link: what could not be done is told in the log and in the result.
        """
        there = await self._look()
        self._brought &= {item.get("Uniqueid", "") for item in there.values()}
        now = self._clock().wall.timestamp()
        done: list[str] = []
        failed: list[str] = []
        for channel, waited in sorted(order.channels.items(), key=lambda one: -one[1]):
            item = there.get(channel)
            if (
                item is None
                or not _waits(item)
                or _attempt(item)
                or item.get("Uniqueid", "") in self._brought
            ):
                continue
            if await self._redirect(channel, order.scope, int(now - waited)):
                self._brought |= {item.get("Uniqueid", "")}
                done.append(channel)
            else:
                failed.append(channel)
        if done or failed:
            log.info("waiting callers brought", scope=order.scope, brought=len(done), failed=len(failed))
        return Moved(tuple(done), tuple(failed))

    async def own_waiting(self, queues: Iterable[str]) -> tuple[str, ...]:
        """Channels of our own callbacks that wait in these queues for an agent; empty when the link is lost."""
        wanted = frozenset(queues)
        return tuple(
            channel
            for channel, item in (await self._look()).items()
            if _attempt(item) and _waits(item) and item.get("ApplicationData", "").split(",")[0] in wanted
        )

    async def hang_up(self, channels: Iterable[str]) -> Moved:
        """Ends these channels: for our own callbacks that wait where no agent may be rung."""
        done: list[str] = []
        failed: list[str] = []
        for channel in channels:
            good = await self._do({"Action": "Hangup", "Channel": channel, "Cause": "16"}, channel)
            (done if good else failed).append(channel)
        if done or failed:
            log.info("own callbacks taken out of the queue", hung_up=len(done), failed=len(failed))
        return Moved(tuple(done), tuple(failed))

    async def _redirect(self, channel: str, scope: str, since: int) -> bool:
        variables = {"HF_SCOPE": scope, "HF_WAITED": str(since)}
        for name, value in variables.items():
            put = {"Action": "Setvar", "Channel": channel, "Variable": name, "Value": value}
            if not await self._do(put, channel):
                return False
        to: dict[str, str | list[str]] = {"Context": "holdfast", "Exten": "waiting", "Priority": "1"}
        return await self._do({"Action": "Redirect", "Channel": channel, **to}, channel)

    async def _look(self) -> dict[str, Item]:
        """Channel → what Asterisk says of it; nobody when it does not say."""
        try:
            reply = await self._act({"Action": "CoreShowChannels"})
        except LinkDown as problem:
            log.error("waiting callers not looked at", reason=str(problem))
            return {}
        if not reply.ok:
            log.error("waiting callers not looked at", reason=reply.message)
        return {item["Channel"]: item for item in reply.events if "Channel" in item}

    async def _do(self, headers: Mapping[str, str | list[str]], channel: str) -> bool:
        try:
            reply = await self._act(dict(headers))
        except (LinkDown, ValueError) as problem:  # ValueError: a header that Asterisk would misread
            log.error(
                "waiting caller not moved", channel=channel, action=headers["Action"], reason=str(problem)
            )
            return False
        if not reply.ok:  # mostly: hung up in this very moment
            log.warning(
                "waiting caller not moved", channel=channel, action=headers["Action"], reason=reply.message
            )
        return reply.ok


def _waits(item: Item) -> bool:
    """Whether this channel stands in a queue and is connected to nobody."""
    return item.get("Application") == IN_QUEUE and not item.get("BridgeId")


def _attempt(item: Item) -> str | None:
    return attempt_of(item.get("Uniqueid", "")) or attempt_of(item.get("Linkedid", ""))
