"""All callers of a run, in a thread of their own, so that nothing that is done to us holds them up."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

from bench.callers import sip
from bench.callers.caller import Call
from bench.callers.person import Person
from bench.callers.story import Story
from lab.addresses import CARRIERS
from lab.facts import Facts

END_LIMIT = 90.0  # seconds for the last callers to be done


class Line(asyncio.DatagramProtocol):
    """The SIP side of one carrier."""

    def __init__(self) -> None:
        self.calls: dict[str, Call] = {}
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        message = sip.parse(data)
        call = self.calls.get(message.call_id)
        if not message.status and message.method != "ACK" and self.transport:
            self.transport.sendto(sip.ok(message), addr)
        if call:
            call.said(message)


class Crowd:
    """Callers who come at random. load: by how much more of them come just now; 0.0: nobody comes any more."""

    def __init__(self, facts: Facts, comers: Iterator[Person]) -> None:
        self.load = 1.0
        self.stories: list[Story] = []
        self._facts, self._comers = facts, comers
        self._began = time.monotonic()
        self._lines: dict[str, Line] = {}
        self._calls: set[Call] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="callers", daemon=True)

    def clock(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    @property
    def under_way(self) -> int:
        return len(self._calls)

    def start(self) -> None:
        """People begin to call."""
        self._thread.start()
        self._run(self._open())
        self._loop.call_soon_threadsafe(self._spawn_comers)

    def lines_die(self) -> None:
        """Asterisk was killed: every call that it had is gone when this returns; whoever comes now finds nobody."""
        self._run(self._kill_lines())

    def drain(self, limit: float = END_LIMIT) -> None:
        """Nobody comes any more; returns when the last one is done, or after the limit."""
        self.load = 0.0
        end = time.monotonic() + limit
        while self._calls and time.monotonic() < end:
            time.sleep(0.1)

    def close(self) -> None:
        """Ends everything, in the middle of a word if need be."""
        if self._thread.is_alive():
            self._run(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)
            self._loop.close()

    # -- in the thread

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _open(self) -> None:
        for letter in CARRIERS:
            _, self._lines[letter] = await self._loop.create_datagram_endpoint(
                Line, local_addr=(self._facts.addresses.carrier(letter), 0)
            )

    async def _end(self) -> None:
        self._closing.set()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for line in self._lines.values():
            if line.transport:
                line.transport.close()

    def _spawn_comers(self) -> None:
        self._keep(self._come())

    def _keep(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _come(self) -> None:
        for person in self._comers:
            due, last = person.gap, self.clock()
            while due > 0:  # the load may change while one waits
                await asyncio.sleep(min(0.02, max(0.001, due)))
                due, last = due - (self.clock() - last) * self.load, self.clock()
            self._keep(self._one(person))

    async def _one(self, person: Person) -> None:
        line = self._lines[person.carrier]
        assert line.transport is not None
        host, port = line.transport.get_extra_info("sockname")
        there = f"{self._facts.addresses.asterisk}:{self._facts.sip_port}"
        call_id = f"caller-{person.number}-{person.own}"
        leg = sip.Leg(person.own, self._facts.did, f"{host}:{port}", there, call_id)
        target = (self._facts.addresses.asterisk, self._facts.sip_port)
        transport = line.transport
        call = Call(person, leg, lambda data: transport.sendto(data, target), self.clock)
        line.calls[call_id] = call
        self._calls.add(call)
        self.stories.append(call.story)
        try:
            await call.place()
        finally:
            self._calls.discard(call)
            self._loop.call_later(10, line.calls.pop, call_id, None)

    async def _kill_lines(self) -> None:
        for call in list(self._calls):
            if call.story.answered is not None:
                call.line_dies()
