"""Two machines in one: each with a bridge for every Asterisk and a console, over one PostgreSQL.

Each bridge can be killed, frozen, and cut off from the store, from Asterisk or from both. As a program, `python -m lab.pair
POLICY`, it brings up two Asterisks and both machines, says where everything is, and stays.
"""

import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from lab.errors import LabError
from lab.lab import Lab
from lab.postgres import Postgres
from lab.provision import Say, say_on_stderr
from lab.proxy import Proxy
from lab.site import Site

MACHINES = ("one", "two")
PBXS = ("east", "west")
BOOK = "pair"
HOLDERS = "SELECT pbx, holder, fence, extract(epoch FROM until - clock_timestamp())::float8 FROM holder"


class Seat(Site):
    """The bridge of one machine for one Asterisk, behind proxies by which it can be cut off. pbx: as in its policy."""

    def __init__(self, lab: Lab, policy: str, machine: str, pbx: str, postgres: Postgres) -> None:
        super().__init__(lab, policy, name=f"{machine}-{pbx}", beat_every=0.5)
        self.machine, self.pbx = machine, pbx
        self.ami = Proxy(lab.ami_host, lab.ami_port)
        self.store = Proxy("127.0.0.1", postgres.port)
        for proxy in (self.ami, self.store):
            proxy.start()
        self.environment |= {
            "HOLDFAST_AMI_HOST": "127.0.0.1",
            "HOLDFAST_AMI_PORT": str(self.ami.port),
            "HOLDFAST_DATABASE_URL": postgres.url(BOOK, by="port", port=self.store.port),
        }
        if machine != MACHINES[PBXS.index(pbx) % 2]:  # the dial plan names the other one's
            self.environment["HOLDFAST_AGI_PORT"] = str(_free_port(lab.agi_host))

    @property
    def alive(self) -> bool:
        return self.bridge is not None and self.bridge.poll() is None

    def freeze(self, frozen: bool = True) -> None:
        """SIGSTOP, or SIGCONT: it does not notice that time passes."""
        if self.alive and self.bridge is not None:
            self.bridge.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def cut_off(self, *, store: bool = True, asterisk: bool = True) -> None:
        """Packets to these are lost, and nobody is told."""
        for proxy, wanted in ((self.store, store), (self.ami, asterisk)):
            if wanted:
                proxy.half_open()

    def mend(self) -> None:
        """Everything passes again."""
        self.store.mend()
        self.ami.mend()

    def close(self) -> None:
        self.freeze(False)
        super().close()
        self.ami.close()
        self.store.close()


class Pair:
    """Both machines. As a context manager it ends them on leaving; the Asterisks and the server are whoever's they were.

    labs: Asterisks by pbx id, in the order of PBXS; policies: the text for each. consoles: whether each machine has one.
    install: what an admin does once for an Asterisk; environment: further settings of every bridge.
    """

    def __init__(
        self,
        labs: Mapping[str, Lab],
        postgres: Postgres,
        policies: Mapping[str, str],
        *,
        consoles: bool = False,
        install: Callable[[Site], None] = Site.install,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.labs, self.postgres = labs, postgres
        self._stack = ExitStack()
        with suppress(Exception):
            postgres.execute(f'DROP DATABASE IF EXISTS "{BOOK}" WITH (FORCE)')
        postgres.create(BOOK)
        try:
            self.seats = {
                (machine, pbx): self._stack.enter_context(Seat(lab, policies[pbx], machine, pbx, postgres))
                for machine in MACHINES
                for pbx, lab in labs.items()
            }
            for seat in self.seats.values():
                seat.environment |= environment
            for pbx in labs:
                install(self.first(pbx))
            for pbx in labs:
                self.first(pbx).start_bridge()
            for seat in self.seats.values():
                if not seat.alive:
                    seat.start_bridge(wait=False)
            self.consoles = {
                machine: self.seats[machine, next(iter(labs))].start_console()
                for machine in (MACHINES if consoles else ())
            }
        except BaseException:
            self.close()
            raise

    def first(self, pbx: str) -> Seat:
        """The machine on which this Asterisk stands."""
        return self.seats[MACHINES[PBXS.index(pbx) % 2], pbx]

    def of_machine(self, machine: str) -> Sequence[Seat]:
        """Its bridges."""
        return [seat for (name, _), seat in self.seats.items() if name == machine]

    def holder(self, pbx: str) -> tuple[str, int]:
        """The name of the bridge that holds an Asterisk, "" while the lease has lapsed, and its fence."""
        for name, holder, fence, left in self.postgres.execute(HOLDERS, BOOK):
            if name == pbx:
                return (str(holder) if float(str(left)) > 0 else ""), int(str(fence))
        return "", 0

    def seat_of(self, pbx: str) -> Seat | None:
        """The bridge that holds an Asterisk now."""
        name, _ = self.holder(pbx)
        return next((seat for (_, one), seat in self.seats.items() if one == pbx and _is(seat, name)), None)

    def wait_held(self, pbx: str, without: Seat | None = None, timeout: float = 30.0) -> Seat:
        """Waits until a bridge holds it, another one than this."""
        end = time.monotonic() + timeout
        while (seat := self.seat_of(pbx)) is None or seat is without:
            if time.monotonic() > end:
                raise LabError(f"nobody has held {pbx} for {timeout:g} s")
            time.sleep(0.05)
        return seat

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is(seat: Seat, name: str) -> bool:
    """The pid is the last but one part of a bridge's name."""
    parts = name.rsplit("-", 2)
    return seat.bridge is not None and len(parts) == 3 and parts[1] == str(seat.bridge.pid)


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def policy_for(text: str, pbx: str) -> str:
    """A policy's text with another pbx id."""
    lines = [f"  pbx_id: {pbx}" if line.strip().startswith("pbx_id:") else line for line in text.splitlines()]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str], say: Say = say_on_stderr) -> int:
    """Stays until Ctrl-C."""
    text = Path(arguments[0] if arguments else Path(__file__).with_name("demo_policy.yaml")).read_text()
    with ExitStack() as stack:
        postgres = stack.enter_context(Postgres(say))
        labs = {pbx: stack.enter_context(Lab.start(say=say)) for pbx in PBXS}
        policies = {pbx: policy_for(text, pbx) for pbx in PBXS}
        pair = stack.enter_context(Pair(labs, postgres, policies, consoles=True))
        for machine, url in pair.consoles.items():
            seat = pair.seats[machine, PBXS[0]]
            say(f"machine {machine}: console {url}, password {seat.password}")
        for (machine, pbx), seat in pair.seats.items():
            pid = seat.bridge.pid if seat.bridge else 0
            say(f"machine {machine}, Asterisk {pbx}: bridge {pid}, log {seat.bridge_log}")
        say(
            f"PostgreSQL at 127.0.0.1:{postgres.port}, Asterisks at "
            + ", ".join(lab.ami_host for lab in labs.values())
        )
        with suppress(KeyboardInterrupt):
            signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
