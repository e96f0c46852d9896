"""A bridge that ends leaves nothing behind: no socket, no lock, no thread; and a source cannot end it."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from bridge_mind import until
from bridge_whole import asterisk, settings_in, whole

from ami_bridge.events import Hangup
from ami_bridge.http.doors import NAME, CannotServe
from fallback.events import OverrideSet
from fallback.modes import Mode

pytestmark = pytest.mark.slow

OURS = ("store", "alerts-journal", "apprise", "twilio")


def threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith(OURS)]


async def test_socket_lock_and_threads_are_let_go_and_the_folder_serves_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        async with whole(tmp_path, monkeypatch) as bridge:
            await bridge.staff.alerts.ready()
            assert (tmp_path / NAME).exists()
        assert not (tmp_path / NAME).exists()
        await until(lambda: threads() == [])
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", bridge.settings.agi_port)


async def test_a_start_that_fails_leaves_nothing_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(CannotServe, match="is no socket"):
        async with whole(tmp_path, monkeypatch):
            pass
    await until(lambda: threads() == [])
    assert settings_in(tmp_path).data_dir == tmp_path


async def test_what_was_decided_last_is_in_the_record_of_a_bridge_that_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(tmp_path, monkeypatch) as bridge:
        await bridge.brain.ask(OverrideSet("power", Mode.EVACUATED, "li", "smoke", None))
    async with whole(tmp_path, monkeypatch) as bridge:
        assert bridge.brain.state.scopes["power"].effective is Mode.EVACUATED


async def test_a_source_that_breaks_on_a_call_does_not_end_the_bridge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: Any, _event: Any) -> None:
        raise ValueError("a cause that nobody knows")

    async with whole(tmp_path, monkeypatch) as bridge:
        await until(lambda: bridge.surroundings._calls is not None)
        monkeypatch.setattr(type(bridge.surroundings._calls), "heard", broken)
        bridge.brain.listener.on_call(Hangup("a1", 16, ""))
        await bridge.brain.ask(OverrideSet("power", Mode.EVACUATED, "li", "smoke", None))
        assert bridge.brain.state.scopes["power"].effective is Mode.EVACUATED


async def test_only_observing_no_caller_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = settings_in(tmp_path).policy_file
    file.write_text(file.read_text().replace("armed: true", "armed: false"))
    async with whole(tmp_path, monkeypatch) as bridge:
        await bridge.brain.ask(OverrideSet("power", Mode.EVACUATED, "li", "smoke", None))
        assert await bridge.recorder.written()
        await asyncio.sleep(0.05)
        assert not any(family == "holdfast-scope" for family, _ in asterisk(bridge).db)
        assert not asterisk(bridge).actions("Redirect")
        assert not asterisk(bridge).actions("Hangup")
