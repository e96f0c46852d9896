"""The FastAGI server: takes calls over from the dialplan, one task each, and keeps strangers from harming them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from ivr.agi_call import AgiCall, Keep, Service, StepFailed
from ivr.agi_header import arguments
from ivr.agi_line import AgiLine, CallerGone
from ivr.agi_wire import BadCommand
from ivr.dialogue import start as begin
from ivr.mac import is_right
from ivr.policy import CallerPolicy
from ivr.ports import Desk
from ivr.values import CallFacts, Outage

log = structlog.get_logger()

HEADER_SECONDS = 3.0
SWEEP_SECONDS = 0.25
MOST_SILENT = 64  # connections that have not yet sent a whole header; the oldest is dropped for a new one
MOST_CALLS = 1000
NOBODY = "13900000000"  # rings in a rehearsal


def none(now: datetime) -> Sequence[Outage]:
    """No outage is planned."""
    return ()


class CannotListen(OSError):
    """The port cannot be had; the text names it and the remedy."""


class FastAgiServer:
    """Serves ``agi://host:port/capture``. Any failure leaves the call to the dialplan's tier 3, never to silence.

    keep: returns when the spool line is durable; raising or taking longer than the policy says leaves the call.
    clock: aware UTC. prompts_dir: the built prompts, by the same path as Asterisk sees them. desk: looks into the book; None:
    nobody can, and callers are told so. outages: see ``ivr.ports.Outages``. secret: of the MAC that every call must bring
    (see ``ivr.mac``), "" where only our own host reaches the port.
    """

    def __init__(
        self,
        policy: CallerPolicy,
        keep: Keep,
        clock: Callable[[], datetime],
        prompts_dir: Path,
        header_seconds: float = HEADER_SECONDS,
        *,
        desk: Desk | None = None,
        outages: Callable[[datetime], Sequence[Outage]] = none,
        secret: str = "",
    ) -> None:
        zone = ZoneInfo(policy.timezone)
        self._service = Service(policy, zone, str(prompts_dir), keep, clock, desk, outages)
        self._secret = secret
        self._header_seconds = header_seconds
        self._silent: dict[AgiLine, None] = {}  # oldest first
        self._calls: set[AgiLine] = set()
        self._closing = False
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None

    def use(self, policy: CallerPolicy) -> None:
        """A new policy, for calls that come from now on."""
        self._service = replace(self._service, policy=policy, zone=ZoneInfo(policy.timezone))

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises CannotListen, naming the address and the remedy."""
        loop = asyncio.get_running_loop()
        self._rehearse()
        try:
            self._server = await loop.create_server(self._line, host, port, backlog=512)
        except OSError as error:
            remedy = "end the program that holds it, or set HOLDFAST_AGI_HOST and HOLDFAST_AGI_PORT"
            raise CannotListen(
                f"FastAGI cannot listen on {host}:{port} ({error.strerror}): {remedy}"
            ) from error
        self._sweeper = asyncio.create_task(self._sweep(), name="fastagi-sweeper")

    @property
    def port(self) -> int:
        """The port that is listened on, for callers who asked for port 0."""
        assert self._server is not None, "start() first"  # noqa: S101 - a mistake of the program, not of its user
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def calls(self) -> int:
        """Dialogues under way."""
        return len(self._calls)

    async def close(self) -> None:
        """Stop listening and leave every call to the dialplan."""
        self._closing = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        if self._server is not None:
            # asyncio forgets the socket of a call that it has accepted and not yet taken up: let it do that first
            for listener in self._server.sockets:
                asyncio.get_running_loop().remove_reader(listener.fileno())
            await asyncio.sleep(0)
            self._server.close()
        lines = [*self._silent, *self._calls]
        tasks = [line.task for line in lines if line.task is not None]
        for line in lines:
            line.abort("server closes")
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # aborted connections are closed in the loop's next turn

    # -- connections

    def _line(self) -> AgiLine:
        return AgiLine(self._opened, self._ready, self._closed, self._header_seconds)

    def _opened(self, line: AgiLine) -> None:
        if self._closing:  # accepted by the kernel before we stopped listening
            line.abort("server closes")
            return
        self._silent[line] = None
        if len(self._silent) > MOST_SILENT:
            next(iter(self._silent)).abort("silent for too long")

    def _ready(self, line: AgiLine) -> None:
        self._silent.pop(line, None)
        if self._secret and not self._is_ours(line.header or {}):
            log.warning(
                "a call without the right MAC was refused: render the dialplan with the secret of this site"
            )
            line.abort("no MAC of ours")
            return
        if len(self._calls) >= MOST_CALLS:
            line.abort("too many calls")
            return
        self._calls.add(line)
        line.give(0)
        line.task = asyncio.create_task(self._serve(line), name="fastagi-call")

    def _is_ours(self, header: dict[str, str]) -> bool:
        return is_right(self._secret, header.get("agi_uniqueid", ""), arguments(header).get("mac", ""))

    def _closed(self, line: AgiLine) -> None:
        self._silent.pop(line, None)
        self._calls.discard(line)

    def _rehearse(self) -> None:
        """The first dialogue loads the numbering plan and more, tens of milliseconds: nobody is to wait for that on the line."""
        service, now = self._service, self._service.clock()
        call = CallFacts("", "", service.policy.languages[0], "", NOBODY, NOBODY, key="1")
        begin(call, service.policy, service.zone, now)

    async def _sweep(self) -> None:
        """One timer for all deadlines is cheaper than one for every command."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = loop.time()
            for line in [*self._silent, *self._calls]:
                if line.deadline < now:
                    line.abort("too late")

    async def _serve(self, line: AgiLine) -> None:
        """One call. Whatever happens, the connection closes and the dialplan goes on with what is known."""
        try:
            await AgiCall(line, self._service).run()
        except CallerGone:
            pass  # the hang-up handler of the dialplan writes down what there is
        except (StepFailed, BadCommand) as reason:
            log.warning(
                "call left to the dialplan",
                unique_id=(line.header or {}).get("agi_uniqueid"),
                reason=str(reason),
            )
        except Exception:
            log.exception("dialogue failed; call left to the dialplan")
        finally:
            line.close()
