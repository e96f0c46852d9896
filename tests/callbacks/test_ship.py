"""Collector and door together: what lies on one host lies on the other, once it is said to."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from authority import Authority
from yarl import URL

from ami_bridge.http.spool_door import SpoolDoor
from ami_bridge.http.spool_shelf import Shelf
from callbacks.importer import Importer
from callbacks.ship import Collector
from callbacks.ship_settings import ShipSettings, ship_settings
from callbacks.ship_sign import SIGNATURE, TIMESTAMP, answered, is_signed, sign, signed
from callbacks.spool_file import SpoolFile
from callbacks.spool_line import encode
from callbacks.values import Capture
from fallback.time import Now
from store import Store

SECRET = "0123456789abcdef-of-a-test"
COMMAND = Path(sys.executable).with_name("holdfast-collector")
Build = Callable[..., Capture]


class Clock:
    """Both clocks, moved by hand. Real when it begins, because files are told apart from old ones by theirs."""

    def __init__(self) -> None:
        self.wall, self.mono = datetime.now(UTC), 1000.0

    def __call__(self) -> Now:
        return Now(self.wall, self.mono)

    def pass_(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.mono += seconds


@dataclass
class Site:
    """host: of Asterisk; remote: where the bridge keeps what that host brings. said: by the collector, to people."""

    host: Path
    remote: Path
    door: SpoolDoor
    settings: ShipSettings
    clock: Clock
    said: list[str]
    collector: Collector

    async def round(self) -> bool:
        self.clock.pass_(2)  # a second sign of the same moment would be a replay
        return await asyncio.to_thread(self.collector.round)

    def restart_collector(self, **changes: str) -> None:
        self.collector.close()
        settings = replace(self.settings, **changes)  # type: ignore[arg-type]  # only texts are changed here
        self.collector = Collector(settings, lambda: self.clock.wall, self.said.append)

    def lines(self, kind: str) -> list[bytes]:
        files = sorted((self.remote / kind).glob("*"))
        return [line for file in files for line in file.read_bytes().splitlines(keepends=True)]

    def put(self, kind: str, name: str, content: bytes, age: float = 0.0) -> Path:
        path = self.host / kind / name
        path.write_bytes(content)
        changed = self.clock.wall.timestamp() - age
        os.utime(path, (changed, changed))
        return path


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    host, clock, said = tmp_path / "host", Clock(), list[str]()
    for kind in ("spool", "tier3", "recordings"):
        (host / kind).mkdir(parents=True)
    door = SpoolDoor(tmp_path / "remote", SECRET, ["pbx1"], clock, tmp_path / "dialogue.json")
    app = web.Application(client_max_size=256 * 1024)
    app.add_routes(door.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    settings = ship_settings(
        {
            "HOLDFAST_DATA_DIR": str(host),
            "HOLDFAST_SHIP_URL": f"http://127.0.0.1:{runner.addresses[0][1]}",
            "HOLDFAST_SHIP_PBX": "pbx1",
            "HOLDFAST_SHIP_SECRET": SECRET,
        }
    )
    collector = Collector(settings, lambda: clock.wall, said.append)
    yield (made := Site(host, tmp_path / "remote" / "pbx1", door, settings, clock, said, collector))
    made.collector.close()
    door.close()
    await runner.cleanup()


def t3(unique_id: str) -> bytes:
    text = f"hf1|{unique_id}|1763720101|power|13912341234|13912341234|own|bill|zh-CN|1|1|"
    return f"{text}|{md5(text.encode(), usedforsecurity=False).hexdigest()}\n".encode()


async def test_what_was_left_there_is_in_the_book_here_once(site: Site, book: Store, capture: Build) -> None:
    site.put("spool", "20261122T06-7-0.jsonl", encode(capture("pbx1:1.1", number="13700000000")))
    site.put("tier3", "20261122-0600.txt", t3("1.2") + t3("1.3"))
    assert await site.round()
    site.door.close()
    importer = Importer(book, site.remote / "spool", site.remote / "tier3", "pbx1")
    report = importer.run_once(site.clock.wall)
    assert (report.new, report.damaged, report.problems) == (3, 0, ())
    site.restart_collector()
    (site.host / "shipped.json").unlink()
    assert await site.round()
    assert importer.run_once(site.clock.wall).new == 0
    assert book.summary().captures == 3


async def test_lines_that_come_while_they_are_shipped_come_once_each_and_in_order(site: Site) -> None:
    path = site.put("tier3", "20261122-0600.txt", b"")
    for n in range(20):
        with path.open("ab") as file:
            file.write(b"line %d\n" % n)
        assert await site.round()
        if n == 9:
            site.restart_collector()
    assert site.lines("tier3") == [b"line %d\n" % n for n in range(20)]


async def test_a_lost_acknowledgement_doubles_nothing(site: Site) -> None:
    site.put("tier3", "20261122-0600.txt", b"one\ntwo\n")
    assert await site.round()
    (site.host / "shipped.json").unlink()  # as if no answer had come
    site.restart_collector()
    assert await site.round()
    assert site.lines("tier3") == [b"one\n", b"two\n"]


async def test_a_door_that_began_anew_goes_on_where_the_collector_is(site: Site, tmp_path: Path) -> None:
    path = site.put("tier3", "20261122-0600.txt", b"one\n")
    assert await site.round()
    site.door._ends.clear()
    path.write_bytes(b"one\ntwo\n")
    assert await site.round()
    assert site.lines("tier3") == [b"one\n", b"two\n"]


async def test_a_recording_arrives_whole_and_appears_only_then(site: Site) -> None:
    content = os.urandom(300_000)
    site.put("recordings", "1.1.wav", content, age=20)
    shelf = Shelf(site.remote)
    shelf.add_recording("1.1.wav", 0, content[:131_072], "")
    assert [p.name for p in (site.remote / "recordings").iterdir()] == [".1.1.wav.part"]
    assert await site.round()
    assert [p.name for p in (site.remote / "recordings").iterdir()] == ["1.1.wav"]
    assert (site.remote / "recordings" / "1.1.wav").read_bytes() == content


async def test_a_recording_that_was_damaged_on_the_way_is_asked_for_again(site: Site) -> None:
    content = os.urandom(200_000)
    site.put("recordings", "1.1.wav", content, age=20)
    rotten = b"\0" * 131_072
    Shelf(site.remote).add_recording("1.1.wav", 0, rotten, "")
    (site.host / "shipped.json").write_text(
        f'{{"recordings/1.1.wav": [{(site.host / "recordings/1.1.wav").stat().st_ino}, 131072]}}'
    )
    site.restart_collector()
    for _ in range(3):
        await site.round()
    assert (site.remote / "recordings" / "1.1.wav").read_bytes() == content


async def test_another_recording_of_the_same_name_replaces_none_and_stops_nothing(site: Site) -> None:
    folder = site.remote / "recordings"
    folder.mkdir(parents=True)
    (folder / "1.1.wav").write_bytes(b"the first")
    site.put("recordings", "1.1.wav", b"another!!", age=20)
    site.put("recordings", "1.2.wav", b"a third", age=20)
    assert await site.round()
    assert (folder / "1.1.wav").read_bytes() == b"the first"
    assert (folder / "1.2.wav").read_bytes() == b"a third"
    assert any("another recording of this name" in text for text in site.said)
    assert await site.round()
    assert len(site.said) == 1  # said once, while it is so


async def test_a_full_disk_here_keeps_everything_there_and_is_told_on_both_sides(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = site.put("spool", "20261122T06-7-0.jsonl", b"one\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(SpoolFile, "append", full)
        assert not await site.round()
    assert path.read_bytes() == b"one\n"
    assert "No space left on device" in site.door.problem
    assert "507: No space left on device" in site.said[0]
    assert await site.round()
    assert site.lines("spool") == [b"one\n"]
    assert site.door.problem == ""
    assert site.said[-1] == "all is shipped again"


async def test_without_a_bridge_everything_waits_and_is_told_once(site: Site) -> None:
    site.put("tier3", "20261122-0600.txt", b"one\n")
    site.restart_collector(url="http://127.0.0.1:9")
    assert not await site.round()
    assert not await site.round()
    assert len(site.said) == 1
    assert "no answer from http://127.0.0.1:9" in site.said[0]


async def test_an_answer_that_the_bridge_has_not_signed_acknowledges_nothing(site: Site) -> None:
    async def liar(_: web.Request) -> web.Response:
        return web.json_response({"to": 4})

    app = web.Application()
    app.router.add_post("/{tail:.*}", liar)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    path = site.put("tier3", "20261122-0600.txt", b"one\n", age=30 * 86400)
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    site.restart_collector(url=url)
    assert not await site.round()
    site.collector.close()
    await runner.cleanup()
    assert path.exists()
    assert "not signed by the bridge" in site.said[0]


@pytest.mark.parametrize("trusted", [True, False])
async def test_over_tls_lines_go_only_to_a_bridge_that_is_trusted(
    trusted: bool, site: Site, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    app = web.Application()
    app.add_routes(site.door.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=authority.server("IP:127.0.0.1")).start()
    site.put("tier3", "20261122-0600.txt", b"one\n")
    url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    settings = replace(site.settings, url=url, ca=authority.ca if trusted else None)
    site.collector = Collector(settings, lambda: site.clock.wall, site.said.append)
    assert await site.round() is trusted
    site.collector.close()
    await runner.cleanup()
    assert site.lines("tier3") == ([b"one\n"] if trusted else [])
    assert trusted or "certificate verify failed" in site.said[0]


async def test_old_files_go_only_when_they_were_acknowledged(site: Site) -> None:
    old = site.put("tier3", "20261110-0600.txt", b"one\n", age=8 * 86400)
    site.restart_collector(url="http://127.0.0.1:9")
    await site.round()
    assert old.exists()
    site.restart_collector()
    for _ in range(2):
        await site.round()
    assert not old.exists()
    assert site.lines("tier3") == [b"one\n"]


async def test_the_book_of_the_dialogue_comes_with_the_folders_of_this_host(
    site: Site, tmp_path: Path
) -> None:
    await asyncio.to_thread(site.collector.bring_book)
    assert "404" in site.said[0]
    (tmp_path / "dialogue.json").write_text('{"v": 1, "pbx_id": "pbx1", "spool_dir": "/elsewhere"}')
    site.clock.pass_(2)
    await asyncio.to_thread(site.collector.bring_book)
    text = (site.host / "ivr" / "dialogue.json").read_text()
    assert f'"spool_dir": "{site.host}/spool"' in text
    assert '"pbx_id": "pbx1"' in text


async def test_the_command_ships_until_it_is_told_to_stop(site: Site) -> None:
    site.put("tier3", "20261122-0600.txt", b"one\n")
    environment = {
        "HOLDFAST_DATA_DIR": str(site.host),
        "HOLDFAST_SHIP_URL": site.settings.url,
        "HOLDFAST_SHIP_PBX": "pbx1",
        "HOLDFAST_SHIP_SECRET": SECRET,
    }
    site.clock.pass_(-1)  # the door takes nothing that was signed before it began
    process = await asyncio.create_subprocess_exec(COMMAND, env=environment, stderr=asyncio.subprocess.PIPE)
    seen = time.monotonic()
    async with asyncio.timeout(60):
        while not site.lines("tier3"):
            await asyncio.sleep(0.1)
            now = time.monotonic()
            site.clock.pass_(now - seen)  # the command lives by the real clock, however slow this machine is
            seen = now
        process.terminate()
        _, said = await process.communicate()
    assert process.returncode == 0
    assert said.decode().startswith("dialogue.json is not renewed: the bridge answered 404")


async def test_the_command_tells_all_that_is_wrong_and_does_not_start(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        COMMAND, env={"HOLDFAST_SHIP_SECRET": "short"}, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert said.count(b"HOLDFAST_") == 4


class Stranger:
    """Asks the door by hand."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def post(
        self, path: str, body: bytes, secret: str = SECRET, age: float = 0, signs: str = ""
    ) -> int:
        timestamp = str(int(self._site.clock.wall.timestamp() - age))
        mark = sign(secret, timestamp, signed(signs or path, body))
        headers = {TIMESTAMP: timestamp, SIGNATURE: mark}
        url = URL(f"{self._site.settings.url}{path}", encoded=True)
        async with ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
            said = await answer.read()
            if answer.status not in (403, 404):
                assert is_signed(secret, timestamp, answered(mark, said), answer.headers[SIGNATURE])
            return answer.status


