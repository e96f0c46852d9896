"""``holdfast callbacks``: what is held can be let, what had no effect is listed, recordings are listed and deleted."""

import re
import wave
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from callbacks.policy import LimitPolicy
from callbacks.values import Asks, Capture, NumberSource
from config.policy import DEFAULT_POLICY, load_policy
from console.cli import app
from console.commands import recordings, shared
from store import Store, migrate

Build = Callable[..., Capture]
READ_ONCE = cache(load_policy)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Store]:
    """The one that the settings of these tests name."""
    url = f"sqlite:///{tmp_path / 'book.db'}"
    migrate(url)
    with Store(url) as store:
        yield store


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, book: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", f"sqlite:///{tmp_path / 'book.db'}")
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY))
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", "secret")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(shared, "load_policy", READ_ONCE)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["callbacks", *arguments])


def test_what_is_held_is_called_after_somebody_let_it(book: Store, capture: Build) -> None:
    keyed = [capture(f"pbx1:1.{n}", number=f"1380000000{n}", source=NumberSource.KEYED) for n in range(2)]
    book.import_captures(keyed, "test", 0, keyed[0].at, limits=LimitPolicy(per_day=1))
    (held,) = book.for_leader()
    (row,) = run("list", "--leader").output.splitlines()[1:]
    assert "held: too many keyed numbers in a day" in row
    assert re.search(r" held  +held:", row), "no date years away"
    assert "in its turn" in run("let", str(held.id)).output
    assert "was not held" in run("let", str(held.id)).output
    assert run("let", "99").exit_code == 2
    assert book.for_leader() == []


def test_a_request_with_a_wrong_reference_is_listed_with_a_masked_number(book: Store, capture: Build) -> None:
    assert "Every request had its effect." in run("requests").output
    asked = capture("pbx1:1.1/2", asks=Asks.CANCEL, about="111111")
    book.import_captures([asked], "test", 0, asked.at)
    said = run("requests").output
    assert "cancelled by the caller, about reference 111111" in said
    assert "13912341234" not in said
    assert "13912341234" in run("requests", "--full").output


def test_a_recording_is_listed_with_its_length_and_can_be_deleted(
    book: Store, capture: Build, tmp_path: Path
) -> None:
    assert recordings.shelf_of(book)
    one = capture("pbx1:1.1", recording="1.1.wav")
    book.import_captures([one], "test", 0, one.at)
    assert "the file is not there" in run("recordings", "list").output
    path = tmp_path / "recordings" / "1.1.wav"
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(48_000))
    assert " 3 " in run("recordings", "list").output
    assert "is deleted" in run("recordings", "delete", "pbx1:1.1").output
    assert not path.exists()
    assert run("recordings", "delete", "pbx1:1.1").exit_code == 2
    assert "Every recording has its call." in run("recordings", "list", "--orphans").output
