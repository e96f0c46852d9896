"""A hotline on a bare lab Asterisk, with callers that are driven by what their call is doing, not by the clock.

Callers are Local channels: one half runs the site's dialplan, the other half keys digits by manager action. Each step
waits until Asterisk reports that the call runs a certain application, so nothing here depends on how fast prompts are.
"""

import asyncio
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from hotline_calls import SECRET, Call, Events

from config.asterisk import PIN_FILE, DialplanSite, ScopeLine, codes_for, render
from config.prompts import catalogue
from ivr.fastagi import FastAgiServer
from ivr.policy import CallerPolicy
from ivr.values import Left
from lab import Lab

PIN = "240816"
POLICY = CallerPolicy(area_code="0571", choice_seconds=1.0, digit_seconds=1.0, max_tries=2)
CALLER = """
[test-caller]
exten => s,1,Wait(60)
[test-unknown]
exten => 1,1,Gosub(holdfast,enter,1(nowhere))
 same => n,Set(DB(test/unknown)=passed)
[test-nameless]
exten => 1,1,Set(QUEUESTATUS=JOINEMPTY)
 same => n,Gosub(holdfast,unanswered,1)
 same => n,Hangup()
[test-agent]
exten => _X!,1,Answer()
 same => n,Wait(${IF($["${EXTEN}"="2"]?1:30)})
 same => n,Hangup()
[test-carrier]
exten => _X!,1,Set(DB(rang/${EXTEN})=$[0${DB(rang/${EXTEN})} + 1])
 same => n,Goto(last-${EXTEN:-1},1)
exten => last-1,1,Answer()
 same => n,Wait(30)
exten => last-2,1,Answer()
 same => n,Wait(1)
 same => n,Hangup()
exten => last-4,1,Hangup(17)
exten => last-5,1,Ringing()
 same => n,Wait(30)
[test-phone]
include => holdfast-codes
[test-person]
exten => presses,1,Answer()
 same => n,Wait(1)
 same => n,SendDTMF(1)
 same => n,Wait(10)
exten => refuses,1,Answer()
 same => n,Wait(1)
 same => n,SendDTMF(2)
 same => n,Wait(10)
exten => slips,1,Answer()
 same => n,Wait(1)
 same => n,SendDTMF(7)
 same => n,Wait(1.5)
 same => n,SendDTMF(1)
 same => n,Wait(10)
exten => listens,1,Answer()
 same => n,Wait(30)
exten => leaves,1,Answer()
 same => n,Wait(0.2)
 same => n,Hangup()
exten => busy,1,Hangup(17)
exten => rings,1,Ringing()
 same => n,Wait(30)
[test-talker]
exten => s,1,Playtones(425)
 same => n,Wait(60)
"""
ACCOUNT = f"""
[testcallers]
secret = {SECRET}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.0/255.0.0.0
read = all
write = all
"""


def silent_prompts(folder: Path, seconds: float = 0.1, only: str = "") -> None:
    """Every prompt of the catalogue, as a moment of silence: real files that take no time to speak."""
    for language, prompt in catalogue():
        if only not in ("", prompt):
            continue
        file = folder / language / f"{prompt}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(file), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8000)
            sound.writeframes(bytes(int(16000 * seconds)))


class Bridge:
    """The FastAGI server in a thread of its own, as a bridge process would run it."""

    def __init__(self, lab: Lab, policy: CallerPolicy = POLICY) -> None:
        self.kept: list[Left] = []
        self.broken = False  # keep() fails
        self.frozen = False  # keep() never returns
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.server = FastAgiServer(policy, self._keep, lambda: datetime.now(UTC), lab.prompts_dir)
        self._call(self.server.start(lab.agi_host, lab.agi_port))

    async def _keep(self, left: Left) -> None:
        while self.frozen:  # noqa: ASYNC110 - set by a test's thread
            await asyncio.sleep(0.05)
        if self.broken:
            raise OSError("no space left")
        self.kept.append(left)

    def freeze(self, seconds: float) -> None:
        """The whole loop stands still, as a hanging process does."""
        self._loop.call_soon_threadsafe(time.sleep, seconds)

    def close(self) -> None:
        self._call(self.server.close())
        self._call(asyncio.sleep(0.1))  # what was accepted meanwhile is closed too
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _call(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)  # type: ignore[arg-type]  # any coroutine


