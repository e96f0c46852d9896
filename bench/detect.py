"""How soon the first caller hears the phrase after something broke, with the shipped policy's times.

Each round: a fresh bridge (so that no earlier loss lengthens anything), a wait that has nothing to do with anybody's
intervals, then the fault. From there on the scope's flag is read from AstDB; at its change a real SIP caller calls, and the
time from the INVITE to the first audio that reaches the caller is added. The floor is the sum of what the policy and pjsip.conf
prescribe for the worst moment; the figure is the worst round.

``by hand`` is timed from the command's own first line (starting Python and importing is not counted: on a busy machine it
takes longer than all else); its floor is how often the bridge looks at what people ask for.
``carrier`` is only told, because callers notice nothing: until its incident stands in the flag. The last objects are
``bench.detect_false``: switches where there must be none.
"""

import argparse
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

from ami_bridge.desk import LOOK_SECONDS as DESK_LOOKS
from bench import detect_false
from bench.ami import BareClient
from bench.detect_site import (
    SIGN_OUT,
    SIGN_OUT_DID,
    Application,
    Floor,
    application,
    floors,
    install_sign_out,
    policy,
    sign_in,
    sign_out,
)
from bench.report import Figure, show
from console.cli import app as holdfast
from lab.facts import DID
from lab.lab import Lab
from lab.site import Site

REACH = 1.0  # seconds over the floor
LOOK_SECONDS = 0.01
LONGEST = 60.0  # seconds after which a change of the flag does not count as noticed
WANDER = 4.0  # seconds within which a fault begins after the scope is well
KINDS = ("network", "agents", "signed out", "application", "carrier", "by hand")
ROUNDS: Mapping[str, int] = {
    "network": 2,
    "agents": 2,
    "signed out": 1,
    "application": 1,
    "carrier": 1,
    "by hand": 2,
}
ONLY_TOLD = ("carrier",)


@dataclass
class Bench:
    """What a round needs."""

    lab: Lab
    site: Site
    client: BareClient
    application: Application
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    command: threading.Thread | None = None

    @contextmanager
    def bridge(self) -> Iterator[None]:
        """A bridge that knows nothing of earlier rounds, with every scope well."""
        for left in self.site.folder.glob("holdfast.db*"):
            left.unlink()
        self.client.action(Action="DBDelTree", Family="holdfast-scope")
        self.site.run("db", "migrate")
        self.site.start_bridge()
        try:
            for scope in ("power", SIGN_OUT):
                self.until(scope, lambda flag: flag.startswith("pass,") and flag.endswith(","))
            time.sleep(self.chance.uniform(1, 1 + WANDER))
            yield
        finally:
            self.site.stop_bridge()

    def until(self, scope: str, holds: Callable[[str], bool]) -> float:
        """Waits for the scope's flag; returns the moment. Raises TimeoutError after LONGEST seconds."""
        end = time.perf_counter() + LONGEST
        while not holds(flag := self.client.value("holdfast-scope", scope)):
            if time.perf_counter() > end:
                raise TimeoutError(f"the flag of {scope} is still {flag!r} after {LONGEST:g} s")
            time.sleep(LOOK_SECONDS)
        return time.perf_counter()

    def heard(self, did: str) -> float:
        """Seconds from a caller's INVITE to the first audio. Raises RuntimeError when there was none."""
        result = self.lab.call(f"138{self.chance.randrange(10**8):08d}", did, hangup_after=1.0).result(30)
        if result.first_audio is None:
            raise RuntimeError(f"the caller heard nothing: {result}")
        return result.first_audio


@dataclass(frozen=True, slots=True)
class Fault:
    """What breaks, how it is undone, and what the flag of which scope says then."""

    begin: Callable[[Bench], Any]
    end: Callable[[Bench], Any]
    flag: str = "capture,"
    scope: str = "power"
    did: str = DID


def _cut(target: str) -> Fault:
    return Fault(lambda it: it.lab.cut(target), lambda it: it.lab.restore(target))


def _slow(it: Bench, slow: bool) -> None:
    it.application.slow = slow


