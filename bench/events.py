"""Manager events through framing, translating and deciding, against a bare parse of the same bytes.

The bytes are what a real Asterisk said (tests/captures), said again for as many calls as are wanted, with ids and
channels of their own in each. Twice: as the rendered account's event filter lets them through, and unfiltered, as an
account without one would get them. The backlog is made four times as long to show that a message's cost does not grow.

As in the bridge, a packet is cut into messages and read as a whole, and then each event is translated and decided on in
its turn, with the clocks read for each. Floor and figure take turns, and the quickest round of each counts.
"""

import argparse
import gc
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ami_bridge.clock import read_clocks
from ami_bridge.events import CallEvent
from ami_bridge.inbox import AmiEvent
from ami_bridge.link.wire import BANNER, Framer, LazyHeaders, event_name
from ami_bridge.site import site_of
from ami_bridge.translate import WANTED, Translator
from bench.policy import policy
from bench.report import Figure, show
from config.policy import parse_policy
from fallback.decide import decide, initial
from fallback.events import Evidence, MemberSeen, Presence, SnapshotTaken, TrunkSeen

CAPTURES = Path(__file__).parents[1] / "tests" / "captures" / "asterisk-22.10.1"
FILTERED = (
    *("inbound",) * 10,
    "abandon",
    "callback-answered",
    "callback-no-agent",  # somebody does not answer
    "outgoing",  # five calls that are not ours on a trunk
    "agents",  # a phone is lost and is back, a pause, a sign-in, a sign-out
    "registry",
)
"""Scenes for every ten calls that are answered: far more trouble than on a usual day, and every kind of event that has a
scene."""
PACKET = 65_536
REACH = 0.4
LINEAR = 1.25
"""A message of the long backlog may cost so many times one of the short: what the machine itself wobbles by."""
Work = Callable[[bytes], int]
UNIQUE_ID = re.compile(rb"lab-\d+\.\d+")
CHANNEL = re.compile(rb"(PJSIP/[a-z0-9-]+-)[0-9a-f]{8}")


def stream(names: Sequence[str], times: int) -> bytes:
    """The captures so many times over; ids and channels of one round appear in no other."""
    once = b"".join((CAPTURES / f"{name}.ami").read_bytes() for name in names)
    once = once[once.find(b"Event: ") :]
    return b"".join(_renamed(once, number) for number in range(times))


def _renamed(once: bytes, number: int) -> bytes:
    ids: dict[bytes, bytes] = {}
    named = UNIQUE_ID.sub(
        lambda found: ids.setdefault(found[0], b"lab-%d.%d" % (1_795_306_830 + number, len(ids))), once
    )
    return CHANNEL.sub(lambda found: b"%b%08x" % (found[1], (number << 8) + int(found[0][-2:], 16)), named)


def bare(data: bytes) -> int:
    """The least: every message as a dict. Returns how many there were."""
    count = 0
    for message in data.split(b"\r\n\r\n"):
        if message:
            headers = {}
            for line in message.decode("utf-8", "replace").split("\r\n"):
                name, colon, value = line.partition(": ")
                if colon:
                    headers[name] = value
            count += 1
    return count


class Ours:
    """What the bridge does with each message between its socket and its next decision."""

    def __init__(self) -> None:
        self._policy = parse_policy(policy(), "bench").fallback

    def __call__(self, data: bytes) -> int:
        """Begins with a picture in which all is well. Returns how many messages there were."""
        site = self._policy
        translate, state = Translator(site_of(site)), initial(site, read_clocks())
        state = decide(state, _well(), site, read_clocks()).state
        framer, count = Framer(1 << 20), 0
        framer.feed(BANNER + b"11.0.0\r\n")
        for packet in _packets(data):
            messages = framer.feed(packet)
            count += len(messages)
            for item in [AmiEvent(*one) for one in map(_read, messages) if one[0]]:
                for event in translate(item):
                    if not isinstance(event, CallEvent):
                        state = decide(state, event, site, read_clocks()).state
        return count


def _read(message: bytes) -> tuple[str, Mapping[str, str]]:
    """As the link does: the name of a wanted event, "" for any other."""
    name = event_name(message)
    return (name.decode("utf-8", "replace"), LazyHeaders(message)) if name in WANTED else ("", {})


def _well() -> SnapshotTaken:
    members = tuple(MemberSeen("power", f"PJSIP/agent-{n}", Presence.FREE) for n in range(1, 5))
    trunks = tuple(TrunkSeen(f"carrier-{letter}", Evidence.CONTACT, True) for letter in "ab")
    return SnapshotTaken(datetime.now(UTC) - timedelta(days=1), trunks, members, ())


def _packets(data: bytes) -> Iterator[bytes]:
    view = memoryview(data)
    for start in range(0, len(data), PACKET):
        yield bytes(view[start : start + PACKET])


def _costs(works: Sequence[tuple[Work, bytes]], rounds: int) -> list[tuple[float, int]]:
    """The least CPU seconds a message of several rounds, and how many messages there were, of each; they take turns."""
    best, counts = [float("inf")] * len(works), [0] * len(works)
    for _ in range(rounds):
        for place, (work, data) in enumerate(works):
            gc.collect()
            began = time.process_time()
            counts[place] = work(data)
            best[place] = min(best[place], (time.process_time() - began) / counts[place])
    return list(zip(best, counts, strict=True))


def measure(calls: int, rounds: int) -> list[Figure]:
    """Rates in messages a second of CPU."""
    figures, ours = [], Ours()
    for name, files, times in (
        ("events", FILTERED, calls // 10),
        ("events unfiltered", ("inbound-unfiltered",), calls // 4),
    ):
        short, long_ = stream(files, times), stream(files, times * 4)
        (floor, _), (cost, count), (grown, many) = _costs(
            ((bare, short), (ours, short), (ours, long_)), rounds
        )
        ratio, growth = floor / cost, grown / cost
        figures.append(
            Figure(name, 1 / cost, "events/s", 1 / floor, ratio, f">= {REACH}", ratio >= REACH, count)
        )
        reach = f"<= {LINEAR:g} x for 4 x the backlog"
        figures.append(
            Figure(
                f"{name} backlog", grown * 1e6, "us/event", cost * 1e6, growth, reach, growth <= LINEAR, many
            )
        )
    return figures


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.events", description=__doc__)
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    return show(measure(options.calls, options.rounds), options.json)


if __name__ == "__main__":
    sys.exit(main())
