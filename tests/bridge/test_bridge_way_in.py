"""The callers' way in, in a whole bridge: what is durable is passed on at once, and what is noted for other tiers is there."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from bridge_mind import until
from bridge_whole import whole
from bridge_world import START

from callbacks.values import Capture
from ivr.book_file import read
from ivr.values import Left


def left(matter: str) -> Left:
    return Left("1.1", START, "power", "13911112222", "13911112222", "own", matter, "en", 1, True, True)


async def test_danger_waits_for_the_duty_role_from_the_moment_that_its_line_is_durable_E0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(tmp_path, monkeypatch) as bridge:
        await bridge.callers.keep(left("danger"))
        assert bridge.duty.live()["danger"] == 1, "before the book has it"
        await until(lambda: bridge.store.capture("lab:1.1") is not None)
        assert bridge.duty.live()["open"] == 1, "its import is the same report"
        await until(lambda: [one.number for one in bridge.store.duty_open()] == ["13911112222"])


async def test_whoever_cannot_be_told_of_a_line_costs_the_caller_no_promise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(tmp_path, monkeypatch) as bridge:
        whole_seen, mistakes = bridge.callers._seen, [ZeroDivisionError("a mistake of ours")]

        def seen(captures: Sequence[Capture]) -> None:
            if mistakes:
                raise mistakes.pop()
            whole_seen(captures)

        bridge.callers._seen = seen
        await bridge.callers.keep(left("danger"))
        await until(lambda: bridge.duty.live()["danger"] == 1)  # the import shows it again


async def test_tiers_without_a_bridge_find_their_book_as_soon_as_one_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(tmp_path, monkeypatch) as bridge:
        await until(lambda: bridge.callers.file.path.exists())
        assert read(tmp_path / "ivr" / "dialogue.json").policy == bridge.policy.caller