GOOD = "/ship/pbx1/tier3/20261122-0600.txt?ino=1&from=0&to=4"


async def test_only_what_is_signed_for_just_this_and_just_now_is_let_in(site: Site) -> None:
    site.clock.pass_(1000)
    ask = Stranger(site).post
    assert await ask(GOOD, b"one\n", secret="another secret of sixteen") == 403
    assert await ask(GOOD, b"one\n", age=301) == 403
    assert await ask(GOOD, b"one\n", signs=GOOD.replace("tier3", "spool")) == 403
    assert await ask(GOOD.replace("pbx1", "pbx2"), b"one\n") == 403
    assert site.lines("tier3") == []
    assert await ask(GOOD, b"one\n") == 200
    assert await ask(GOOD, b"one\n") == 403  # the same once more
    assert site.lines("tier3") == [b"one\n"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (GOOD, b"torn"),
        (GOOD, b"one\nand more\n"),
        (GOOD.replace("tier3", "secrets"), b"one\n"),
        (GOOD.replace("20261122-0600.txt", ".hidden.txt"), b"one\n"),
        (GOOD.replace("20261122-0600.txt", "x.jsonl"), b"one\n"),
        (GOOD.replace("from=0", "from=-1"), b"one\n"),
        (GOOD.replace("&to=4", ""), b"one\n"),
        ("/ship/pbx1/recordings/a.wav?ino=1&from=0&to=99999999", b"one\n"),
        ("/ship/pbx1/recordings/a.wav?ino=1&from=0&to=4&sha256=zz", b"one\n"),
    ],
)
async def test_what_has_another_form_is_refused_and_leaves_nothing(
    path: str, body: bytes, site: Site
) -> None:
    site.clock.pass_(10)
    assert await Stranger(site).post(path, body) == 422
    assert not site.remote.exists()


