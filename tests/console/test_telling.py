"""How commands tell things: the site's clocks whatever the machine's are, one rule for the language, and nothing cut."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import console_story as story
import pytest
from rich.console import Console
from typer.testing import CliRunner

from callbacks.values import Outcome
from config.policy import DEFAULT_POLICY, load_policy
from console.cli import app
from console.commands import shared, telling
from console.commands.telling import language_of, local
from store import Store

pytest_plugins = ["console_fixtures"]
READ_ONCE = cache(load_policy)
SHANGHAI = ZoneInfo("Asia/Shanghai")
MOMENT = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
LEFT = {"reference": "123456", "region": "xihu", "recording": "1.1.wav"}


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A site in Shanghai on a machine whose clocks show New York's time."""
    for name, value in (
        ("HOLDFAST_DATA_DIR", str(tmp_path)),
        ("HOLDFAST_DATABASE_URL", url),
        ("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY)),
        ("HOLDFAST_AMI_SECRET", "secret"),
        ("TZ", "America/New_York"),
    ):
        monkeypatch.setenv(name, value)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(shared, "load_policy", READ_ONCE)
    telling.site_zone.cache_clear()
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
    telling.site_zone.cache_clear()


def run(*words: str) -> str:
    said: Any = CliRunner().invoke(app, list(words))
    assert said.exit_code == 0, said.output
    return str(said.stdout)


def there(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M:%S} +08"


def test_times_are_those_of_the_site_and_say_how_far_from_utc_they_are() -> None:
    assert local(MOMENT) == "11-23 04:30:00 +08"
    assert local(None) == "–"


@pytest.mark.parametrize(
    ("zone", "says"),
    [("Asia/Kolkata", "+05:30"), ("America/New_York", "-05"), ("UTC", "+00"), ("Asia/Shanghai", "+08")],
)
def test_the_distance_from_utc_is_short(zone: str, says: str) -> None:
    assert telling.distance(MOMENT.astimezone(ZoneInfo(zone))) == says


def test_without_a_policy_that_can_be_read_the_machines_clocks_are_shown_and_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wrong.yaml").write_text("scopes: 7\n")
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(tmp_path / "wrong.yaml"))
    monkeypatch.setattr(shared, "load_policy", load_policy)
    assert local(MOMENT) == "11-22 15:30:00 -05"


def test_every_command_about_one_promise_shows_the_same_clocks(store: Store) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    story.leave_numbers(store, now)
    story.call_back(store, now, (Outcome.BUSY,))
    promise = store.promise(1)
    assert promise is not None
    (attempt,) = store.attempts_of(1)
    assert there(promise.due_at) in run("callbacks", "list")
    assert there(attempt.started_at) in run("callbacks", "show", "1")
    assert f"{attempt.started_at.astimezone(SHANGHAI):%m-%d %H:%M}" in run("callbacks", "explain", "1")
    assert "Asia/Shanghai, UTC+08" in run("callbacks", "explain", "1")


def test_the_callers_wish_is_shown_as_other_times_are(store: Store) -> None:
    now = datetime.now(UTC)
    story.leave_numbers(store, now)
    wish = datetime.combine(now.astimezone(SHANGHAI).date(), MOMENT.time(), SHANGHAI) + timedelta(days=2)
    store.reschedule(1, wish.astimezone(UTC), now, "first", "after work")
    shown = run("callbacks", "show", "1")
    assert f"first: the caller's wish {there(wish)} after work" in shown
    assert wish.astimezone(UTC).isoformat(timespec="minutes") not in shown


def test_what_is_piped_has_every_promise_whole_in_a_line_of_its_own(store: Store) -> None:
    now = datetime.now(UTC)
    calls = [story.capture(f"{n}.1", now, f"1390000120{n}", **LEFT) for n in range(3)]
    store.import_captures(calls, "spool/test", 1, now)
    lines = run("callbacks", "list").splitlines()
    assert len(lines) == 1 + 3
    for line in lines[1:]:
        assert re.match(r"\d+ +139\*{4}120\d power +fault +due", line), line
        assert "123456 · xihu · message" in line


@pytest.mark.parametrize("columns", [40, 80, 100])
def test_no_word_is_cut_on_a_narrow_terminal(
    store: Store, columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    store.import_captures([story.capture("1.1", now, "13900001201", **LEFT)], "spool/test", 1, now)
    store.assign([1], "PJSIP/agent-with-a-name", now, "leader")
    store.pause([1], now, "leader", "")
    monkeypatch.setattr(telling, "out", Console(width=columns, force_terminal=True, color_system=None))
    said = run("callbacks", "list")
    for word in ("139****1201", "power", "fault", "123456", "xihu", "message", "open"):
        assert re.search(rf"(^|\s){re.escape(word)}(\s|$)", said, re.M), word
    assert "…" not in said
    if columns >= 100:
        assert max(map(len, said.splitlines())) <= columns


@pytest.mark.parametrize(
    ("asked", "locale", "spoken"),
    [
        ("", {}, "en"),
        ("", {"LANG": "C.UTF-8"}, "en"),
        ("", {"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ("", {"LC_ALL": "en_GB.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ("", {"LC_ALL": "", "LC_MESSAGES": "zh_SG", "LANG": "en_US"}, "zh-CN"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        ("zh-CN", {"LANG": "C"}, "zh-CN"),
    ],
)
def test_the_language_is_what_was_asked_for_else_the_locales_else_english(
    asked: str, locale: dict[str, str], spoken: str
) -> None:
    assert language_of(asked, locale) == spoken


@pytest.mark.parametrize(
    ("words", "english", "chinese"),
    [
        (("callbacks", "explain", "1"), "Its place is", "排队位置"),
        (("measures", "--from", "2026-01-01"), "Service level", "服务水平"),
        (("policy", "explain", "--lost", "power-agents"), "Taken as lost", "假设失效"),
    ],
)
def test_commands_that_know_two_languages_follow_the_same_rule(
    store: Store, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], english: str, chinese: str
) -> None:
    story.leave_numbers(store, datetime.now(UTC))
    said = run(*words)
    assert (english in said, chinese in said) == (True, False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert chinese in run(*words)


def test_files_are_in_the_sites_first_language_for_they_are_made_for_others(tmp_path: Path) -> None:
    run("measures", "--csv", str(tmp_path / "m.csv"))
    assert "服务水平" in (tmp_path / "m.csv").read_text(encoding="utf-8-sig")
