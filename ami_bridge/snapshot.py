"""The whole picture of one Asterisk, taken after every (re)connect and after dropped events.

Order is kept without holding anything back: events that arrive while the snapshot is being taken stay in
the inbox, behind it. The consumer applies the snapshot and then those events. Each says a level, not a
step, and the last of them is as new as the snapshot or newer, so saying it again does no harm.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from ami_bridge.channels import Channels
from ami_bridge.channels import read as read_channels
from ami_bridge.link import Headers, Reply
from ami_bridge.originate import attempt_of
from ami_bridge.readings import Memory, member_seen
from ami_bridge.site import Site
from fallback.events import CallerWaits, LinesSeen, MemberSeen, QueueSeen, SnapshotTaken, TrunkSeen

LIST_TIMEOUT = 15.0  # seconds; a list of thousands of channels takes Asterisk a while


class Acts(Protocol):
    """What a snapshot needs of the link."""

    async def action(
        self,
        headers: Headers,
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # as Link.action
    ) -> Reply:
        """As Link.action."""

    def uptime(self) -> float | None:
        """As Link.uptime."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """taken: for the core. channels: those that live now.

    problems: sentences for people, about what could not be read and how to mend it; what they name stays
    unknown.
    """

    taken: SnapshotTaken
    channels: Channels = field(default_factory=Channels)
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """What the queues say, while it is gathered."""

    members: list[MemberSeen] = field(default_factory=list)
    queues: list[QueueSeen] = field(default_factory=list)
    callers: list[CallerWaits] = field(default_factory=list)


async def take(link: Acts, site: Site, now: datetime, memory: Memory) -> Snapshot:
    """Ask for everything. now: aware UTC. memory: the translator's, brought up to date here.

    Raises LinkDown when the link is lost or too slow meanwhile; then take it again after the next LinkUp.
    """
    problems: list[str] = []
    trunks = [await _trunk(link, endpoint, name, memory, problems) for endpoint, name in site.trunks.items()]
    registered = await _registrations(link, site, memory)
    alarms = await _alarms(link, site, memory)
    found = _Found()
    for queue in sorted(site.queues):
        await _queue(link, queue, found, problems)
    channels, lines = await _channels(link, site, memory, problems)
    taken = SnapshotTaken(
        booted_at=await _booted_at(link, now, problems),
        trunks=(*(seen for seen in trunks if seen is not None), *registered, *alarms),
        members=tuple(found.members),
        queues=tuple(found.queues),
        callers=tuple(found.callers),
        lines=lines,
    )
    return Snapshot(taken, channels, tuple(problems))


async def _list(link: Acts, headers: dict[str, str], problems: list[str]) -> tuple[Mapping[str, str], ...]:
    reply = await link.action(headers, timeout=LIST_TIMEOUT)
    what = " ".join(headers.values())
    if not reply.ok:
        problems.append(f"Asterisk refused {what}: {reply.message}")
    if reply.cut:
        problems.append(f"the answer to {what} was longer than we keep")
    return reply.events


async def _trunk(
    link: Acts, endpoint: str, trunk: str, memory: Memory, problems: list[str]
) -> TrunkSeen | None:
    """PJSIPShowContacts leaves out contacts that stand in the configuration, as those of carriers do."""
    wrong: list[str] = []
    items = await _list(link, {"Action": "PJSIPShowEndpoint", "Endpoint": endpoint}, wrong)
    if wrong:
        problems.append(f"trunk {trunk}: {wrong[0]}; compare its endpoint in the policy with pjsip.conf")
        return None
    contacts = memory.contacts
    contacts.forget(trunk)
    states = [item for item in items if item.get("Event") == "ContactStatusDetail"]
    for item in states:
        contacts.note(trunk, item.get("URI", ""), item.get("Status", ""))
    told = ", ".join(sorted({item.get("Status", "").lower() for item in states}))
    if states and not contacts.known(trunk):
        return None  # Asterisk has not asked yet
    return contacts.reading(trunk, f"contact {told}")


async def _registrations(link: Acts, site: Site, memory: Memory) -> tuple[TrunkSeen, ...]:
    """Outbound registrations that belong to a trunk. A site without any, or without their module, has no problem."""
    items = await _list(link, {"Action": "PJSIPShowRegistrationsOutbound"}, [])
    memory.registrations.forget()
    for item in items:
        name, endpoint = item.get("ObjectName", ""), item.get("Endpoint", "")
        trunk = site.registrations.get(name) or site.trunks.get(endpoint) or site.trunks.get(name)
        if trunk is not None and {"ClientUri", "ServerUri", "Status"} <= item.keys():
            memory.registrations.learn(trunk, item)
    return memory.registrations.readings()


async def _alarms(link: Acts, site: Site, memory: Memory) -> tuple[TrunkSeen, ...]:
    """Alarms of DAHDI's channels and spans, only where the site names some."""
    if not site.alarms:
        return ()
    for item in await _list(link, {"Action": "DAHDIShowChannels"}, []):
        memory.alarms.note(f"channel {item.get('DAHDIChannel')}", item.get("Alarm", "No Alarm") != "No Alarm")
    for item in await _list(link, {"Action": "PRIShowSpans"}, []):
        memory.alarms.note(f"span {item.get('Span')}", item.get("Alarm", "No") != "No")
    trunks = dict.fromkeys(site.alarms.values())
    return tuple(
        memory.alarms.reading(trunk, site.alarms, "alarms of its spans and channels") for trunk in trunks
    )


