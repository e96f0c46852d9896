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
from ami_bridge.readings import Contacts, member_seen
from ami_bridge.site import Site
from fallback.events import MemberSeen, QueueSeen, SnapshotTaken, TrunkSeen

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


async def take(link: Acts, site: Site, now: datetime, contacts: Contacts) -> Snapshot:
    """Ask for everything. now: aware UTC. contacts: the translator's, brought up to date here.

    Raises LinkDown when the link is lost or too slow meanwhile; then take it again after the next LinkUp.
    """
    problems: list[str] = []
    trunks = [
        await _trunk(link, endpoint, name, contacts, problems) for endpoint, name in site.trunks.items()
    ]
    members: list[MemberSeen] = []
    queues: list[QueueSeen] = []
    for queue in sorted(site.queues):
        await _queue(link, queue, members, queues, problems)
    channels = await _list(link, {"Action": "CoreShowChannels"}, problems)
    taken = SnapshotTaken(
        booted_at=await _booted_at(link, now, problems),
        trunks=tuple(seen for seen in trunks if seen is not None),
        members=tuple(members),
        queues=tuple(queues),
    )
    return Snapshot(taken, read_channels(channels, site), tuple(problems))


async def _list(link: Acts, headers: dict[str, str], problems: list[str]) -> tuple[Mapping[str, str], ...]:
    reply = await link.action(headers, timeout=LIST_TIMEOUT)
    what = " ".join(headers.values())
    if not reply.ok:
        problems.append(f"Asterisk refused {what}: {reply.message}")
    if reply.cut:
        problems.append(f"the answer to {what} was longer than we keep")
    return reply.events


async def _trunk(
    link: Acts, endpoint: str, trunk: str, contacts: Contacts, problems: list[str]
) -> TrunkSeen | None:
    """PJSIPShowContacts leaves out contacts that stand in the configuration, as those of carriers do."""
    wrong: list[str] = []
    items = await _list(link, {"Action": "PJSIPShowEndpoint", "Endpoint": endpoint}, wrong)
    if wrong:
        problems.append(f"trunk {trunk}: {wrong[0]}; compare its endpoint in the policy with pjsip.conf")
        return None
    contacts.forget(trunk)
    states = [item for item in items if item.get("Event") == "ContactStatusDetail"]
    for item in states:
        contacts.note(trunk, item.get("URI", ""), item.get("Status", ""))
    told = ", ".join(sorted({item.get("Status", "").lower() for item in states}))
    if states and not contacts.known(trunk):
        return None  # Asterisk has not asked yet
    return contacts.reading(trunk, f"contact {told}")


async def _queue(
    link: Acts, queue: str, members: list[MemberSeen], queues: list[QueueSeen], problems: list[str]
) -> None:
    items = await _list(link, {"Action": "QueueStatus", "Queue": queue}, problems)
    waits = [0.0]
    found = False
    for item in items:
        try:
            if item["Event"] == "QueueMember":
                members.append(member_seen(item, "Location"))
            elif item["Event"] == "QueueEntry":
                waits.append(float(item["Wait"]))
            found = found or item["Event"] == "QueueParams"
        except (KeyError, ValueError):
            problems.append(f"queue {queue}: an entry could not be read")
    if found:
        queues.append(QueueSeen(queue=queue, waiting=len(waits) - 1, longest_wait=max(waits)))
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
