"""The channels that live now: which attempts are under way, how many lines each trunk carries, and who is on the line."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ami_bridge.lines import trunk_of
from ami_bridge.link import Link, LinkDown
from ami_bridge.originate import attempt_of
from ami_bridge.site import Site

LIST_TIMEOUT = 15.0  # seconds; thousands of channels take Asterisk a while
_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_OF_ONE_CALL = re.compile(r"-[0-9a-f]{8}(;[12])?$")  # what Asterisk adds to a device's name


@dataclass(frozen=True, slots=True)
class Talk:
    """A live caller whom an agent took out of a queue. device: as Asterisk names the agent's channel, without its call."""

    device: str
    number: str
    queue: str


@dataclass(frozen=True, slots=True)
class Channels:
    """attempts: keys of ours with a living channel. in_use: trunk → channels, ours and everybody's; others: but ours. numbers:
    caller ids of all calls that are not ours, as Asterisk has them. talks: live callers with an agent.
    """

    attempts: frozenset[str] = frozenset()
    in_use: Mapping[str, int] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()
    talks: tuple[Talk, ...] = ()
    others: Mapping[str, int] = field(default_factory=dict)


async def look(link: Link, site: Site) -> Channels:
    """Asks Asterisk; raises LinkDown when it does not answer."""
    reply = await link.action({"Action": "CoreShowChannels"}, timeout=LIST_TIMEOUT)
    if not reply.ok:
        raise LinkDown(f"Asterisk refused CoreShowChannels: {reply.message}")
    return read(reply.events, site)


def read(items: Iterable[Mapping[str, str]], site: Site) -> Channels:
    """What Asterisk's list of channels says."""
    ours = set()
    live: list[Mapping[str, str]] = []
    in_use, others = (dict.fromkeys(site.trunks.values(), 0) for _ in range(2))
    for item in items:
        attempt = attempt_of(item.get("Uniqueid", "")) or attempt_of(item.get("Linkedid", ""))
        if attempt is not None:
            ours.add(attempt)
        else:
            live.append(item)
        trunk = trunk_of(item.get("Channel", ""), site)
        if trunk is not None:
            in_use[trunk] += 1
            others[trunk] += attempt is None
    numbers = frozenset(filter(_NUMBER.fullmatch, (item.get("CallerIDNum", "") for item in live)))
    return Channels(frozenset(ours), in_use, numbers, _talks(live, site), others)


def _talks(live: Sequence[Mapping[str, str]], site: Site) -> tuple[Talk, ...]:
    """A caller in Queue() and what Queue() has dialled for him stand in one bridge."""
    callers = {
        bridge: item
        for item in live
        if item.get("Application") == "Queue" and (bridge := item.get("BridgeId", ""))
    }
    found = []
    for item in live:
        caller = callers.get(item.get("BridgeId", ""))
        if caller is None or item.get("Application") != "AppQueue":
            continue
        queue, number = caller.get("ApplicationData", "").partition(",")[0], caller.get("CallerIDNum", "")
        if queue in site.queues and _NUMBER.fullmatch(number):
            found.append(Talk(device_of(item.get("Channel", "")), number, queue))
    return tuple(found)


def device_of(channel: str) -> str:
    """``PJSIP/agent-1`` of ``PJSIP/agent-1-0000001f``; as a queue names it, but for a ``/n`` behind a Local one."""
    return _OF_ONE_CALL.sub("", channel)