def _evacuate(it: Bench) -> None:
    """The command in a thread of ours: it waits for the bridge's answer, and we look at the flag meanwhile."""
    words = ["override", "set", "power", "EVACUATED", "--why", "benchmark", "--who", "bench"]
    it.command = threading.Thread(target=holdfast, args=(words,), kwargs={"standalone_mode": False})
    it.command.start()


def _answered(it: Bench) -> None:
    if it.command is not None:
        it.command.join()


FAULTS: Mapping[str, Fault] = {
    "network": _cut("network"),
    "agents": _cut("agents"),
    "signed out": Fault(
        lambda it: sign_out(it.lab), lambda it: sign_in(it.lab), scope=SIGN_OUT, did=SIGN_OUT_DID
    ),
    "application": Fault(lambda it: _slow(it, True), lambda it: _slow(it, False), flag="offer,"),
    "carrier": _cut("path-a"),
    "by hand": Fault(_evacuate, _answered, flag="evacuate,"),
}


def _round(it: Bench, kind: str) -> tuple[float, float]:
    """Seconds from the fault to the flag, and from a caller's INVITE to the first audio: 0 for what is only told."""
    fault = FAULTS[kind]
    with it.bridge():
        began = time.perf_counter()
        fault.begin(it)
        try:
            if kind in ONLY_TOLD:
                return it.until(fault.scope, lambda flag: "INC-" in flag) - began, 0.0
            switched = it.until(fault.scope, lambda flag: flag.startswith(fault.flag)) - began
            return switched, it.heard(fault.did)
        finally:
            fault.end(it)


def measure(kinds: Sequence[str], rounds: int, version: str | None) -> list[Figure]:
    """Every kind on one lab. rounds: 0 as many as ROUNDS says."""
    with application() as web, Lab.start(version) as lab:
        text = policy(web.port)
        pjsip = (lab.run_dir / "asterisk/etc/pjsip.conf").read_text(encoding="utf-8")
        with Site(lab, text) as site, BareClient(lab) as client:
            install_sign_out(lab)
            site.install()
            sign_in(lab)
            _let_boot_grace_pass(lab, text)
            it = Bench(lab, site, client, web)
            os.environ.update(site.environment)  # for the command that is run in this process
            by_hand = Floor(DESK_LOOKS, f"the bridge looks every {DESK_LOOKS:g}; nothing of the policy")
            sums = {**floors(text, pjsip), "by hand": by_hand}
            return [_figure(it, kind, sums[kind], rounds or ROUNDS[kind]) for kind in kinds]


def _figure(it: Bench, kind: str, floor: Floor, rounds: int) -> Figure:
    print(f"detect {kind}: floor {floor.seconds:.2f} s = {floor.words}", file=sys.stderr, flush=True)
    taken = [_round(it, kind) for _ in range(rounds)]
    words = ", ".join(f"{flag:.2f} + {audio:.2f} s" for flag, audio in taken)
    print(f"  until the flag + the first audio: {words}", file=sys.stderr, flush=True)
    worst = max(flag + audio for flag, audio in taken)
    ok = worst <= floor.seconds + REACH
    ratio = worst / floor.seconds
    return Figure(
        f"detect {kind}", worst, "s", floor.seconds, ratio, f"<= the floor + {REACH:g} s", ok, len(taken)
    )


def _let_boot_grace_pass(lab: Lab, text: str) -> None:
    """Asterisk has just booted, and until the policy's boot_grace is over no missing phone is evidence."""
    grace = detect_false.shipped(text).fallback.boot_grace
    said = lab.cli("core show uptime seconds")
    uptime = next((int(word) for word in said.replace(":", " ").split() if word.isdigit()), 0)
    time.sleep(max(0.0, grace + 1 - uptime))


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.detect", description=__doc__)
    parser.add_argument("--kinds", nargs="+", choices=(*KINDS, "false"), default=[*KINDS, "false"])
    parser.add_argument("--rounds", type=int, default=0, help="of every kind; by default one or two")
    parser.add_argument("--asterisk", default=None, help="22 or 16")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    real = [kind for kind in options.kinds if kind != "false"]
    with redirect_stdout(sys.stderr):  # what the command by hand says; figures alone on stdout
        figures = measure(real, options.rounds, options.asterisk) if real else []
    if "false" in options.kinds:
        figures += detect_false.measure()
    return show(figures, options.json)


if __name__ == "__main__":
    sys.exit(main())