class Hotline:
    """A bare lab with Holdfast's dialplan and short prompts."""

    def __init__(self, version: str) -> None:
        self.lab = Lab.start(version, bare=True)
        silent_prompts(self.lab.prompts_dir)
        self.lab.tier3_dir.mkdir(exist_ok=True)
        self.recordings = self.lab.run_dir / "recordings"
        self.recordings.mkdir()
        self.render()
        self.events = Events(self.lab)

    def render(self, **changes: object) -> None:
        site = DialplanSite(
            scopes=(ScopeLine("power", "power"),),
            prompts_dir=self.lab.prompts_dir,
            tier3_dir=self.lab.tier3_dir,
            agi_host=self.lab.agi_host,
            agi_port=self.lab.agi_port,
            key_wait=1,
            digit_wait=1,
            max_tries=2,
            agi_start=2,
            queue_wait=3,
            codes=codes_for(["power"]),
            code_pin=PIN,
            code_pin_file=self.lab.holdfast_conf_dir / PIN_FILE,
            recordings_dir=self.recordings,
        )
        site = replace(site, **changes)  # type: ignore[arg-type]  # any field by name
        folder = self.lab.holdfast_conf_dir
        for name, text in render(site).items():
            (folder / name).write_text(text)
        (folder / "extensions_test.conf").write_text(CALLER)
        (folder / "manager_test.conf").write_text(ACCOUNT)
        self.lab.reload()

    @contextmanager
    def rendered(self, **changes: object) -> Iterator[None]:
        """Another site for a while."""
        self.render(**changes)
        try:
            yield
        finally:
            self.render()

    def reset(self) -> None:
        """Nothing flagged, no line written, the bridge's beat fresh, no agent signed in."""
        for family in (
            "holdfast",
            "holdfast-scope",
            "holdfast-attempt",
            "holdfast-alert",
            "holdfast-code",
            "holdfast-lock",
            "rang",
        ):
            self.lab.cli(f"database deltree {family}")
        for file in self.lab.tier3_dir.glob("*.txt"):
            file.unlink()
        self.sign_out()
        self.beat(0)

    def put(self, family: str, key: str, value: str) -> None:
        self.events.act(Action="DBPut", Family=family, Key=key, Val=value)

    def get(self, family: str, key: str) -> str:
        said = self.lab.cli(f"database get {family} {key}")
        return said.removeprefix("Value: ").strip() if said.startswith("Value: ") else ""

    def beat(self, age: float) -> None:
        self.put("holdfast", "beat", str(int(time.time() - age)))

    def flag(
        self,
        action: str = "capture",
        recovery: str = "",
        mode: str = "OUTAGE",
        message: str = "fault",
    ) -> None:
        self.put("holdfast-scope", "power", f"{action},{mode},{message},{recovery},INC-1")

    def call(self, caller_id: str = "13912345678", who: str = "test-caller") -> Call:
        return Call(self.events, caller_id, who=who)

    def phone(self, code: str, extension: str = "8001") -> Call:
        """An internal phone dials a code."""
        return Call(self.events, extension, f"{code}@test-phone")

    def sign_in(self, agent: str = "1") -> None:
        self.lab.cli(f"queue add member Local/{agent}@test-agent to power")

    def sign_out(self) -> None:
        for agent in ("1", "2"):
            self.lab.cli(f"queue remove member Local/{agent}@test-agent from power")

    def lines(self, timeout: float = 3) -> list[list[str]]:
        """What the dialplan wrote down, split at the bars; waits a moment for the hang-up handler."""
        end = time.monotonic() + timeout
        while True:
            texts = [f.read_text() for f in sorted(self.lab.tier3_dir.glob("*.txt"))]
            found = [line.split("|") for text in texts for line in text.splitlines()]
            if found or time.monotonic() > end:
                return found
            time.sleep(0.05)

    def close(self) -> None:
        self.events.close()
        self.lab.down()
