"""No list, page or log line of the whole program shows a whole telephone number, unless somebody asked for one.

Everything that can be listed is listed; what is new is tried by itself, because commands and pages are taken from the program.
"""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from console_story import KNOWN, PASSWORD
from console_visitor import Visitor
from sqlalchemy import insert, update
from typer.main import get_command
from typer.testing import CliRunner

from callbacks.logs import set_up
from callbacks.policy import LimitPolicy
from callbacks.values import Asks, Capture, Matter, NumberSource, Outcome
from config.policy import DEFAULT_POLICY
from console.cli import app
from console.web import Site, create_app
from store import Store
from store.tables import attempt, promise

pytest_plugins = ["console_fixtures"]
NOW = datetime.now(UTC).replace(microsecond=0)
NUMBERS = tuple(f"1391234{n:04}" for n in range(4000, 4012))

# What shows a number whole on purpose, and why.
ONE = "one promise, for whoever works with it"
WHOLE = {"callbacks.show": ONE, "work.show": ONE, "api_work.show": ONE, "recordings.recording": "sound"}


def call(number: str, key: str, **values: Any) -> Capture:
    usual: dict[str, Any] = {
        "at": NOW - timedelta(hours=30),
        "scope": "power",
        "caller_id": number,
        "number": number,
        "source": NumberSource.OWN,
        "matter": Matter.BILL,
        "language": "en",
        "tier": 1,
        "wanted": True,
        "promised": True,
        "reference": "123456",
    }
    return Capture(key, **(usual | values))


@pytest.fixture
def full(store: Store) -> Store:
    """A store with a number in every place that has one."""
    store.import_captures(
        [
            call(NUMBERS[0], "pbx1:1"),
            call(NUMBERS[1], "pbx1:2", matter=Matter.DANGER),
            call(NUMBERS[2], "pbx1:3", matter=Matter.FAULT),
            call(NUMBERS[3], "pbx1:4", wanted=False),
            call(NUMBERS[4], "pbx1:5/2", asks=Asks.NOTICE),
            call(NUMBERS[5], "pbx1:6/2", asks=Asks.CANCEL, about="999999", owner=NUMBERS[5]),
            call(NUMBERS[6], "pbx1:7", recording="7.wav", reference="654321", remarks=f"or {NUMBERS[10]}"),
            call(NUMBERS[6], "pbx1:9/2", asks=Asks.CHANGE, about="654321", owner=NUMBERS[6]),
            call("", "pbx1:8", caller_id=NUMBERS[7], source=NumberSource.NONE),
            *(
                call(NUMBERS[8], f"pbx1:k{n}", source=NumberSource.KEYED, caller_id=NUMBERS[9])
                for n in range(2)
            ),
        ],
        "test",
        0,
        NOW,
        limits=LimitPolicy(per_day=1, per_number_day=1),
    )
    with store._database.write() as connection:
        connection.execute(update(promise).values(first_by=NOW - timedelta(hours=1), attention=True))
        row = {
            "key": "1-1-1763762400000",
            "promise_id": 1,
            "scope": "power",
            "number": NUMBERS[0],
            "trunk": "a",
        }
        words = {
            "agent": "PJSIP/agent-1",
            "started_at": NOW,
            "note": f"ring {NUMBERS[0]}",
            "outcome": Outcome.BUSY,
        }
        connection.execute(insert(attempt).values(**row, **words, ended_at=NOW))
    return store


def whole(text: str) -> list[str]:
    return [number for number in NUMBERS if number in text]


def test_no_page_that_lists_shows_a_whole_number(full: Store) -> None:
    made = create_app(full, Site(password=PASSWORD, secret_key="k" * 32, known=KNOWN))
    visitor = Visitor(made.test_client())
    visitor.sign_in()
    shown: dict[str, list[str]] = {}
    tried = 0
    for rule in made.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.arguments or rule.endpoint in WHOLE:
            continue
        answer = visitor.client.get(rule.rule)
        tried += answer.status_code == 200
        if found := whole(answer.data.decode("latin-1")):
            shown[rule.rule] = found
    assert shown == {}
    assert tried > 15, "the pages are found"


def lists(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Commands that can be called with no argument at all."""
    if inner := getattr(group, "commands", None):
        for name, one in inner.items():
            yield from lists(one, (*words, name))
    elif not any(one.required for one in group.params):
        yield words


def test_no_command_that_lists_shows_a_whole_number(
    full: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"DATA_DIR": tmp_path, "POLICY_FILE": DEFAULT_POLICY, "AMI_SECRET": "x"}.items():
        monkeypatch.setenv(f"HOLDFAST_{name}", str(value))
    shown: dict[str, list[str]] = {}
    tried = []
    for words in lists(get_command(app)):
        if words[-1] not in (
            "list",
            "missed",
            "notices",
            "duty",
            "requests",
            "late",
            "status",
            "keep",
            "show",
            "log",
        ):
            continue
        for more in ((), ("--json",)):
            said = CliRunner().invoke(app, [*words, *more])
            tried += [" ".join(words)] if said.exit_code == 0 else []
            if found := whole(said.output):
                shown[" ".join((*words, *more))] = found
    assert shown == {}
    assert {"callbacks list", "callbacks missed", "callbacks notices", "callbacks duty", "status"} <= set(
        tried
    )


def test_numbers_are_shown_whole_to_whoever_asks(
    full: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the tests above would see one."""
    for name, value in {"DATA_DIR": tmp_path, "POLICY_FILE": DEFAULT_POLICY, "AMI_SECRET": "x"}.items():
        monkeypatch.setenv(f"HOLDFAST_{name}", str(value))
    assert whole(CliRunner().invoke(app, ["callbacks", "list", "--full", "--json"]).output)


@pytest.fixture
def as_before() -> Iterator[None]:
    """Whatever a test makes of the logs, the others have theirs."""
    before, handlers, level = structlog.get_config(), logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.configure(**before)


def test_no_line_of_a_log_has_a_whole_number_wherever_it_stood(
    as_before: None, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.root.handlers[:] = []
    set_up("info", fast=False)
    number = NUMBERS[0]
    ours = structlog.get_logger("test")
    ours.info(f"called {number}", number=number, count=int(number), of={"to": [number]}, pair=(number,))
    try:
        raise ValueError(f"Local/{number}@holdfast")
    except ValueError:
        ours.exception("broke")
        logging.getLogger("library").exception("could not ring %s", number)
    text = capsys.readouterr().err
    assert not whole(text)
    assert text.count("139****4000") == 8
    assert all(json.loads(line)["event"] for line in text.splitlines() if line.startswith("{"))
