"""One person's data is told whole, and deleted everywhere, and stays deleted."""

import json
import wave
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner, Result

from alerts.journal import decode as journal_entry
from alerts.journal import encode as journal_line
from callbacks import spool_line, tier3
from callbacks.forgotten import KEY_FILE
from callbacks.person import PersonNumber
from callbacks.spool import Spool
from callbacks.values import (
    Asks,
    Attempt,
    Capture,
    Matter,
    MatterOutcome,
    NumberSource,
    Outcome,
    PromiseState,
    Settled,
)
from config.policy import DEFAULT_POLICY
from console.cli import app
from console.keeping import person as people
from console.keeping.files import masked
from store import Store
from store.record_tables import message
from store.tables import attempt

NUMBER, OTHER = "13912341234", "13798765432"
SPACED = "139 1234-1234"
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
Run = Callable[..., Result]
WHO = ("--why", f"he wrote from {NUMBER}", "--who", "leader")


def call(key: str, number: str = NUMBER, **values: Any) -> Capture:
    usual: dict[str, Any] = {
        "at": AT,
        "scope": "power",
        "caller_id": number,
        "number": number,
        "source": NumberSource.OWN,
        "matter": Matter.BILL,
        "language": "en",
        "tier": 1,
        "wanted": True,
        "promised": True,
    }
    return Capture(key, **(usual | values))


def tier3_line(number: str = NUMBER, unique: str = "1763762400.9") -> bytes:
    body = f"hf2|{unique}|{AT.timestamp():.0f}|power|{number}|{number}|own|bill|en|1|1||||||3"
    return f"{body}|{md5(body.encode(), usedforsecurity=False).hexdigest()}".encode()


CALLS = (
    call(
        "pbx1:1.1", name="Wang Xiaoming", address="Long Road 5", remarks=f"or {SPACED}", recording="1.1.wav"
    ),
    call("pbx1:1.2", OTHER, caller_id=f"+86{NUMBER}", source=NumberSource.KEYED),
    call("pbx1:1.3/2", asks=Asks.NOTICE),
    call("pbx1:1.4", OTHER),
)


