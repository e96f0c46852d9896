"""A leader's view of callbacks: what a caller left and asked afterwards, what is held, and who was missed."""

import wave
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import console_story as story
import pytest
from console_visitor import Visitor
from flask.testing import FlaskClient

from callbacks.policy import LimitPolicy
from callbacks.values import Asks, Attempt, Matter, NoticeState, NumberSource, PromiseState
from console.web import Shelf, Site, create_app
from console.words import NOTICE_STATES, REASONS
from store import Store, counting, requests

pytestmark = pytest.mark.slow

pytest_plugins = ["console_fixtures"]
NUMBER = "13900001201"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where Asterisk records."""
    made = tmp_path / "recordings"
    made.mkdir()
    return made


@pytest.fixture
def client(store: Store, folder: Path) -> FlaskClient:
    """A page that knows where recordings are."""
    shelf = Shelf(folder, "pbx1", folder.parent / "remote")
    site = Site(password=story.PASSWORD, secret_key="k" * 32, known=story.KNOWN, shelf=shelf)
    client = create_app(store, site).test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def leader(client: FlaskClient) -> Visitor:
    visitor = Visitor(client)
    visitor.sign_in()
    return visitor


def bring(store: Store, now: datetime, *captures: object, limits: LimitPolicy | None = None) -> None:
    """Into the book, as the importer does."""
    store.import_captures(captures, "spool/test", 1, now, limits=limits)  # type: ignore[arg-type]  # short calls below


def recorded(path: Path, seconds: float = 2.0) -> bytes:
    """A message as Asterisk writes it."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\x01\x02" * int(8000 * seconds))
    return path.read_bytes()


def test_one_callback_shows_reference_region_and_what_was_asked_afterwards(
    leader: Visitor, store: Store, now: datetime
) -> None:
    at = now - timedelta(minutes=9)
    about = {"about": "123456", "owner": NUMBER, "asks": Asks.CHANGE, "source": NumberSource.KEYED}
    bring(
        store,
        now,
        story.capture("1.1", at, NUMBER, reference="123456", region="xihu"),
        story.capture("2.1/2", at + timedelta(minutes=2), "13900009999", caller_id=NUMBER, **about),
        story.capture(
            "3.1/2", at + timedelta(minutes=3), "", about="123456", caller_id="13711112222", asks=Asks.CANCEL
        ),
    )
    promise = next(one for one in store.open_promises() if one.number == "13900009999")
    page = leader.client.get(f"/callbacks/{promise.id}").text
    for part in (
        "13900009999",
        "reference 123456",
        "region xihu",
        "another number given by the caller",
        f"called from {NUMBER}",
    ):
        assert part in page, part
    # a stranger's cancel had no effect, and is shown as such beside the promise it was about
    assert page.index("cancelled by the caller") < page.index("without effect")
    listed = leader.client.get("/callbacks/").text
    assert "137****2222" in listed
    assert "13711112222" not in listed
    old = next(one for one in store.promises(9, PromiseState.MERGED))
    assert "gone on in another" in leader.client.get(f"/callbacks/{old.id}").text


def test_a_callback_that_its_caller_cancelled_and_wants_after_all(
    leader: Visitor, store: Store, now: datetime
) -> None:
    at = now - timedelta(minutes=9)
    asked = {"about": "123456", "owner": NUMBER}
    bring(
        store,
        now,
        story.capture("1.1", at, NUMBER, reference="123456"),
        story.capture("2.1/2", at + timedelta(minutes=1), NUMBER, asks=Asks.CANCEL, **asked),
    )
    assert "the caller cancelled it" in leader.client.get("/callbacks/1").text
    bring(store, now, story.capture("2.1/3", at + timedelta(minutes=2), NUMBER, asks=Asks.UNDO, **asked))
    page = leader.client.get("/callbacks/1").text
    assert "the caller wants it after all" in page
    assert store.open_promises()[0].id == 1


def test_what_is_above_a_limit_is_let_by_a_leader_once(leader: Visitor, store: Store, now: datetime) -> None:
    calls = [
        story.capture(
            f"{n}.1",
            now - timedelta(minutes=9 - n),
            f"1390000120{n}",
            caller_id=NUMBER,
            source=NumberSource.KEYED,
        )
        for n in (1, 2)
    ]
    bring(store, now, *calls, limits=LimitPolicy(per_caller_day=1))
    page = leader.client.get("/callbacks/").text
    assert "held: too many from one caller in a day" in page
    assert 'action="/callbacks/2/let"' in page
    assert 'action="/callbacks/1/let"' not in page
    assert store.promise(2).due_at > now + timedelta(days=300)  # type: ignore[union-attr]  # it was opened above
    answer = leader.post("/callbacks/2/let", "/callbacks/")
    assert answer.headers["Location"] == "/callbacks/"
    held = store.promise(2)
    assert held is not None
    assert held.due_at - now < timedelta(minutes=1)
    assert not held.attention
    assert "Promise 2 is called in its turn." in leader.client.get("/callbacks/").text
    assert leader.post("/callbacks/2/let", back="one").headers["Location"] == "/callbacks/2"
    page = leader.client.get("/callbacks/2").text
    assert "Promise 2 is not held." in page
    assert "shift leader: let it be called (held: too many from one caller in a day)" in page
    assert "let it be called (" not in leader.client.get("/").text, "it would push the outage off the board"


