"""Keeps everything that watches the world beside the manager link running, and exchanges it when the policy changes.

A source that breaks must not take the bridge down, nor stay silent: it is told and begun again after a pause.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog

from ami_bridge.sources import nut, probes_check
from config.errors import ConfigError
from config.policy import SitePolicy

log = structlog.get_logger()

PAUSE_SECONDS = 5.0  # before a source that broke is begun again


class Source(Protocol):
    """Turns something outside into events of the core, until it is cancelled."""

    async def run(self) -> None:
        """Until cancelled."""


def check_sources(policy: SitePolicy) -> list[ConfigError]:
    """What this machine lacks for what the policy wants watched: drivers, programs, names."""
    watched = policy.sources
    return [*probes_check.check(watched.probes, "policy"), *nut.check(watched.nut, "policy")]


Build = Callable[[SitePolicy], Mapping[str, Source]]


class Watch:
    """build: the sources that a policy asks for, by name."""

    def __init__(self, build: Build, policy: SitePolicy) -> None:
        self._build = build
        self._policy = policy
        self._changed = asyncio.Event()

    def use(self, policy: SitePolicy) -> None:
        """Another policy: its sources take the place of those that run."""
        self._policy = policy
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled; the sources end with it."""
        while True:
            self._changed.clear()
            tasks = [
                asyncio.create_task(_keep(name, source), name=f"source {name}")
                for name, source in self._build(self._policy).items()
            ]
            try:
                await self._changed.wait()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


async def _keep(name: str, source: Source) -> None:
    while True:
        try:
            await source.run()
        except Exception:
            log.exception("a source broke; it is begun again", source=name, pause=PAUSE_SECONDS)
        else:
            log.error("a source ended by itself; it is begun again", source=name, pause=PAUSE_SECONDS)
        await asyncio.sleep(PAUSE_SECONDS)
