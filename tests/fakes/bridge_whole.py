"""A whole bridge in a test: everything is real but Asterisk, which is a fake that the manager link hands over at once."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from bridge_mind import UP, until
from bridge_world import FakeAsterisk, done, empty_book

import lab as lab_room
from ami_bridge.bridge import Bridge
from ami_bridge.inbox import Inbox
from ami_bridge.link import LinkState, Reply
from ami_bridge.store_thread import StoreThread
from callbacks.spool import Spool
from config.policy import SitePolicy, parse_policy
from config.settings import Settings, load_settings
from store import Store

EPOCH = "1795256100"
POLICY = Path(lab_room.__file__).parent / "demo_policy.yaml"


class LinkedAsterisk(FakeAsterisk):
    """Stands in for the link: up as soon as it runs, with queues that hold nobody."""

    def __init__(self, _settings: Any, inbox: Inbox, _wanted: Any) -> None:
        super().__init__()
        self.into = inbox

    async def run(self) -> None:
        self.into.put_nowait(UP)
        await asyncio.Event().wait()

    def close(self) -> None:
        self.state = LinkState.CLOSED

    def uptime(self) -> float | None:
        return 3600.0

    def _usual(self, given: dict[str, Any]) -> Reply:
        match given["Action"], given.get("Variable"):
            case "Getvar", "EPOCH":
                return done(Value=EPOCH)
            case "QueueStatus", _:
                return done(events=({"Event": "QueueParams", "Queue": given["Queue"]},))
            case _:
                return super()._usual(given)


def site_text(**changes: str) -> str:
    """The demo's policy; each change puts one text in place of another that stands in it: ``old=new``."""
    text = POLICY.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def settings_in(folder: Path, **more: Any) -> Settings:
    """Settings of a bridge that lives in this folder."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    file = folder / "policy.yaml"
    if not file.exists():
        file.write_text(site_text(), encoding="utf-8")
    for name in ("spool", "tier3", "recordings"):
        (folder / name).mkdir(exist_ok=True)
    return load_settings(data_dir=folder, policy_file=file, ami_secret="nobody", agi_port=free, **more)


@asynccontextmanager
async def whole(folder: Path, monkeypatch: pytest.MonkeyPatch, **more: Any) -> AsyncIterator[Bridge]:
    """A bridge that is ready. The same folder again is a restart. It ends as by SIGTERM, and must end cleanly."""
    monkeypatch.setattr("ami_bridge.assembly.Link", LinkedAsterisk)
    settings = settings_in(folder, **more)
    book = folder / "holdfast.db"
    url = f"sqlite:///{book}" if book.exists() else empty_book(book)
    with Store(url) as store, Spool(settings.spool_dir) as spool:
        bridge = Bridge(settings, site_policy(settings), store, spool, thread=StoreThread())
        task = asyncio.create_task(bridge.run())
        try:
            await until(lambda: task.done() or bridge.dispatcher.fence_raised_at is not None)
            if task.done():
                task.result()
            yield bridge
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()


def site_policy(settings: Settings) -> SitePolicy:
    text = settings.policy_file.read_text(encoding="utf-8")
    return parse_policy(text, "policy.yaml", settings.policy_file.parent)


def asterisk(bridge: Bridge) -> LinkedAsterisk:
    assert isinstance(bridge.link, LinkedAsterisk)
    return bridge.link
