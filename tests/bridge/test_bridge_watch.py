"""Sources: one that breaks is begun again and told, and a new policy exchanges them; nothing of it reaches the bridge."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from bridge_mind import until
from structlog.testing import capture_logs

from ami_bridge.watch import Source, Watch
from config.policy import SitePolicy


class Played:
    """A source that does what is planned for each beginning: an exception, an end, or on and on."""

    def __init__(self, *plan: Exception | None) -> None:
        self.plan, self.begun, self.ended = list(plan), 0, 0

    async def run(self) -> None:
        self.begun += 1
        try:
            if not self.plan:
                await asyncio.Event().wait()
            elif (problem := self.plan.pop(0)) is not None:
                raise problem
        finally:
            self.ended += 1


def policy(name: str) -> SitePolicy:
    return cast(SitePolicy, name)


@asynccontextmanager
async def watching(by_policy: dict[str, dict[str, Source]], first: str) -> AsyncIterator[Watch]:
    watch = Watch(lambda name: by_policy[cast(str, name)], policy(first))
    task = asyncio.create_task(watch.run())
    try:
        yield watch
    finally:
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ami_bridge.watch.PAUSE_SECONDS", 0.01)


async def test_a_source_that_breaks_is_told_and_begun_again_and_the_others_go_on() -> None:
    broken, well = Played(ValueError("no such name"), RuntimeError("again")), Played()
    with capture_logs() as logs:
        async with watching({"one": {"broken": broken, "well": well}}, "one"):
            await until(lambda: broken.begun == 3)
            assert (well.begun, well.ended) == (1, 0)
    told = [one for one in logs if one.get("source") == "broken"]
    assert [one["log_level"] for one in told] == ["error", "error"]


async def test_a_source_that_ends_by_itself_is_begun_again() -> None:
    tired = Played(None)
    async with watching({"one": {"tired": tired}}, "one"):
        await until(lambda: tired.begun == 2)


async def test_a_new_policy_ends_the_old_sources_before_the_new_ones_begin() -> None:
    old, new = Played(), Played()
    sources: dict[str, dict[str, Source]] = {"old": {"x": old}, "new": {"x": new}}
    async with watching(sources, "old") as watch:
        await until(lambda: old.begun == 1)
        watch.use(policy("new"))
        await until(lambda: new.begun == 1)
        assert old.ended == 1


async def test_the_sources_end_with_the_bridge() -> None:
    one: Any = Played()
    async with watching({"one": {"x": one}}, "one"):
        await until(lambda: one.begun == 1)
    assert one.ended == 1
