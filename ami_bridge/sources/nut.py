"""Power as Network UPS Tools see it (A5): asks upsd over its own line protocol, ``GET VAR <ups> ups.status``.

Not reaching upsd is not "on battery": then nothing is told, and what was known stands.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from ami_bridge.clock import Clock
from ami_bridge.sources.probes_thread import Lane, StillHangs
from ami_bridge.sources.probes_together import Together
from ami_bridge.sources.probes_where import in_words, resolve
from config.errors import ConfigError
from config.sources import Nut
from fallback.events import Event, Evidence

log = structlog.get_logger()

PORT = 3493
MOST_LINE = 1024  # bytes; upsd's own limit is 512


class NoStatus(Exception):
    """upsd did not tell the status; the text says why."""


@dataclass(frozen=True, slots=True)
class Where:
    """A UPS as ``upsc`` names it."""

    ups: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Power:
    """What a status means. None: it says nothing of that."""

    mains: bool | None
    battery_good: bool | None


def where(text: str) -> Where:
    """``name[@host[:port]]``; an IPv6 address stands in brackets. Raises ValueError."""
    ups, _, place = text.partition("@")
    if not ups or not ups.isprintable() or any(letter in ups for letter in ' "\\'):
        raise ValueError("name@host[:port] is wanted")
    host, port = place or "localhost", str(PORT)
    if host.startswith("[") and "]" in host:
        host, _, rest = host[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif ":" in host:
        host, _, port = host.partition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("name@host[:port] is wanted")
    return Where(ups, host, int(port))


def meaning(status: str) -> Power:
    """What ``ups.status`` says, e.g. ``OL CHRG`` or ``OB DISCHRG LB``.

    A low battery counts only while it carries the load: on mains (OL) it is being charged, and callers are served. FSD is
    the order to shut down. A battery that is being tested (CAL) carries the load on purpose, and says nothing of the mains.
    """
    words = set(status.upper().split())
    if "FSD" in words:
        return Power(False, False)
    if "OB" in words and "CAL" not in words:
        return Power(False, "LB" not in words)
    if "OL" in words:
        return Power(True, True)
    return Power(None, None)


def check(units: Iterable[Nut], source: str) -> list[ConfigError]:
    """Every UPS whose name cannot be read."""
    errors = []
    for nut in units:
        try:
            where(nut.ups)
        except ValueError:
            place, remedy = f"sources.nut.{nut.name}.ups", "Write it as upsc takes it: name@host[:port]."
            errors.append(ConfigError(source, place, f"{nut.ups!r} names no UPS", remedy))
    return errors


async def status_of(place: Where, lane: Lane) -> str:
    """``ups.status`` as upsd tells it. Raises NoStatus, OSError or StillHangs."""
    problem: OSError = OSError("no address")
    for one in await resolve(lane, place.host, place.port):
        try:
            reader, writer = await asyncio.open_connection(one["host"], place.port, limit=MOST_LINE)
        except OSError as error:
            problem = error
            continue
        try:
            writer.write(f"GET VAR {place.ups} ups.status\n".encode())
            await writer.drain()
            answer = await _line(reader)
            writer.write(b"LOGOUT\n")
            return _status_in(answer, place.ups)
        finally:
            writer.close()
    raise problem


async def _line(reader: asyncio.StreamReader) -> str:
    try:
        return (await reader.readuntil(b"\n")).decode("utf-8", "replace").strip()
    except asyncio.IncompleteReadError:
        raise NoStatus("upsd ended the connection") from None
    except asyncio.LimitOverrunError:
        raise NoStatus("what answers there is no upsd") from None


def _status_in(line: str, ups: str) -> str:
    """The value in ``VAR <ups> ups.status "OL CHRG"``; ``ERR <reason>`` is told as it came."""
    if line.startswith("ERR "):
        raise NoStatus(f"upsd says {line[4:60]}")
    head = f'VAR {ups} ups.status "'
    if not (line.startswith(head) and line.endswith('"') and len(line) > len(head)):
        raise NoStatus("what answers there is no upsd")
    return line[len(head) : -1]


class NutSource:
    """Tells PartSeen with POWER for every UPS, each asked in a task of its own.

    troubles: UPS → why its status is not known now, for people.
    """

    def __init__(self, units: Iterable[Nut], put: Callable[[Event], None], clock: Clock) -> None:
        self._units = tuple(units)
        self._together = Together(put)
        self._clock = clock
        self.troubles: dict[str, str] = {}

    async def run(self) -> None:
        """Until cancelled. Raises ValueError at once for a name that ``check`` would have found."""
        places = [(nut, where(nut.ups)) for nut in self._units]
        async with asyncio.TaskGroup() as group:
            for nut, place in places:
                group.create_task(self._repeat(nut, place), name=f"ups {nut.name}")

    async def _repeat(self, nut: Nut, place: Where) -> None:
        lane = Lane(f"ups-{nut.name}")
        while True:
            due = self._clock().mono + nut.every
            await self._ask(nut, place, lane)
            await asyncio.sleep(max(0.0, due - self._clock().mono))

    async def _ask(self, nut: Nut, place: Where, lane: Lane) -> None:
        try:
            async with asyncio.timeout(nut.timeout):
                status = await status_of(place, lane)
        except TimeoutError:
            self._trouble(nut, f"no answer within {nut.timeout:g} s")
        except (NoStatus, StillHangs) as problem:
            self._trouble(nut, str(problem))
        except OSError as problem:
            self._trouble(nut, in_words(problem))
        else:
            self._trouble(nut, "")
            self._tell(nut, status)

    def _trouble(self, nut: Nut, why: str) -> None:
        """Said once for each new reason."""
        if self.troubles.get(nut.name, "") == why:
            return
        if why:
            self.troubles[nut.name] = why
            log.warning("UPS not known", ups=nut.name, reason=why)
        else:
            del self.troubles[nut.name]
            log.info("UPS known again", ups=nut.name)

    def _tell(self, nut: Nut, status: str) -> None:
        power = meaning(status)
        detail = f"{nut.name}: {status[:60]}"
        if power.mains is not None:
            self._together.say(nut.component, Evidence.POWER, nut.name, power.mains, detail)
        if power.battery_good is not None and nut.low_component:
            self._together.say(nut.low_component, Evidence.POWER, nut.name, power.battery_good, detail)
