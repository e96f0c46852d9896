"""Who knocks at a bridge that starts: held at the door from the first moment, answered once callers are served."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from bridge_mind import until
from bridge_whole import LinkedAsterisk, settings_in, site_policy, whole

from ami_bridge import bridge as bridge_module
from ami_bridge.bridge import Bridge
from ami_bridge.http.doors import NAME, CannotServe, LocalDoor, PublicDoor
from ami_bridge.http.local import LocalApi
from ami_bridge.http.server import HttpServer
from ami_bridge.store_thread import StoreThread
from callbacks.spool import Spool
from console import bridge_socket
from store import Store


class Unlinked(LinkedAsterisk):
    """Its Asterisk is away."""

    async def run(self) -> None:
        await asyncio.Event().wait()


async def nothing(_kind: str, _payload: object, _who: str) -> str:
    return ""


def test_a_start_loads_nothing_that_it_does_not_need() -> None:
    """It would be a third of a start, and callers would wait for it. Without settings a bridge ends when it has loaded."""
    program = [sys.executable, "-X", "importtime", "-m", "ami_bridge"]
    done = subprocess.run(program, env={}, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "ami_bridge.bridge" in loaded
    assert loaded & {"aiohttp", "alembic", "flask", "rich.console", "console.cli"} == set()


async def test_whoever_knocks_before_anybody_answers_waits(tmp_path: Path) -> None:
    door = LocalDoor(tmp_path / NAME)
    door.open()
    asked = asyncio.create_task(asyncio.to_thread(bridge_socket.status, tmp_path / NAME))
    await asyncio.sleep(0.1)
    assert not asked.done()
    server = HttpServer(LocalApi(lambda: {"live": {}}, nothing).app, door)
    await server.start()
    assert await asked == {"live": {}}
    await server.close()
    assert not (tmp_path / NAME).exists()


async def test_a_public_door_is_held_on_every_address_of_its_host() -> None:
    door = PublicDoor("127.0.0.1", 0)
    door.open()
    (held,) = door.sockets
    port = held.getsockname()[1]
    with pytest.raises(CannotServe, match=f"port {port}"):
        PublicDoor("127.0.0.1", port).open()
    door.close()
    again = PublicDoor("127.0.0.1", port)
    again.open()
    again.close()


def test_a_host_that_does_not_exist_is_named() -> None:
    with pytest.raises(CannotServe, match=r"no\.such\.host\.invalid port 80.*give another port"):
        PublicDoor("no.such.host.invalid", 80).open()


@pytest.mark.slow
async def test_the_doors_are_answered_without_asterisk_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ami_bridge.assembly.Link", Unlinked)
    monkeypatch.setattr(bridge_module, "CALLERS_FIRST", 0.05)
    settings = settings_in(tmp_path)
    with Store(f"sqlite:///{tmp_path / 'holdfast.db'}") as store, Spool(settings.spool_dir) as spool:
        store.migrate()
        bridge = Bridge(settings, site_policy(settings), store, spool, thread=StoreThread())
        task = asyncio.create_task(bridge.run())
        await until((tmp_path / NAME).exists)
        said = await asyncio.to_thread(bridge_socket.status, tmp_path / NAME)
        assert "power" in said["live"]["scopes"]
        assert bridge.dispatcher.fence_raised_at is None
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.slow
async def test_the_doors_of_a_bridge_are_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with whole(tmp_path, monkeypatch):
        said = await asyncio.to_thread(bridge_socket.status, tmp_path / NAME)
        assert "power" in said["live"]["scopes"]