def test_looked_at_takes_it_off_the_list_and_changes_nothing_else(
    leader: Visitor, store: Store, now: datetime
) -> None:
    bring(store, now, story.capture("1.1", now, NUMBER))
    store.cancel(1, now, "nobody can say", attention=True)
    assert "nobody can say" in leader.client.get("/callbacks/").text
    assert 'action="/callbacks/1/let"' not in leader.client.get("/callbacks/").text, "closed ones are not let"
    leader.post("/callbacks/1/seen", "/callbacks/")
    assert store.for_leader() == []
    assert store.promise(1).state is PromiseState.CANCELLED  # type: ignore[union-attr]  # it was opened above


@pytest.mark.parametrize("path", ["/callbacks/77", "/callbacks/99999999999999999999", "/callbacks/x"])
def test_a_promise_that_is_not_there_is_told(leader: Visitor, path: str) -> None:
    answer = leader.client.get(path)
    assert answer.status_code == 404
    assert "no such page or promise" in answer.text


def test_notices_are_listed_with_their_states(leader: Visitor, store: Store, now: datetime) -> None:
    for n in (1, 2):
        bring(
            store,
            now,
            story.capture(f"{n}.1/2", now - timedelta(minutes=n), f"1390000120{n}", asks=Asks.NOTICE),
        )
    store.intend_notice("pbx1:1.1/2", "sms", now)
    page = leader.client.get("/callbacks/").text
    assert "on its way" in page
    assert "text message" in page
    assert "waits for the end of the outage" in page
    store.end_notice("pbx1:1.1/2", NoticeState.SENT, "", now)
    page = leader.client.get("/callbacks/").text
    assert "on its way" not in page
    assert f"<b>{NOTICE_STATES['sent']}</b>" in page, "what was told stays listed"


def test_who_may_not_be_told_because_of_a_limit_is_listed(
    leader: Visitor, store: Store, now: datetime
) -> None:
    for n in (1, 2):
        call = story.capture(f"{n}.1/2", now, f"1390000120{n}", caller_id="13711112222", asks=Asks.NOTICE)
        bring(store, now, call, limits=LimitPolicy(per_caller_day=1))
    page = leader.client.get("/callbacks/").text
    assert page.count("<b>only wants to hear when it is over</b> above a limit") == 1
    assert page.count("waits for the end of the outage") == 1


def test_missed_calls_are_listed_with_masked_numbers_unless_asked_for(
    leader: Visitor, store: Store, now: datetime
) -> None:
    left = {"wanted": False, "source": NumberSource.NONE}
    bring(
        store,
        now,
        story.capture("1.1", now, "", caller_id=NUMBER, matter=Matter.UNSTATED, **left),
        story.capture("2.1", now, "", caller_id="", source=NumberSource.NONE),
        story.capture("3.1", now, "13900001203"),
    )
    page = leader.client.get("/callbacks/missed").text
    assert "hung up early" in page
    assert "wanted to be called, but left no number" in page
    assert "withheld" in page
    assert "139****1201" in page
    assert NUMBER not in page
    assert "1203" not in page, "whoever is called back was not missed"
    assert NUMBER in leader.client.get("/callbacks/missed?full=1").text


def test_a_message_is_played_and_saved(leader: Visitor, store: Store, folder: Path, now: datetime) -> None:
    data = recorded(folder / "1.1.wav")
    bring(store, now, story.capture("1.1", now, NUMBER, recording="1.1.wav", reference="123456"))
    page = leader.client.get("/callbacks/1").text
    assert 'src="/recording?call=pbx1:1.1"' in page
    assert "save message (2 s)" in page
    played = leader.client.get("/recording?call=pbx1:1.1")
    assert (played.status_code, played.mimetype, played.data) == (200, "audio/wav", data)
    assert "no-store" in played.headers["Cache-Control"]
    assert "attachment" not in played.headers.get("Content-Disposition", "")
    saved = leader.client.get("/recording?call=pbx1:1.1&save=1")
    assert "123456.wav" in saved.headers["Content-Disposition"]
    assert saved.headers["Content-Disposition"].startswith("attachment")


