"""Tier 2's script as Asterisk starts it: what it says and writes, and that nothing makes it stay, shout or lie."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from agi_caller import AgiCaller, header

from callbacks.spool_line import decode
from ivr import book_file
from ivr.book_file import DialogueBook
from ivr.local_agi import STARTED
from ivr.policy import CallerPolicy
from ivr.values import CallFacts

pytestmark = pytest.mark.slow

SCRIPT = Path(sys.executable).parent / "holdfast-local-agi"
CALL = CallFacts(
    "1795304898.7",
    "power",
    "zh-CN",
    "fault",
    caller_id="13912345678",
    own="13912345678",
    key="1",
    reference="123456",
)
OPENING = header(CALL, 2).encode()
POLICY = CallerPolicy(area_code="0571", dialogue="short")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "spool").mkdir()
    path = tmp_path / "ivr" / "dialogue.json"
    folders = (tmp_path / "spool", tmp_path / "recordings", Path("/prompts"))
    book_file.write(path, DialogueBook(POLICY, (), "pbx1", *folders, datetime.now(UTC)))
    return path


class Script:
    """The script, running; Asterisk's part is played by the test."""

    def __init__(self, book: Path) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([SCRIPT, book], stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
        assert self.process.stdin
        assert self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self._buffer = b""

    def say(self, text: bytes) -> None:
        self.stdin.write(text)

    def hear(self) -> bytes:
        """The next line; b"" when it has ended."""
        while b"\n" not in self._buffer:
            if not (data := self.stdout.read(4096)):
                return b""
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line + b"\n"

    def play(self, caller: AgiCaller, most: int = 1000) -> int:
        """Until it ends, or so many commands were answered; how many were."""
        answered = 0
        while answered < most and (line := self.hear()):
            answer = caller.reply(line.decode().rstrip("\n"))
            if not answer:
                return answered
            self.say(answer.encode())
            answered += 1
        return answered

    def end(self) -> tuple[int, bytes]:
        """Its exit status and what it put on stderr."""
        self.stdin.close()
        self.process.wait(10)
        assert self.process.stderr
        said = self.process.stderr.read()
        for pipe in (self.stdout, self.process.stderr):
            pipe.close()
        return self.process.returncode, said


@pytest.fixture
def script(book: Path) -> Iterator[Script]:
    running = Script(book)
    yield running
    if running.process.poll() is None:
        running.process.kill()
    if not running.stdin.closed:
        running.end()


def caller(*keys: str) -> AgiCaller:
    left = list(keys)
    return AgiCaller(CALL, lambda heard: left.pop(0) if left else "")


def lines(book: Path) -> list[bytes]:
    return [line for file in book.parents[1].glob("spool/*") for line in file.read_bytes().splitlines()]


def test_a_whole_call_leaves_its_line_and_says_done_last(script: Script, book: Path) -> None:
    script.say(OPENING)
    heard = caller("2")
    script.play(heard)
    assert script.end() == (0, b"")
    (line,) = lines(book)
    capture = decode(line)
    assert (capture.key, capture.tier, capture.number, capture.matter) == (
        "pbx1:1795304898.7",
        2,
        CALL.own,
        "bill",
    )
    assert (capture.promised, capture.reference) == (True, "123456")
    assert heard.variables["HF_DONE"] == "1"
    assert "HF_DONE=1" in heard.commands[-1]


def test_its_first_command_says_that_it_no_longer_starts(script: Script) -> None:
    script.say(OPENING)
    assert script.hear() == STARTED
    assert STARTED == b'SET VARIABLE "GROUP(holdfast-tier2)" "local"\n'


@pytest.mark.parametrize("step", [0, 1, 2, 5])
@pytest.mark.parametrize("way", ["end", "hangup line", "signal"])
def test_a_hang_up_at_any_step_ends_it_at_once_and_quietly(script: Script, step: int, way: str) -> None:
    script.say(OPENING)
    assert script.play(caller("2"), step) == step
    if step:
        script.hear()
    began = time.monotonic()
    if way == "hangup line":
        script.say(b"HANGUP\n")
    if way == "signal":
        script.process.send_signal(signal.SIGHUP)
    status, said = script.end()
    assert said == b""
    assert status == 0 or (way == "signal" and step == 0 and status == -signal.SIGHUP)
    assert time.monotonic() - began < 5  # a guard: it would wait for an answer that never comes


def test_who_no_longer_listens_makes_no_noise(script: Script) -> None:
    script.stdout.close()
    script.say(OPENING)
    script.process.wait(10)
    assert script.process.stderr
    assert script.process.stderr.read() == b""
    assert script.process.returncode == 0


@pytest.mark.parametrize(
    "answer",
    [
        b"520-Invalid command syntax.  Proper usage follows:\nSets a variable\n",
        b"520-Invalid\n" * 10_000,
        b"x" * 100_000,
        b"100 Trying...\n" * 10_000,
        b"",
    ],
)
def test_an_answer_that_never_ends_does_not_keep_it(script: Script, answer: bytes) -> None:
    script.say(OPENING)
    script.hear()
    with suppress(BrokenPipeError):
        script.say(answer)
    status, said = script.end()
    assert status in (0, 1)
    assert said == b""


@pytest.mark.parametrize(
    "answer",
    [b"200 result=-1\n", b"510 Invalid or unknown command\n", b"520-Usage\nis\n520 End\n", b"nonsense\n"],
)
def test_a_step_that_fails_leaves_the_call_to_tier_3(script: Script, answer: bytes) -> None:
    script.say(OPENING)
    heard = caller()
    script.play(heard, 1)
    while not (line := script.hear()).startswith(b"GOSUB"):
        script.say(heard.reply(line.decode().rstrip("\n")).encode())
    script.say(answer)
    assert script.hear().startswith(b'VERBOSE "holdfast: call left to tier 3: StepFailed')
    script.say(b"200 result=1\n")
    assert script.hear() == b""
    assert script.end()[0] == 1
    assert "HF_DONE" not in heard.variables


@pytest.mark.parametrize("header", [b"", b"\n", b"agi_uniqueid\n\n", b"\xff\xfe\n\n", b"agi_x: y\n" * 20_000])
def test_whoever_is_no_asterisk_gets_nothing(script: Script, header: bytes) -> None:
    with suppress(BrokenPipeError):
        script.say(header)
    assert script.end() == (0, b"")


@pytest.mark.parametrize("fault", ["no folder", "no right", "full"])
def test_what_is_not_durable_is_never_promised(script: Script, book: Path, fault: str) -> None:
    spool = book.parents[1] / "spool"
    spool.rmdir()
    if fault == "no right":
        spool.write_text("a file, where the folder should be")
    if fault == "full":
        spool.symlink_to("/dev/full")
    script.say(OPENING)
    heard = caller("2")
    script.play(heard)
    assert script.end() == (0, b"")
    assert not {"promise", "promise-soon", "promise-open"} & set(heard.prompts)
    assert "HF_SPOOLED" not in heard.variables
    assert "HF_DONE" not in heard.variables
    assert heard.variables["HF_MATTER"] == "bill"
    assert any("cannot write to" in line for line in heard.commands)


@pytest.mark.parametrize("content", [None, "{", '{"v": 9}'])
def test_without_its_book_it_hands_on_and_says_why(book: Path, content: str | None) -> None:
    book.unlink()
    if content is not None:
        book.write_text(content)
    script = Script(book)
    script.say(OPENING)
    assert b"call left to tier 3: BadBook: " in (line := script.hear())
    assert b"start the bridge once" in line
    script.say(b"200 result=1\n")
    assert script.end() == (1, b"")


def test_it_wants_the_book_named() -> None:
    done = subprocess.run([SCRIPT], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert b"usage: holdfast-local-agi DIALOGUE.JSON" in done.stderr
    assert done.stdout == b""


def test_keys_of_callers_go_nowhere_but_into_their_line(script: Script, book: Path) -> None:
    call = CALL.__class__("1.1", "power", "zh-CN", "fault")
    keys: Sequence[str] = ["2", "13800000000", "1", "2"]
    left = list(keys)
    script.say(header(call, 2).encode())
    script.play(AgiCaller(call, lambda heard: left.pop(0) if left else ""))
    assert script.end() == (0, b"")
    assert [decode(line).number for line in lines(book)] == ["13800000000"]


def test_calls_at_the_same_time_leave_a_file_each(book: Path) -> None:
    for batch in range(2):
        running = [Script(book) for _ in range(4)]
        for number, one in enumerate(running):
            call = CALL.__class__(f"{batch}.{number}", "power", "zh-CN", "fault", own="13912345678", key="1")
            one.say(header(call, 2).encode())
        for one in running:
            one.play(caller("1"))
            assert one.end()[0] == 0
    assert len({decode(line).key for line in lines(book)}) == 8


def test_it_loads_nothing_that_its_start_cannot_afford() -> None:
    program = "import sys, ivr.local_agi; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {
        "pydantic",
        "yaml",
        "structlog",
        "asyncio",
        "sqlalchemy",
        "panoramisk",
        "requests",
        "http.client",
    }
    assert not heavy & set(loaded.stdout.split())


def test_its_stdout_is_for_asterisk_alone(book: Path, tmp_path: Path) -> None:
    """Whatever a library prints lands on stderr."""
    (tmp_path / "noise").mkdir()
    (tmp_path / "noise" / "sitecustomize.py").write_text(
        "import atexit\natexit.register(print, 'HANGUP me')\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "noise")}
    done = subprocess.run(
        [SCRIPT, book], input=OPENING, capture_output=True, check=False, env=environment, timeout=20
    )
    assert done.stdout == STARTED
    assert done.stderr == b"HANGUP me\n"
