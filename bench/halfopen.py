"""How soon a manager link whose packets are dropped, and which nobody closes, is noticed.

The packet filter of the lab drops what goes between us and Asterisk, both ways, at a moment that has nothing to do with our
pings; neither side sees a FIN or a RST. The design asks for at most two ping intervals.
"""

import argparse
import asyncio
import random
import secrets
import sys
import time
from collections.abc import Sequence

import structlog

from ami_bridge.inbox import Inbox, LinkUp
from ami_bridge.link import Link, LinkSettings
from ami_bridge.translate import WANTED
from bench.report import Figure, show
from config.manager_account import render_manager_account
from fallback.events import LinkLost
from lab.lab import Lab

REACH = 2.0
ACCOUNT = "bench"
SHIPPED = LinkSettings("", 0, "", "").ping_interval


async def _until(inbox: Inbox, kind: type[object], most: float) -> None:
    async with asyncio.timeout(most):
        while not isinstance(await inbox.get(), kind):
            pass


async def _rounds(lab: Lab, secret: str, interval: float, rounds: int) -> list[float]:
    """Seconds from the first dropped packet to the word that the link is lost."""
    inbox, pause = Inbox(), random.Random(1)
    settings = LinkSettings(lab.ami_host, lab.ami_port, ACCOUNT, secret, ping_interval=interval)
    link = Link(settings, inbox, WANTED)
    running = asyncio.create_task(link.run())
    taken = []
    try:
        for _ in range(rounds):
            await _until(inbox, LinkUp, 30)
            await asyncio.sleep(pause.uniform(0, interval))
            await asyncio.to_thread(lab.cut, "manager")
            began = time.perf_counter()
            await _until(inbox, LinkLost, interval * 10)
            taken.append(time.perf_counter() - began)
            await asyncio.to_thread(lab.restore, "manager")
    finally:
        link.close()
        await running
    return taken


def measure(rounds: int, interval: float, version: str | None) -> list[Figure]:
    """The worst of all rounds, against the ping interval."""
    secret = secrets.token_hex(8)
    with Lab.start(version) as lab:
        account = render_manager_account(ACCOUNT, secret)
        (lab.holdfast_conf_dir / "manager_bench.conf").write_text(account)
        lab.reload()
        taken = asyncio.run(_rounds(lab, secret, interval, rounds))
    worst = max(taken)
    ratio = worst / interval
    return [
        Figure(
            "halfopen", worst, "s", interval, ratio, f"<= {REACH:g} ping intervals", ratio <= REACH, rounds
        )
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.halfopen", description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--interval", type=float, default=SHIPPED, help="seconds")
    parser.add_argument("--asterisk", default=None, help="22 or 16")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # figures alone on stdout
    return show(measure(options.rounds, options.interval, options.asterisk), options.json)


if __name__ == "__main__":
    sys.exit(main())