@pytest.mark.parametrize("name", ["..%2f..%2fetc", "%2e%2e", "a%00b.txt"])
async def test_no_name_leads_out_of_the_folder(name: str, site: Site, tmp_path: Path) -> None:
    site.clock.pass_(10)
    path = f"/ship/pbx1/tier3/{name}?ino=1&from=0&to=4"
    assert await Stranger(site).post(path, b"one\n") in (403, 404, 422)
    assert not site.remote.exists()


async def test_a_gap_is_answered_with_where_to_go_on(site: Site) -> None:
    site.clock.pass_(10)
    ask = Stranger(site).post
    assert await ask(GOOD, b"one\n") == 200
    assert await ask(GOOD.replace("from=0&to=4", "from=8&to=12"), b"two\n") == 409
    assert await ask("/ship/pbx1/recordings/a.wav?ino=1&from=4&to=8", b"two\n") == 409


def test_a_part_of_a_recording_is_not_taken_twice(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    assert shelf.add_recording("a.wav", 0, b"abc", "") == 3
    assert shelf.add_recording("a.wav", 0, b"abc", "") == 3
    whole = sha256(b"abcdef").hexdigest()
    assert shelf.add_recording("a.wav", 3, b"def", whole) == 6
    assert shelf.add_recording("a.wav", 3, b"def", whole) == 6
    assert (tmp_path / "recordings/a.wav").read_bytes() == b"abcdef"
