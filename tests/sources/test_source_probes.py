"""Probes against small servers of our own, a SQLite file and real commands (A2, D4)."""

import asyncio
import itertools
import os
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from waiting import until

from ami_bridge.clock import read_clocks
from ami_bridge.sources import probes_sql
from ami_bridge.sources.probes import Probes
from ami_bridge.sources.probes_ask import Answer, ask
from ami_bridge.sources.probes_check import check
from ami_bridge.sources.probes_thread import Lane, StillHangs
from config.sources import Probe, ProbeKind
from fallback.events import Event, Evidence, PartSeen

pytestmark = pytest.mark.slow

SECRET = "s3cret-word"


async def once(probe: Probe) -> Answer:
    return await ask(probe, Lane(probe.name), read_clocks)


def http(target: str, **more: object) -> Probe:
    return Probe("page", "crm", ProbeKind.HTTP, target, timeout=0.5, **more)  # type: ignore[arg-type]  # a test's shorthand


def command(*words: str, timeout: float = 5.0) -> Probe:
    return Probe("script", "crm", ProbeKind.COMMAND, command=words, timeout=timeout)


def sql(target: str, query: str = "SELECT 1", timeout: float = 2.0) -> Probe:
    return Probe("book", "crm", ProbeKind.SQL, target, query=query, timeout=timeout)