def test_a_message_of_another_host_lies_with_that_hosts(
    leader: Visitor, store: Store, folder: Path, now: datetime
) -> None:
    remote = folder.parent / "remote" / "far" / "recordings"
    remote.mkdir(parents=True)
    data = recorded(remote / "1.1.wav", 1.0)
    recorded(folder / "1.1.wav", 3.0)
    bring(store, now, replace(story.capture("1.1", now, NUMBER, recording="1.1.wav"), key="far:1.1"))
    assert leader.client.get("/recording?call=far:1.1").data == data


def test_the_agent_who_calls_can_hear_it_first(
    leader: Visitor, store: Store, folder: Path, now: datetime
) -> None:
    recorded(folder / "1.1.wav")
    bring(
        store, now, story.capture("1.1", now, NUMBER, recording="1.1.wav", reference="123456", region="xihu")
    )
    store.put_live(story.live_rows(now), now)
    leader.post("/desk/extension", member="PJSIP/agent-2")
    leader.post("/desk/take")
    card = leader.client.get("/desk/panel").text
    for part in ('src="/recording?call=pbx1:1.1"', "reference 123456", "region xihu"):
        assert part in card, part


def test_a_message_whose_writer_was_killed_is_heard_to_what_was_written(
    leader: Visitor, store: Store, folder: Path, now: datetime
) -> None:
    data = recorded(folder / "1.1.wav")
    (folder / "1.1.wav").write_bytes(data[:40] + b"\0\0\0\0" + data[44:])
    bring(store, now, story.capture("1.1", now, NUMBER, recording="1.1.wav"))
    assert leader.client.get("/recording?call=pbx1:1.1").data == data


def test_nobody_hears_messages_without_signing_in(
    client: FlaskClient, store: Store, folder: Path, now: datetime
) -> None:
    recorded(folder / "1.1.wav")
    bring(store, now, story.capture("1.1", now, NUMBER, recording="1.1.wav"))
    answer = client.get("/recording?call=pbx1:1.1")
    assert answer.status_code == 302
    assert b"RIFF" not in answer.data


@pytest.mark.parametrize(
    "name", ["../secret.wav", "/etc/passwd", "..", "link.wav", "none.wav", "text.wav", "%2e%2e/secret.wav"]
)
def test_no_name_in_a_line_leads_out_of_the_folder(
    leader: Visitor, store: Store, folder: Path, now: datetime, name: str
) -> None:
    recorded(folder.parent / "secret.wav")
    (folder / "link.wav").symlink_to(folder.parent / "secret.wav")
    (folder / "text.wav").write_text("no sound")
    bring(store, now, story.capture("1.1", now, NUMBER, recording=name))
    assert leader.client.get("/recording?call=pbx1:1.1").status_code == 404
    assert "<audio" not in leader.client.get("/callbacks/1").text


@pytest.mark.parametrize("call", ["pbx1:9.9", "../secret.wav", "pbx1:../secret.wav", "pbx1:1.1' OR 1=1"])
def test_only_a_call_of_the_book_is_heard(leader: Visitor, folder: Path, call: str) -> None:
    recorded(folder.parent / "secret.wav")
    assert leader.client.get("/recording", query_string={"call": call}).status_code == 404


def test_a_page_that_knows_no_folder_says_so(leader: Visitor, store: Store, now: datetime) -> None:
    site = leader.client.application.extensions["holdfast-site"]
    leader.client.application.extensions["holdfast-site"] = replace(site, shelf=None)
    bring(store, now, story.capture("1.1", now, NUMBER, recording="1.1.wav"))
    assert "the file is not here" in leader.client.get("/callbacks/1").text


def test_every_reason_that_the_book_gives_has_a_word() -> None:
    given = {requests.CANCELLED, requests.CHANGED, requests.JOINED}
    given |= {counting.OVER + limit for limit in ("caller", "number", "prefix", "day")}
    assert given - REASONS.keys() == set()


def test_a_leader_ends_the_calls_of_an_asterisk_that_does_not_come_back(
    leader: Visitor, store: Store, now: datetime
) -> None:
    bring(store, now, story.capture("1.1", now - timedelta(minutes=9), NUMBER))
    assert "It does not come back" not in leader.client.get("/callbacks/").text
    store.speak_for("west", first=False)
    assert store.claim(1, now, "bridge", 60.0) is not None
    store.start_attempt(Attempt("1-1-1", 1, "power", NUMBER, "carrier-a", now), "bridge")
    page = leader.client.get("/callbacks/").text
    assert "<b>west</b> 1 in flight" in page
    assert 'action="/book/gone"' in page
    answer = leader.post("/book/gone", "/callbacks/", pbx="west", why="burnt")
    assert answer.status_code == 303
    page = leader.client.get("/callbacks/").text
    assert "It does not come back" not in page
    assert 'href="/callbacks/1"' in page, "among those to be looked at"