async def _channels(
    link: Acts, site: Site, memory: Memory, problems: list[str]
) -> tuple[Channels, tuple[LinesSeen, ...]]:
    wrong: list[str] = []
    items = await _list(link, {"Action": "CoreShowChannels"}, wrong)
    problems += wrong
    lines = () if wrong else memory.lines.correct(items, site)
    return read_channels(items, site), lines


async def _queue(link: Acts, queue: str, found: _Found, problems: list[str]) -> None:
    items = await _list(link, {"Action": "QueueStatus", "Queue": queue}, problems)
    waits = [0.0]
    known = False
    for item in items:
        try:
            if item["Event"] == "QueueMember":
                found.members.append(member_seen(item, "Location", "Name"))
            elif item["Event"] == "QueueEntry":
                waits.append(float(item["Wait"]))
                if attempt_of(item["Uniqueid"]) is None:
                    found.callers.append(CallerWaits(queue, item["Channel"], waits[-1]))
            known = known or item["Event"] == "QueueParams"
        except (KeyError, ValueError):
            problems.append(f"queue {queue}: an entry could not be read")
    if known:
        found.queues.append(QueueSeen(queue=queue, waiting=len(waits) - 1, longest_wait=max(waits)))
    else:
        problems.append(f"queue {queue}: not in this Asterisk; compare the policy with queues.conf")


async def _booted_at(link: Acts, now: datetime, problems: list[str]) -> datetime:
    """From FullyBooted, which tells seconds; CoreStatus tells local time only, and not where."""
    uptime = link.uptime()
    if uptime is None:
        uptime = await _uptime_by_local_time(link)
    if uptime is None:
        problems.append("Asterisk does not say when it was started; give the manager account read=system")
        uptime = 0.0
    return now - timedelta(seconds=uptime)


async def _uptime_by_local_time(link: Acts) -> float | None:
    status = await link.action({"Action": "CoreStatus"})
    clock = await link.action({"Action": "Getvar", "Variable": "STRFTIME(,,%Y-%m-%d %H:%M:%S)"})
    try:
        started = f"{status.headers['CoreStartupDate']} {status.headers['CoreStartupTime']}"
        return (
            datetime.fromisoformat(clock.headers["Value"]) - datetime.fromisoformat(started)
        ).total_seconds()
    except (KeyError, ValueError):
        return None
