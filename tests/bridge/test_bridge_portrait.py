"""What is shown of this moment: without the store too, and since when the site is armed."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from bridge_mind import until
from bridge_whole import POLICY, site_text, whole

from ami_bridge.bridge import Bridge
from ami_bridge.portrait import armed_before
from fallback.events import Declared, OverrideSet
from fallback.modes import Mode
from store import StoreBusy

OBSERVE = {"armed: true": "armed: false"}


async def armed_since(bridge: Bridge) -> datetime | None:
    """As the row says it."""
    await until(lambda: "bridge" in bridge.store.live_rows())
    said = bridge.store.live_rows()["bridge"].value["armed_since"]
    return datetime.fromisoformat(said) if said else None


async def test_from_memory_the_store_is_not_asked_and_the_newest_change_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise StoreBusy("held by another process")

    async with whole(tmp_path, monkeypatch) as bridge:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("unended_attempts", "put_live", "live_rows", "record", "changes"):
                patch.setattr(type(bridge.store), name, away)
            await bridge.brain.ask(OverrideSet("power", Mode.EVACUATED, "li", "smoke", None))
            await bridge.brain.ask(Declared("power", "A7", "a car hit the mast", "li"))
            await until(lambda: any(one["kind"] == "incident" for one in memory(bridge)["changes"]))
            said = memory(bridge)
        assert said["live"]["scopes"]["power"]["effective"] == "EVACUATED"
        assert "A7" in [one["kind"] for one in said["live"]["cases"]]
        times = [one["at"] for one in said["changes"]]
        assert times == sorted(times, reverse=True)
        assert said["live"]["bridge"]["armed"] is True


def memory(bridge: Bridge) -> dict[str, Any]:
    return bridge.portrait.from_memory()


async def test_armed_since_outlives_a_restart_and_begins_anew_after_observing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "policy.yaml"
    async with whole(tmp_path, monkeypatch) as bridge:
        first = await armed_since(bridge)
    assert first is not None
    async with whole(tmp_path, monkeypatch) as bridge:
        assert bridge.portrait.armed_since == first
    file.write_text(site_text(**OBSERVE))
    async with whole(tmp_path, monkeypatch) as bridge:
        await until(lambda: bridge.store.live_rows()["bridge"].value["armed"] is False)
        assert await armed_since(bridge) is None
    file.write_text(POLICY.read_text())
    async with whole(tmp_path, monkeypatch) as bridge:
        await until(lambda: bridge.portrait.armed_since is not None)
        assert bridge.portrait.armed_since is not None
        assert bridge.portrait.armed_since > first


class Row:
    def __init__(self, value: Any) -> None:
        self.value = value


@pytest.mark.parametrize(
    "rows",
    [
        {},
        {"bridge": Row({})},
        {"bridge": Row({"armed_since": None})},
        {"bridge": Row({"armed_since": "yesterday"})},
    ],
)
def test_what_nobody_can_say_is_not_known(rows: dict[str, Any]) -> None:
    class Rows:
        def live_rows(self) -> dict[str, Any]:
            return rows

    assert armed_before(Rows()) is None  # type: ignore[arg-type]  # all that it asks


def test_a_store_that_is_away_keeps_nobody_from_starting() -> None:
    class Rows:
        def live_rows(self) -> Any:
            raise StoreBusy("held by another process")

    assert armed_before(Rows()) is None  # type: ignore[arg-type]  # all that it asks
