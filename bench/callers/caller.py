"""One caller on the line: hears, presses, and hangs up when he is done."""

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

from bench.callers import sound
from bench.callers.person import Person, Way
from bench.callers.sip import Leg, Message
from bench.callers.story import Story
from lab.digits import packets as digit_packets

RESEND = (0.5, 1.0, 2.0)  # seconds between the tries of a request that nobody answers
GIVE_UP = 12.0  # seconds without an answer
LONGEST = 60.0  # seconds of a call
AGAIN_AFTER = 0.4  # seconds after a key in which the same question is not a new one
MOST_PRESSES = 8
NUMBER_ENDS = MESSAGE_ENDS = "#"


class Call(asyncio.DatagramProtocol):
    """One call. send: a SIP datagram to Asterisk. ``done`` is set when it is over."""

    def __init__(
        self, person: Person, leg: Leg, send: Callable[[bytes], None], clock: Callable[[], float]
    ) -> None:
        self.story = Story(person, clock())
        self.done = asyncio.Event()
        self._person, self._leg, self._send, self._clock = person, leg, send, clock
        self._there = leg.there.partition(":")[0]
        self._audio: asyncio.DatagramTransport | None = None
        self._port = 0
        self._ringing = False
        self._later: list[asyncio.TimerHandle] = []
        self._pressing: set[asyncio.Task[None]] = set()
        self._read_back = ""
        self._keying = 0  # answers that he is about to key, or keys: he has one hand
        self._busy_until = 0.0

    # -- the call

    async def place(self) -> None:
        """Calls, and returns when the call is over."""
        loop = asyncio.get_running_loop()
        here = self._leg.here.partition(":")[0]
        self._audio, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(here, 0))
        self._send_until(self._leg.invite(self._audio.get_extra_info("sockname")[1]), lambda: self._ringing)
        self._after(GIVE_UP, self._give_up)
        try:
            await asyncio.wait_for(self.done.wait(), GIVE_UP + LONGEST)
        except TimeoutError:
            self.end("")
        finally:
            for timer in self._later:
                timer.cancel()
            for task in self._pressing:
                task.cancel()
            self._audio.close()

    def end(self, by: str) -> None:
        """It is over."""
        if self.story.ended is None:
            self.story.ended, self.story.ended_by = self._clock(), by
            self.done.set()

    def line_dies(self) -> None:
        """The Asterisk that has the call was killed."""
        if self.story.ended is None:
            self.story.dead = True
            self.end("")

    def said(self, message: Message) -> None:
        """A SIP message for this call."""
        if message.method == "INVITE" and message.status:
            self._ringing = True
            if message.status >= 200:
                self._leg.answered(message)
                self._send(self._leg.ack())
            if message.status >= 300:
                self.end("them")
            elif message.status >= 200 and self.story.answered is None:
                self._answered(message.audio_port)
        elif message.method == "BYE" and not message.status:
            self.end("them")

    def _answered(self, port: int) -> None:
        self.story.answered, self._port = self._clock(), port
        if self._audio:
            self._audio.sendto(sound.SILENCE, (self._there, port))  # Answer() waits 0.5 s for a first packet
        if self._person.leaves is not None:
            self._after(self._person.leaves, self._hang_up)

    def _hang_up(self) -> None:
        if self.story.ended is None:
            over = self._clock() + 2.0
            self._send_until(self._leg.bye(), lambda: self._clock() > over)
            self.end("us")

    def _give_up(self) -> None:
        if self.story.answered is None and self.story.ended is None:
            if self._ringing:
                self._send(self._leg.cancel())
            self.end("us")

    def _send_until(self, data: bytes, heard: Callable[[], bool]) -> None:
        self._send(data)
        loop = asyncio.get_running_loop()
        for at in itertools.accumulate(RESEND):
            loop.call_later(at, lambda: None if heard() else self._send(data))

    def _after(self, seconds: float, do: Callable[..., None], *arguments: Any) -> None:
        self._later.append(asyncio.get_running_loop().call_later(seconds, do, *arguments))

    # -- hearing

    def datagram_received(self, data: bytes, addr: Any) -> None:
        heard = sound.hear(data)
        if heard and self.story.ended is None and self.story.hear(heard, self._clock()):
            self._begins(heard)

    def _begins(self, heard: str) -> None:
        """Another prompt begins: most people know by then what they will press."""
        if heard == sound.READ_BACK:
            self._read_back = ""
        elif heard.isdigit() and not self._read_back.endswith(heard):  # else the line had a gap in one digit
            self._read_back += heard
        elif heard == sound.CONFIRM:
            self.story.read_back = self._read_back
        keys = self._answer_to(heard)
        free = (not self._keying and self._clock() > self._busy_until) or heard == sound.LEAVE
        if keys and free and len(self.story.keys) < MOST_PRESSES:
            self._keying += 1
            self._after(self._person.delay, self._press, keys)

    def _answer_to(self, heard: str) -> str:
        """The keys for a question; "" for what is none, or for one he lets pass."""
        if self._person.way in (Way.SILENT, Way.EARLY):
            return ""
        if heard in (sound.PHRASE, sound.OFFER):
            return "2" if self._person.other else "1"
        if heard == sound.ENTER:
            return self._person.other + NUMBER_ENDS
        if heard == sound.CONFIRM:
            return "1" if self._read_back == self._person.other else "2"
        if heard == sound.LEAVE:  # a late key was taken for a yes: he has nothing to say
            return MESSAGE_ENDS
        return self._person.matter if heard == sound.MATTER else ""

    # -- pressing

    def _press(self, keys: str) -> None:
        task = asyncio.get_running_loop().create_task(self._send_keys(keys))
        self._pressing.add(task)
        task.add_done_callback(self._pressed)

    def _pressed(self, task: asyncio.Task[None]) -> None:
        self._pressing.discard(task)
        self._keying -= 1
        self._busy_until = self._clock() + AGAIN_AFTER

    async def _send_keys(self, keys: str) -> None:
        began = time.monotonic()
        self.story.keys.append((self._clock(), keys))
        for ms, packet in digit_packets(keys, since_answer=began % 10_000):
            await asyncio.sleep(max(0.0, began + ms / 1000 - time.monotonic()))
            if self.story.ended is not None or self._audio is None:
                return
            self._audio.sendto(packet, (self._there, self._port))
        self.story.keys[-1] = (self._clock(), keys)