@asynccontextmanager
async def pages() -> AsyncIterator[str]:
    """A web application with a good page, a moved one, a broken one and one that never ends."""

    async def well(_: web.Request) -> web.Response:
        return web.Response(text="all is well")

    async def moved(_: web.Request) -> web.Response:
        raise web.HTTPFound("/well")

    async def broken(_: web.Request) -> web.Response:
        return web.Response(status=503, text=SECRET)

    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(0.15)
        return web.Response(text="late")

    async def endless(_: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    app = web.Application()
    for handler in (well, moved, broken, slow, endless):
        app.router.add_get(f"/{handler.__name__}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_page_is_judged_by_its_status_and_its_text() -> None:
    async with pages() as base:
        assert (await once(http(f"{base}/well"))).good
        assert (await once(http(f"{base}/well", expect_text="is well"))).good
        assert (await once(http(f"{base}/moved"))).good
        assert (await once(http(f"{base}/moved", expect_status=(200,)))).detail == "status 302"
        wrong_text = await once(http(f"{base}/well", expect_text="open for business"))
        assert wrong_text.detail == "status 200, but the expected text is missing"
        assert (await once(http(f"{base}/broken", expect_status=(503,)))).good


async def test_a_page_that_never_ends_is_bad_when_its_time_is_over() -> None:
    async with pages() as base:
        answer = await once(http(f"{base}/endless"))
    assert (answer.good, answer.detail) == (False, "no answer within 0.5 s")
    assert answer.seconds >= 0.5  # no upper bound: without a time-out the page would be read for ever


async def test_details_hold_nothing_of_the_address_or_of_the_other_side(tmp_path: Path) -> None:
    async with pages() as base:
        address = base.replace("http://", f"http://user:{SECRET}@")
        tried = [
            http(f"{address}/broken?key={SECRET}"),
            http(f"http://user:{SECRET}@127.0.0.1:1/?key={SECRET}"),
            http(f"http://{SECRET}.invalid/"),
            http(f"no-web-address-{SECRET}"),
            sql(f"sqlite:///{tmp_path}/{SECRET}.db"),
            sql(f"sqlite:///{tmp_path}", f"SELECT {SECRET}"),
            command("sh", "-c", f"echo {SECRET} >&2; exit 3"),
        ]
        answers = [await once(probe) for probe in tried]
    assert not any(answer.good for answer in answers)
    assert all(answer.detail and SECRET not in answer.detail for answer in answers)
    assert all(SECRET not in repr(probe) for probe in tried[:5])


async def test_a_port_is_good_when_it_takes_a_connection() -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert (await once(Probe("tcp", "crm", ProbeKind.TCP, f"localhost:{port}"))).good
    server.close()
    await server.wait_closed()
    refused = await once(Probe("tcp", "crm", ProbeKind.TCP, f"127.0.0.1:{port}"))
    assert (refused.good, refused.detail) == (False, "Connection refused")


async def test_a_query_answers_and_a_missing_file_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "book.db"
    assert (await once(sql(f"sqlite:///{file}"))).detail == "the query failed: OperationalError"
    assert not file.exists()
    with sqlite3.connect(file) as made:
        made.execute("CREATE TABLE fault (id INTEGER)")
    made.close()
    assert (await once(sql(f"sqlite:///{file}", "SELECT count(*) FROM fault"))).good
    assert not (await once(sql(f"sqlite:///{file}", "SELECT * FROM bill"))).good


async def test_a_query_that_hangs_is_given_up_and_no_second_one_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    come_back, begun = threading.Event(), []

    def hang(*_: object) -> None:
        begun.append(1)
        come_back.wait(10)

    monkeypatch.setattr("ami_bridge.sources.probes_ask.query", hang)
    probe, lane = sql("sqlite://", timeout=0.1), Lane("book")
    assert (await ask(probe, lane, read_clocks)).detail == "no answer within 0.1 s"
    assert (await ask(probe, lane, read_clocks)).detail == "the last try has not come back yet"
    come_back.set()
    assert len(begun) == 1
    for _ in range(100):
        if (await ask(probe, lane, read_clocks)).good:
            break
        await asyncio.sleep(0.01)
    assert len(begun) == 2


async def test_a_lane_hands_on_what_was_raised() -> None:
    def fail() -> None:
        raise KeyError("gone")

    lane = Lane("test")
    with pytest.raises(KeyError, match="gone"):
        await lane(fail)
    assert await lane(lambda: 7) == 7


async def test_a_command_is_judged_by_its_exit_code() -> None:
    assert (await once(command("true"))).good
    assert (await once(command("sh", "-c", "exit 3"))).detail == "exit code 3"
    assert (await once(command("sh", "-c", "kill -9 $$"))).detail == "killed by signal 9"
    assert (await once(command("/no/such/program"))).detail == "No such file or directory"


async def test_a_command_gets_its_words_as_they_are_and_none_of_our_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", SECRET)
    out = tmp_path / "out"
    script = "import os,sys; open(sys.argv[1],'w').write(sys.argv[2] + str(sorted(os.environ)))"
    assert (await once(command(sys.executable, "-c", script, str(out), "$(id); *"))).good
    assert out.read_text().startswith("$(id); *")
    assert "HOLDFAST" not in out.read_text()


async def test_a_command_that_hangs_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    note = tmp_path / "child"
    answer = await once(command("sh", "-c", f"sleep 60 & echo $! > {note}; wait", timeout=0.4))
    assert answer.detail == "no answer within 0.4 s"
    child = int(note.read_text())
    for _ in range(200):
        if not _runs(child):
            return
        await asyncio.sleep(0.01)
    pytest.fail("the command's child lives on")


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


# -- the source: rounds, jitter, several probes


async def heard(probes: list[Probe], enough: Callable[[list[PartSeen]], bool]) -> list[PartSeen]:
    """What the source tells until it is enough."""
    told: list[PartSeen] = []

    def put(event: Event) -> None:
        assert isinstance(event, PartSeen)
        told.append(event)

    source = asyncio.create_task(Probes(probes, put, read_clocks, seed=1).run())
    try:
        await until(lambda: enough(told))
    finally:
        source.cancel()
        await asyncio.wait([source])
    return told


async def test_a_slow_answer_is_good_as_probe_and_bad_as_latency() -> None:
    async with pages() as base:
        slow = http(f"{base}/slow", every=0.2, latency_limit=0.1)
        told = await heard([slow], lambda told: len(told) >= 2)
    assert [(one.component, one.evidence, one.good) for one in told[:2]] == [
        ("crm", Evidence.PROBE, True),
        ("crm", Evidence.LATENCY, False),
    ]
    assert told[1].detail.startswith("page: answers in 0.1")
    assert told[1].detail.endswith("limit 0.1 s")


async def test_a_failure_says_nothing_of_latency() -> None:
    async with pages() as base:
        broken = http(f"{base}/broken", every=0.05, latency_limit=0.0001)
        told = await heard([broken], lambda told: len(told) >= 2)
    assert {(one.evidence, one.good, one.detail) for one in told} == {
        (Evidence.PROBE, False, "page: status 503")
    }


async def test_one_that_hangs_delays_no_other() -> None:
    async with pages() as base:
        hanging = [
            Probe(f"hang-{number}", "slow-app", ProbeKind.HTTP, f"{base}/endless", timeout=30)
            for number in range(20)
        ]
        quick = http(f"{base}/well", every=0.05)
        begun = time.monotonic()
        told = await heard([*hanging, quick], lambda told: len(told) >= 10)
        took = time.monotonic() - begun
    assert {one.component for one in told} == {"crm"}
    assert took < 30.0  # a guard: behind one that hangs it would wait for that one's time-out


async def test_a_name_server_that_hangs_delays_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    come_back = threading.Event()
    really = socket.getaddrinfo

    def look_up(host: str, *rest: object, **more: object) -> object:
        if host.endswith(".test"):
            come_back.wait(10)
        return really(host, *rest, **more)  # type: ignore[arg-type]  # handed through as it came

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    async with pages() as base:
        port = base.rpartition(":")[2]
        hanging = [
            Probe(f"hang-{number}", "slow-app", ProbeKind.TCP, f"crm{number}.test:80", timeout=30)
            for number in range(40)
        ]
        quick = http(f"http://localhost:{port}/well", every=0.05)
        told = await heard([*hanging, quick], lambda told: len(told) >= 5)
    come_back.set()
    assert {(one.component, one.good) for one in told} == {("crm", True)}


async def test_a_page_whose_name_server_hangs_is_given_up_cleanly(monkeypatch: pytest.MonkeyPatch) -> None:
    come_back = threading.Event()

    def hang(*_: object, **__: object) -> object:
        come_back.wait(10)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    probe, lane = http("http://crm.test/"), Lane("page")
    assert (await ask(probe, lane, read_clocks)).detail == "no answer within 0.5 s"
    assert (await ask(probe, lane, read_clocks)).detail == "the last try has not come back yet"
    come_back.set()
    await until(lambda: not any(thread.name == "page" for thread in threading.enumerate()))
    assert (await ask(probe, lane, read_clocks)).detail == "the host's name is not known"


async def test_a_component_is_good_only_when_all_its_probes_say_so(tmp_path: Path) -> None:
    sign = tmp_path / "well"
    well = Probe("one", "crm", ProbeKind.COMMAND, command=("true",), every=0.1)
    ill = Probe("two", "crm", ProbeKind.COMMAND, command=("test", "-e", str(sign)), every=0.1)

    def mend(told: list[PartSeen]) -> bool:
        if sum(not one.good for one in told) >= 3:
            sign.touch()
        return told[-1].good if sign.exists() else False

    told = await heard([well, ill], mend)
    first_bad = next(place for place, one in enumerate(told) if not one.good)
    assert sum(1 for _ in itertools.takewhile(lambda one: not one.good, told[first_bad:])) >= 3
    assert told[first_bad].detail == "two: exit code 1"


async def test_rounds_are_moved_at_random_and_keep_their_mean() -> None:
    probe = Probe("one", "crm", ProbeKind.COMMAND, every=10.0, jitter=0.2)
    source = Probes([probe], lambda _: None, read_clocks, seed=3)
    intervals = [source._interval(probe) for _ in range(500)]
    assert 8.0 <= min(intervals) < 8.5
    assert 11.5 < max(intervals) <= 12.0
    assert abs(sum(intervals) / 500 - 10.0) < 0.2


# -- before the start


def test_what_can_never_work_is_said_before_the_start_with_its_remedy() -> None:
    errors = check(
        [
            sql(f"oracle+oracledb://holdfast:{SECRET}@db/crm"),
            sql(f"nosuchdb://holdfast:{SECRET}@db/crm"),
            sql(SECRET),
            sql("sqlite:////srv/book.db"),
            command("no-such-program-here", SECRET),
            command(),
            Probe("tcp", "crm", ProbeKind.TCP, SECRET),
            http(f"ftp://{SECRET}/"),
            http("https://crm.example/health"),
        ],
        "policy.yaml",
    )
    text = "\n".join(str(error) for error in errors)
    assert "sources.probes.book.target: the driver 'oracledb' is not installed" in text
    assert "SQLAlchemy knows no database 'nosuchdb'" in text
    assert "there is no program 'no-such-program-here'" in text
    assert len(errors) == 7
    assert SECRET not in text


def test_a_driver_that_is_there_is_no_error() -> None:
    assert probes_sql.why_not_usable("sqlite:///x.db") is None


def test_the_lane_is_named_after_what_hangs() -> None:
    async def hang() -> str:
        lane = Lane("probe-crm")
        come_back = threading.Event()
        task = asyncio.create_task(lane(lambda: come_back.wait(10)))
        await asyncio.sleep(0.05)
        named = [thread.name for thread in threading.enumerate() if thread.daemon]
        with pytest.raises(StillHangs):
            await lane(os.getpid)
        come_back.set()
        await task
        return " ".join(named)

    assert "probe-crm" in asyncio.run(hang())
