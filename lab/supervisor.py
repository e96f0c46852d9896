"""The one process that owns a lab: starts everything, does what the verbs say, and leaves nothing behind."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lab import configuration, digits, manager, registration, scripts
from lab.addresses import AGENTS, CARRIERS
from lab.audio import AudioListener, listen
from lab.children import Child, start
from lab.drops import TARGETS, Drops
from lab.errors import LabError
from lab.facts import Facts
from lab.presser import Presser, may_open_raw_sockets
from lab.programs import Programs

READY_WITHIN = 30.0  # seconds for Asterisk to come up on a busy machine
Answer = dict[str, Any]


class Supervisor:
    """A lab's programs. Children by name: asterisk, carrier-a, carrier-b, agent-1 …, and callers call-1 …"""

    def __init__(self, facts: Facts, programs: Programs, bare: bool = False) -> None:
        self.facts = facts
        self.programs = programs
        self.bare = bare
        self.stopped = asyncio.Event()
        self._children: dict[str, Child] = {}
        self._audio: dict[str, AudioListener] = {}
        self._via: dict[str, str] = {}  # caller → the carrier by which it comes
        self._phones: dict[int, asyncio.Task[None]] = {}
        self._drops = Drops(facts)
        self._control_ports = itertools.count(30000)
        self._calls = itertools.count(1)
        self._config = Path()
        self._raw = may_open_raw_sockets()
        self._presser = Presser(facts.addresses)

    # -- life

    async def start(self) -> None:
        """Brings everything up; returns when Asterisk is ready and reaches carriers and agents."""
        self._config = configuration.write(self.facts, self.programs)
        await self._start_asterisk()
        if self.bare:
            return
        if not self._raw:
            self._presser.start()
        for letter in CARRIERS:
            await self._start_carrier(letter)
        for number in AGENTS:
            await self._start_agent(number)
        await self._wait_for(self._all_reachable, "carriers and agents to be reachable")

    async def stop(self) -> None:
        """Ends every program; callers and phones as a power cut would, Asterisk politely."""
        for task in self._phones.values():
            task.cancel()
        asterisk = self._children.pop("asterisk", None)
        await asyncio.gather(*(child.kill() for child in self._children.values() if child.alive))
        if asterisk and asterisk.alive:
            await asterisk.end()
        await self._drops.close()
        self._presser.close()
        for listener in self._audio.values():
            listener.close()
        self.stopped.set()

    # -- parts

    async def _start_asterisk(self) -> None:
        command = [*self.programs.asterisk, "-C", str(self._config), "-f"]
        self._children["asterisk"] = await start("asterisk", command, self.facts.run_dir / "asterisk")
        await self._wait_for(self._fully_booted, "Asterisk to be ready")

    async def _fully_booted(self) -> bool:
        child = self._children["asterisk"]
        if not child.alive:
            raise LabError(f"Asterisk ended at once: {self._last_words()}")
        try:
            said = await asyncio.to_thread(manager.command, self.facts, "core waitfullybooted")
        except LabError:
            return False
        return "fully booted" in said

    def _last_words(self) -> str:
        """The last lines that Asterisk printed or logged."""
        log = self.facts.run_dir / "asterisk"
        texts = [
            path.read_text(errors="replace")
            for path in (log / "asterisk.out", log / "log/full")
            if path.exists()
        ]
        return " / ".join("".join(texts).strip().splitlines()[-3:])

    async def _start_carrier(self, letter: str) -> None:
        greeting = next(
            iter(Path(self.programs.sipp[-1]).parents[1].glob("share/sip-tester/g711a.pcap")), None
        )
        await self._start_phone(
            f"carrier-{letter}", self.facts.addresses.carrier(letter), scripts.carrier(greeting, self._raw)
        )

    async def _start_agent(self, number: int) -> None:
        options = self.facts.options
        scenario = scripts.agent(options.agent_answers, options.agent_talks)
        await self._start_phone(f"agent-{number}", self.facts.addresses.agent(number), scenario)
        self._phones[number] = asyncio.create_task(self._keep_registered(number), name=f"agent-{number}")

    async def _start_phone(self, name: str, address: str, scenario: str) -> None:
        """A SIPp that takes calls. Its log is appended to: a restart forgets nothing."""
        folder = self.facts.run_dir / "sipp" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "scenario.xml").write_text(scenario)
        (folder / "press-1.pcap").write_bytes(digits.capture("1"))
        log = ["-trace_logs", "-log_file", str(folder / "calls.log"), "-log_overwrite", "false"]
        where = ["-i", address, "-p", str(self.facts.sip_port), "-mi", address]
        self._children[name] = await self._start_sipp(
            name, folder, ["-sf", "scenario.xml", *where, *log], address
        )

    async def _start_sipp(self, name: str, folder: Path, options: list[str], address: str) -> Child:
        self._presser.watch(folder / "calls.log")
        control = ["-ci", address, "-cp", str(next(self._control_ports))]
        return await start(name, [*self.programs.sipp, *options, *control, "-nostdin"], folder)

    async def _keep_registered(self, number: int) -> None:
        while True:
            accepted = await asyncio.to_thread(registration.register, self.facts, number)
            await asyncio.sleep(registration.EVERY if accepted else 1.0)

    async def _all_reachable(self) -> bool:
        said = await asyncio.to_thread(manager.command, self.facts, "pjsip show contacts")
        return said.count(" Avail ") >= len(CARRIERS) + len(AGENTS)

    async def _wait_for(self, fact: Callable[[], Awaitable[bool]], what: str) -> None:
        try:
            async with asyncio.timeout(READY_WITHIN):
                while not await fact():  # noqa: ASYNC110 - another program's state: nothing sets an event
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise LabError(f"Waited {READY_WITHIN:.0f} s in vain for {what}: {self._last_words()}") from None

    # -- verbs

    async def do(self, verb: str, **arguments: Any) -> Answer:
        """Performs one verb. Raises LabError when it cannot be done or is not known."""
        verbs: dict[str, Callable[..., Awaitable[Answer]]] = {
            "status": self.status,
            "cut": self.cut,
            "restore": self.restore,
            "call": self.call,
            "call-state": self.call_state,
            "call-end": self.call_end,
            "down": self.down,
        }
        if verb not in verbs:
            raise LabError(f"There is no verb {verb}: use one of {', '.join(verbs)}.")
        return await verbs[verb](**arguments)

    async def status(self) -> Answer:
        """What runs, what is cut, how many callers are under way."""
        callers = sum(child.alive for name, child in self._children.items() if name in self._via)
        alive = {name: child.alive for name, child in self._children.items() if name not in self._via}
        return {
            "running": alive,
            "pids": self._pids(),
            "dropping": sorted(self._drops.active),
            "callers": callers,
        }

    def _pids(self) -> dict[str, int]:
        return {name: child.pid for name, child in self._children.items() if child.alive}

    async def cut(self, target: str) -> Answer:
        """Takes something away as a failure would: without a word."""
        if target in TARGETS:
            await self._drops.cut(target)
            return {}
        for name in self._named(target):
            if name.startswith("agent-") and (task := self._phones.pop(int(name[6:]), None)):
                task.cancel()
            lost = [name, *(caller for caller, via in self._via.items() if via == name)]
            await asyncio.gather(
                *(self._children[child].kill() for child in lost if self._children[child].alive)
            )
        return {}

    async def restore(self, target: str) -> Answer:
        """Brings it back; what was not cut is left alone."""
        if target in TARGETS:
            await self._drops.restore(target)
            return {}
        for name in self._named(target):
            if not self._children[name].alive:
                await self._start_again(name)
        return {}

    async def _start_again(self, name: str) -> None:
        if name == "asterisk":
            await self._start_asterisk()
            living = list(self._phones)
            await asyncio.gather(*(asyncio.to_thread(registration.register, self.facts, n) for n in living))
        elif name.startswith("carrier-"):
            await self._start_carrier(name[-1])
        else:
            await self._start_agent(int(name[6:]))

    def _named(self, target: str) -> list[str]:
        known = [name for name in self._children if name not in self._via]
        names = [
            name for name in known if name == target or (target == "agents" and name.startswith("agent-"))
        ]
        if not names:
            raise LabError(
                f"There is no {target} to cut or restore: use one of {', '.join([*known, 'agents', *TARGETS])}."
            )
        return names

    async def call(
        self,
        caller_ids: list[str],
        did: str,
        carrier: str,
        script: dict[str, Any],
        rate: float = 1.0,
        listen_to: bool = False,
        withheld: bool = False,
    ) -> Answer:
        """Starts one SIPp that places a call for each caller id, `rate` a second; returns its name and folder."""
        via = f"carrier-{carrier}"
        if carrier not in CARRIERS:
            raise LabError(f"There is no carrier {carrier}: use one of {', '.join(CARRIERS)}.")
        name = f"call-{next(self._calls)}"
        folder = self.facts.run_dir / "calls" / name
        folder.mkdir(parents=True)
        self._via[name] = via
        address = self.facts.addresses.carrier(carrier)
        audio = self._audio[name] = await listen(address) if listen_to else AudioListener()
        told = scripts.Script(**{**script, "keys": tuple(map(tuple, script.get("keys", ())))})
        (folder / "scenario.xml").write_text(
            scripts.caller(told, withheld, audio.port if listen_to else None, self._raw)
        )
        for file, content in scripts.captures(told).items():
            (folder / file).write_bytes(content)
        (folder / "callers.csv").write_text(scripts.service_list(caller_ids))
        options = ["-sf", "scenario.xml", "-inf", "callers.csv", "-s", did, "-i", address, "-mi", address]
        options += ["-m", str(len(caller_ids)), "-r", str(rate), "-l", str(len(caller_ids))]
        # One caller who is told nothing for 7 s calls a dead Asterisk; a carrier's load goes on for SIP's own 32 s.
        options += ["-max_invite_retrans", "3" if len(caller_ids) == 1 else "6"]
        options += ["-trace_logs", "-log_file", str(folder / "calls.log")]
        target = f"{self.facts.addresses.asterisk}:{self.facts.sip_port}"
        self._children[name] = await self._start_sipp(name, folder, [target, *options], address)
        return {"name": name, "folder": str(folder)}

    async def call_state(self, name: str) -> Answer:
        """Whether a caller is still under way, and what its listener heard."""
        audio = self._audio[name]
        alive = self._children[name].alive
        heard = {"audio_packets": audio.packets, "first_audio": audio.first} if audio.listening else {}
        if not alive:
            audio.close()
        return {"alive": alive, **heard}

    async def call_end(self, name: str) -> Answer:
        """Cuts a caller's line."""
        await self._children[name].kill()
        return {}

    async def down(self) -> Answer:
        """Ends the lab; the answer comes when everything has ended."""
        with contextlib.suppress(ProcessLookupError):
            await self.stop()
        return {}
