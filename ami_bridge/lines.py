"""Which channels of each trunk live now, kept from one event to the next. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ami_bridge.site import Site
from fallback.events import LinesSeen

_OUTGOING = ("AppDial", "AppQueue")


class Line(NamedTuple):
    """A channel of a trunk. incoming: it brought a caller in."""

    trunk: str
    incoming: bool


class Lines:
    """Channels by unique id, which outlives every rename; so saying a thing twice does no harm.

    living: unique id → its line.
    """

    def __init__(self) -> None:
        self.living: dict[str, Line] = {}
        self._in_use: Counter[str] = Counter()

    def began(self, unique_id: str, line: Line) -> None:
        """A channel came to life."""
        if unique_id not in self.living:
            self.living[unique_id] = line
            self._in_use[line.trunk] += 1

    def ended(self, unique_id: str) -> Line | None:
        """A channel is gone; None when it was not known."""
        line = self.living.pop(unique_id, None)
        if line is not None:
            self._in_use[line.trunk] -= 1
        return line

    def seen(self, trunk: str) -> LinesSeen:
        """How many there are."""
        return LinesSeen(trunk, self._in_use[trunk])

    def correct(self, items: Iterable[Mapping[str, str]], site: Site) -> tuple[LinesSeen, ...]:
        """Takes Asterisk's own list of channels for the truth; tells of every trunk."""
        self.living.clear()
        self._in_use.clear()
        for unique_id, line in _read(items, site).items():
            self.began(unique_id, line)
        return tuple(self.seen(trunk) for trunk in site.trunks.values())

    def differing(self, items: Iterable[Mapping[str, str]], site: Site) -> frozenset[str]:
        """Unique ids that only one of the two knows: this, or Asterisk's list."""
        return frozenset(self.living.keys() ^ _read(items, site).keys())


def _read(items: Iterable[Mapping[str, str]], site: Site) -> dict[str, Line]:
    found = {}
    for item in items:
        trunk = trunk_of(item.get("Channel", ""), site)
        if trunk is not None and "Uniqueid" in item:
            found[item["Uniqueid"]] = Line(trunk, item.get("Application", "") not in _OUTGOING)
    return found


def trunk_of(channel: str, site: Site) -> str | None:
    """The trunk that a channel such as ``PJSIP/carrier-a-0000001f`` belongs to."""
    technology, _, rest = channel.partition("/")
    return site.trunks.get(rest.rpartition("-")[0]) if technology == "PJSIP" else None
