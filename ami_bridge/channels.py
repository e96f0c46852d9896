"""The channels that live now: which attempts are under way, and how many lines each trunk carries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ami_bridge.lines import trunk_of
from ami_bridge.link import Link, LinkDown
from ami_bridge.originate import attempt_of
from ami_bridge.site import Site

LIST_TIMEOUT = 15.0  # seconds; thousands of channels take Asterisk a while


@dataclass(frozen=True, slots=True)
class Channels:
    """attempts: keys of ours with a living channel. in_use: trunk → channels, ours and everybody's."""

    attempts: frozenset[str] = frozenset()
    in_use: Mapping[str, int] = field(default_factory=dict)


async def look(link: Link, site: Site) -> Channels:
    """Asks Asterisk; raises LinkDown when it does not answer."""
    reply = await link.action({"Action": "CoreShowChannels"}, timeout=LIST_TIMEOUT)
    if not reply.ok:
        raise LinkDown(f"Asterisk refused CoreShowChannels: {reply.message}")
    return read(reply.events, site)


def read(items: Iterable[Mapping[str, str]], site: Site) -> Channels:
    """What Asterisk's list of channels says."""
    ours = set()
    in_use = dict.fromkeys(site.trunks.values(), 0)
    for item in items:
        attempt = attempt_of(item.get("Uniqueid", "")) or attempt_of(item.get("Linkedid", ""))
        if attempt is not None:
            ours.add(attempt)
        trunk = trunk_of(item.get("Channel", ""), site)
        if trunk is not None:
            in_use[trunk] += 1
    return Channels(frozenset(ours), in_use)