class Place:
    """A site in a folder, with traces of a person in all kinds of places."""

    def __init__(self, folder: Path, run: Run, store: Store) -> None:
        self.folder, self.run, self.store = folder, run, store

    def fill(self) -> None:
        for name in ("spool", "tier3", "recordings", "remote/pbx2/spool", "spool/damaged", "alerts"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        with Spool(self.folder / "spool") as spool:
            for one in CALLS:
                spool.submit(one).result()
        (self.folder / "tier3" / f"{AT:%Y%m%d-%H%M}.txt").write_bytes(tier3_line() + b"\n")
        other = spool_line.encode(replace(CALLS[0], key="pbx2:9.9", recording="", at=AT))
        (self.folder / "remote/pbx2/spool" / f"{AT:%Y%m%dT%H}-1-0.jsonl").write_bytes(other)
        (self.folder / "spool/damaged/x@0").write_bytes(f'# torn\n{{"number":"{NUMBER}'.encode() + b"\xff\n")
        told = {"key": "pbx1:1.3/2", "scope": "power", "number": NUMBER, "state": "sent"}
        (self.folder / "notices.jsonl").write_text(json.dumps(told) + "\n")
        entry = {"e": "rung", "at": AT.isoformat(), "incident": "duty", "words": f"call {NUMBER} 王"}
        (self.folder / "alerts/journal.jsonl").write_bytes(journal_line(entry))
        with wave.open(str(self.folder / "recordings/1.1.wav"), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(bytes(32_000))
        assert self.run("spool", "import").exit_code == 0
        self._work_on()

    def _work_on(self) -> None:
        promise = next(one for one in self.store.open_promises() if one.number == NUMBER)
        row = {
            "key": "1-1-1763762400000",
            "promise_id": promise.id,
            "scope": "power",
            "number": NUMBER,
            "trunk": "a",
        }
        words = {"agent": "a", "started_at": AT, "note": "asks for his son", "outcome": Outcome.BUSY}
        with self.store._database.write() as connection:
            connection.execute(insert(attempt).values(**row, **words))
            texts = dict.fromkeys(("language", "reference", "detail", "provider_id"), "")
            times = dict.fromkeys(("due_at", "at", "first_at"), AT)
            named = {
                "key": "m1",
                "incident": "duty",
                "rung": "fault",
                "role": "duty",
                "person": "Li",
                "way": "note",
            }
            connection.execute(
                insert(message).values(
                    **named, **texts, **times, words=f"fault, call +86 {SPACED}", drill=False, fate="sent"
                )
            )
        self.store.settle_matter(
            MatterOutcome("pbx1:1.1", Settled.ORDERED, "a", AT, "the green house", "order-7")
        )
        self.store.add_intent("outcome", {"note": f"ring {NUMBER}", "list": [NUMBER, int(NUMBER)]}, "a", AT)

    def holds(self, *texts: str) -> list[str]:
        """Files below the folder in which one of these stands, in whatever form bytes have it."""
        found = []
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path.suffix != ".wav":
                data = path.read_bytes()
                found += [
                    path.name
                    for text in texts
                    if text.encode() in data or text.encode("unicode_escape") in data
                ]
        return found


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in {
        "DATA_DIR": tmp_path / "data",
        "POLICY_FILE": DEFAULT_POLICY,
        "AMI_SECRET": "x",
    }.items():
        monkeypatch.setenv(f"HOLDFAST_{name}", str(value))
    (tmp_path / "data").mkdir()

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, [str(one) for one in arguments])

    assert run("db", "migrate").exit_code == 0
    with Store(f"sqlite:///{tmp_path / 'data' / 'holdfast.db'}") as store:
        place = Place(tmp_path / "data", run, store)
        place.fill()
        yield place


def test_everything_that_is_known_of_a_person_is_told(place: Place, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = place.run("person", "export", f"+86 {SPACED}", "--out", out)
    assert done.exit_code == 0, done.output
    assert NUMBER not in done.output
    facts = json.loads((out / "data.json").read_text())
    assert {name: len(rows) for name, rows in facts["store"].items()} == {
        "promise": 1,
        "capture": 5,
        "attempt": 1,
        "matter_outcome": 1,
        "notice": 1,
        "message": 1,
        "intent": 1,
        "touch": len(facts["store"]["touch"]),
    }
    assert len(facts["files"]) == 8
    text = (out / "data.txt").read_text()
    assert not [one for one in ("Wang Xiaoming", "the green house", "asks for his son") if one not in text]
    assert OTHER not in {row["number"] for row in facts["store"]["promise"]}
    assert (out / "1.1.wav").is_file()
    assert (out.stat().st_mode & 0o777, (out / "data.json").stat().st_mode & 0o777) == (0o700, 0o600)
    assert place.run("person", "export", NUMBER, "--out", out).exit_code == 2


def test_an_open_promise_must_be_closed_first(place: Place) -> None:
    refused = place.run("person", "delete", NUMBER, *WHO)
    assert refused.exit_code == 2
    assert "--with-open" in refused.stderr
    assert NUMBER not in refused.output
    assert len(place.store.open_promises()) == 2, "and nothing was changed"


def test_a_deleted_person_is_nowhere_any_more_and_counts_stay(place: Place) -> None:
    before = {name: len(rows) for name, rows in everything(place.store).items()}
    traces = ("Wang Xiaoming", "Long Road 5", "the green house", "asks for his son", "order-7")
    assert {"notices.jsonl", "journal.jsonl", "x@0"} <= set(place.holds(NUMBER))
    done = place.run("person", "delete", NUMBER, *WHO, "--with-open")
    assert done.exit_code == 0, done.output
    assert NUMBER not in done.output
    assert place.holds(NUMBER, SPACED, *traces) == [], "not in the database's own bytes either"
    assert not (place.folder / "recordings/1.1.wav").exists()
    after = everything(place.store)
    assert {
        name: len(rows)
        for name, rows in after.items()
        if name not in ("change", "touch", "intent", "forgotten")
    } == {
        name: count
        for name, count in before.items()
        if name not in ("change", "touch", "intent", "forgotten")
    }
    [row] = place.store.changes(kind="person")
    assert (row.who, row.new, row.reason) == ("leader", "deleted", "he wrote from ***********")
    states = [one.state for one in place.store.promises(9, *PromiseState)]
    assert sorted(states) == ["cancelled", "open"]
    assert place.store.open_promises()[0].number == OTHER, "others are left alone"
    assert place.store.capture("pbx1:1.2").caller_id == ""  # type: ignore[union-attr]  # it is there


def test_files_can_be_read_as_before_and_bring_nobody_back(place: Place, tmp_path: Path) -> None:
    files = [path for path in place.folder.rglob("*") if path.parent.name in ("spool", "tier3")]
    kept = {path: path.read_bytes() for path in files if path.is_file()}
    place.run("person", "delete", NUMBER, *WHO, "--with-open")
    assert {path: path.stat().st_size for path in kept} == {path: len(data) for path, data in kept.items()}
    assert "0 damaged" in place.run("spool", "check").stdout
    entry = journal_entry((place.folder / "alerts/journal.jsonl").read_bytes().rstrip(b"\n"))
    assert entry is not None
    assert entry["words"] == "call *********** 王"
    again = place.run("spool", "import", "--again")
    assert "0 new" in again.stdout
    for path, data in kept.items():  # the same files as they were, from a copy of the disk
        path.write_bytes(data)
    assert "0 new" in place.run("spool", "import", "--again").stdout
    assert [one.number for one in place.store.open_promises()] == [OTHER]
    assert [one for one in place.store.numbers() if one.endswith(NUMBER)] == []


def test_lines_that_the_book_never_had_come_in_as_nobodys(place: Place, tmp_path: Path) -> None:
    place.run("person", "delete", NUMBER, *WHO, "--with-open")
    old = tmp_path / "old" / "spool"
    old.mkdir(parents=True)
    with Spool(old) as spool:
        spool.submit(call("pbx1:7.7", caller_id="")).result()
        spool.submit(call("pbx1:7.8", at=datetime.now(UTC) + timedelta(seconds=5))).result()
    assert "2 new" in place.run("spool", "import", tmp_path / "old").stdout
    known = {key: place.store.capture(key) for key in ("pbx1:7.7", "pbx1:7.8")}
    assert known["pbx1:7.7"].number == ""  # type: ignore[union-attr]  # it is there
    assert known["pbx1:7.8"].number == NUMBER, "who calls again is an ordinary caller"  # type: ignore[union-attr]  # the same


def test_without_the_key_callers_come_in_and_it_is_not_hushed_up(place: Place) -> None:
    place.run("person", "delete", NUMBER, *WHO, "--with-open")
    (place.folder / KEY_FILE).unlink()
    with Spool(place.folder / "spool") as spool:
        spool.submit(call("pbx1:8.8", "13600000001")).result()
    assert "1 new" in place.run("spool", "import").stdout


def test_a_copy_that_is_put_back_brings_nobody_back(place: Place) -> None:
    place.run("db", "backup")
    place.run("person", "delete", NUMBER, *WHO, "--with-open")
    place.store.close()
    [copy] = (place.folder / "backups").glob("*.db")
    done = place.run("db", "restore", copy)
    assert done.exit_code == 0, done.output
    assert "deleted again" in done.stdout
    with Store(f"sqlite:///{place.folder / 'holdfast.db'}") as store:
        assert [one for one in store.numbers() if one.endswith(NUMBER)] == []


def test_a_form_of_a_deleted_person_is_not_imported(place: Place) -> None:
    place.run("person", "delete", NUMBER, *WHO, "--with-open")
    local = (AT - timedelta(days=1)).strftime("%Y-%m-%d")
    file = place.folder / "form.csv"
    file.write_text(f"date,time,number\n{local},09:30,{OTHER}\n{local},09:31,{NUMBER}\n")
    said = json.loads(place.run("form", "import", file, "--who", "x", "--json", "--dry-run").stdout)
    assert [one["fate"] for one in said["rows"]] == ["joins", "forgotten"]


def test_nobody_is_deleted_by_half_a_number_or_without_a_reason(place: Place) -> None:
    assert place.run("person", "delete", "139", *WHO).exit_code == 2
    assert place.run("person", "delete", NUMBER, "--why", " ", "--who", "x").exit_code == 2
    assert place.run("person", "export", "13600000009").exit_code == 2


def everything(store: Store) -> dict[str, list[Any]]:
    from sqlalchemy import select

    from store.tables import metadata

    with store._database.read() as connection:
        return {table.name: list(connection.execute(select(table))) for table in metadata.sorted_tables}


# -- a number wherever it stands


@pytest.mark.parametrize(
    "text",
    [NUMBER, f"+86{NUMBER}", f"0086 {NUMBER}", SPACED, f"call ({NUMBER})", f'"{NUMBER}"', "139.1234.1234"],
)
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    number = PersonNumber(NUMBER, "86", "0571")
    assert number.is_in(text)
    hidden = number.without(text)
    assert len(hidden) == len(text)
    assert not any(sign in "12349" for sign in hidden.replace("86", "").replace("00", ""))


@pytest.mark.parametrize("text", [f"1{NUMBER}", f"{NUMBER}5", "13912341235", "2026-11-21 13:09:12"])
def test_another_number_is_left_alone(text: str) -> None:
    assert not PersonNumber(NUMBER, "86").is_in(text)


def test_a_fixed_line_is_found_with_and_without_its_area_code() -> None:
    number = PersonNumber("057188880000", "86", "0571")
    assert [
        number.is_in(text) for text in ("0571-8888 0000", "88880000", "+86 571 88880000", "57188880000")
    ] == [True] * 4


def test_a_line_stays_as_long_as_it_was_and_whole() -> None:
    number = PersonNumber(NUMBER, "86")
    entry = journal_line({"e": "rung", "at": "x", "incident": "i", "w": NUMBER})
    for line in (spool_line.encode(CALLS[0])[:-1], tier3_line(), entry[:-1]):
        hidden = masked(line, number)
        assert len(hidden) == len(line)
        assert NUMBER.encode() not in hidden
    assert tier3.parse(masked(tier3_line(), number), "pbx1").number == ""
    assert spool_line.decode(masked(spool_line.encode(CALLS[0])[:-1], number)).name == ""


def test_who_is_being_called_must_be_spoken_with_first(place: Place) -> None:
    [one] = [row for row in place.store.open_promises() if row.number == NUMBER]
    assert place.store.claim(one.id, AT, "bridge", 60.0) is not None
    place.store.start_attempt(Attempt("9-1-1", one.id, "power", NUMBER, "a", AT), "bridge")
    before = everything(place.store)
    refused = place.run("person", "delete", NUMBER, *WHO, "--with-open")
    assert refused.exit_code == 2
    assert f"promise #{one.id} is being called at this moment" in refused.stderr
    assert everything(place.store) == before
    assert (place.folder / "recordings/1.1.wav").exists()


def test_a_call_that_begins_while_his_files_are_looked_for_stops_the_deletion(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    [one] = [row for row in place.store.open_promises() if row.number == NUMBER]
    assert place.store.claim(one.id, AT, "bridge", 60.0) is not None
    looked = people.gather

    def and_called(*of: Any) -> Any:
        found = looked(*of)
        if place.store.promise(one.id).state is PromiseState.CLAIMED:  # type: ignore[union-attr]  # it is there
            place.store.start_attempt(Attempt("9-1-1", one.id, "power", NUMBER, "a", AT), "bridge")
        return found

    monkeypatch.setattr(people, "gather", and_called)
    refused = place.run("person", "delete", NUMBER, *WHO, "--with-open")
    assert refused.exit_code == 2
    assert "is being called at this moment" in refused.stderr
    assert place.store.promise(one.id).number == NUMBER  # type: ignore[union-attr]  # the same
    assert (place.folder / "recordings/1.1.wav").exists()
    assert place.store.forgotten() == {}
