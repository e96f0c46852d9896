"""Recordings come from the provider by a worker of their own: in the end each one is here whole, and then deleted there."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from failover_site import environment, furnish, site
from twilio_caller import TwilioCall, by_prompt, through
from twilio_server import SID, TOKEN

from ivr.policy import CallerPolicy
from ivr.twiml import recordings
from ivr.twiml.__main__ import main
from ivr.twiml.recordings import Account, Fetcher, Wishes

RECORDING = "RE" + "0" * 31 + "1"
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(600)
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)


class Shelf(ThreadingHTTPServer):
    """The provider's recordings. answers: (status, body) for the next requests, in order; then WAV. seen: what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.seen: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", 0), Asked)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Asked(BaseHTTPRequestHandler):
    server: Shelf

    def do_GET(self) -> None:
        self._answer(WAV)

    def do_DELETE(self) -> None:
        self._answer(b"", 204)

    def _answer(self, body: bytes, status: int = 200) -> None:
        self.server.seen.append((self.command, self.path))
        wanted = "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != wanted:
            status, body = 401, b""
        elif self.server.answers:
            status, body = self.server.answers.pop(0)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with Shelf() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


def fetcher(folder: Path, shelf: Shelf, clock: Clock, token: str = TOKEN) -> Fetcher:
    return Fetcher(folder, Account(shelf.url, SID, token), timedelta(days=7), clock)


def rounds(folder: Path, shelf: Shelf, clock: Clock, token: str = TOKEN) -> tuple[int, int, int]:
    worker = fetcher(folder, shelf, clock, token)
    try:
        return worker.once()
    finally:
        worker.close()


def test_a_recording_is_fetched_kept_and_deleted_there_when_it_is_old(tmp_path: Path, shelf: Shelf) -> None:
    clock = Clock()
    assert Wishes(tmp_path).want("a-1.wav", RECORDING, NOW)
    assert Wishes(tmp_path).want("a-1.wav", RECORDING, NOW)
    assert rounds(tmp_path, shelf, clock) == (1, 0, 0)
    assert (tmp_path / "a-1.wav").read_bytes() == WAV
    clock.now += timedelta(days=6)
    assert rounds(tmp_path, shelf, clock) == (0, 0, 0)
    clock.now += timedelta(days=2)
    assert rounds(tmp_path, shelf, clock) == (0, 1, 0)
    assert rounds(tmp_path, shelf, clock) == (0, 0, 0)
    address = f"/2010-04-01/Accounts/{SID}/Recordings/{RECORDING}"
    assert shelf.seen == [("GET", f"{address}.wav"), ("DELETE", f"{address}.json")]
    assert (tmp_path / "a-1.wav").read_bytes() == WAV


@pytest.mark.parametrize("answer", [(404, b""), (500, b""), (302, b""), (200, b"<html>"), (200, b"")])
def test_what_is_not_ready_or_not_right_is_tried_again_and_leaves_nothing_half(
    answer: tuple[int, bytes], tmp_path: Path, shelf: Shelf
) -> None:
    Wishes(tmp_path).want("a-1.wav", RECORDING, NOW)
    shelf.answers = [answer]
    assert rounds(tmp_path, shelf, Clock()) == (0, 0, 1)
    assert [path.name for path in tmp_path.iterdir()] == [".wanted"]
    assert rounds(tmp_path, shelf, Clock()) == (1, 0, 0)


def test_a_recording_without_an_end_is_not_taken(
    tmp_path: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "MOST_BYTES", 100)
    Wishes(tmp_path).want("a-1.wav", RECORDING, NOW)
    assert rounds(tmp_path, shelf, Clock()) == (0, 0, 1)
    assert not (tmp_path / "a-1.wav").exists()


def test_a_provider_that_is_away_or_does_not_know_us_loses_nothing(tmp_path: Path, shelf: Shelf) -> None:
    Wishes(tmp_path).want("a-1.wav", RECORDING, NOW)
    assert rounds(tmp_path, shelf, Clock(), "wrong") == (0, 0, 1)
    away = Fetcher(tmp_path, Account("http://127.0.0.1:1", SID, TOKEN), timedelta(), Clock())
    assert away.once() == (0, 0, 1)
    away.close()
    assert rounds(tmp_path, shelf, Clock()) == (1, 0, 0)


@pytest.mark.parametrize(
    ("name", "sid"),
    [
        ("../x.wav", RECORDING),
        ("", RECORDING),
        (".wav", RECORDING),
        ("a.wav", "RE1"),
        ("a.wav", "../" + RECORDING),
    ],
)
def test_names_and_ids_that_are_none_are_refused(name: str, sid: str, tmp_path: Path) -> None:
    assert not Wishes(tmp_path).want(name, sid, NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_nothing_says_that_there_is_no_recording(tmp_path: Path) -> None:
    (tmp_path / ".wanted").write_text("a file")
    assert not Wishes(tmp_path).want("a-1.wav", RECORDING, NOW)


def test_a_damaged_wish_does_not_stop_the_others(tmp_path: Path, shelf: Shelf) -> None:
    Wishes(tmp_path).want("b.wav", RECORDING, NOW)
    (tmp_path / ".wanted" / "a.wav.json").write_text("{")
    assert rounds(tmp_path, shelf, Clock()) == (1, 0, 0)


def test_what_a_caller_says_on_the_telephone_ends_as_a_file_under_the_name_on_his_line(
    tmp_path: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the call, through the provider's own word that it is ready, to the worker's command."""
    folder = furnish(tmp_path, CallerPolicy(area_code="0571", dialogue="full"))
    running = site(folder)
    from config.prompts.catalogue import wordings

    text = wordings("zh-CN")
    answers = {text["offer"]: "1", text["matter"]: "2", text["ask-message"]: "1", text["leave-message"]: "12"}
    call = TwilioCall(through(running.app())).run(by_prompt(answers))
    assert [status for status, _ in call.ready()] == [204]
    running.keeper.close()
    for name, value in environment(folder, api_url=shelf.url).items():
        monkeypatch.setenv(name, value)
    assert main(["recordings"]) == 0
    assert capsys.readouterr().out == "1 fetched, 0 deleted at the provider, 0 failed\n"
    (file,) = (folder / "recordings").glob("*.wav")
    assert file.read_bytes() == WAV
    (spool,) = (folder / "spool").glob("*.jsonl")
    assert f'"recording":"{file.name}"' in spool.read_text()
