"""The public notice: what callers hear, when it starts, changes and ends; never a drill, never before arming (F5, B3)."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import console_story as story
import pytest
from flask.testing import FlaskClient
from records_story import POLICY, Core

from config.prompts import wordings
from console.records import notice_files
from console.records.notice import Entry, Notice, build, wording_of
from console.records.notice_rows import armed_since, load_notice
from console.records.page import style_source
from console.web import Site, create_app
from fallback.decision import Change
from fallback.events import DrillEnded, DrillStarted, OverrideEnded, OverrideSet, Presence
from fallback.modes import Mode
from store import Store
from store.live import LiveRow

pytest_plugins = ["console_fixtures"]

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
LONG_AGO = START - timedelta(days=9)
WORDING = wording_of(POLICY)
MINUTE_50 = START + timedelta(minutes=50)
ATOM = f"{{{notice_files.ATOM}}}"


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def mode(minutes: float, old: str, new: str, kind: str = "mode", scope: str = "power") -> Change:
    return Change(at(minutes), kind, scope, old, new, "why: cable at Hill Street", "shift leader", "INC-1")


def recovery(minutes: float, new: datetime | None) -> Change:
    return Change(at(minutes), "recovery", "power", "", new.isoformat() if new else "", "", "shift leader")


OUTAGE = (
    mode(0, "NORMAL", "OUTAGE"),
    recovery(5, at(60)),
    mode(20, "OUTAGE", "DEGRADED"),
    mode(40, "DEGRADED", "RECOVERING"),
    mode(41, "RECOVERING", "NORMAL"),
)


def made(rows: Iterable[Change], now: datetime = MINUTE_50) -> Notice:
    return build(rows, (), WORDING, LONG_AGO, now)


def notice_of(core: Core) -> Notice:
    """What the public reads now; the site has been armed for long."""
    core.store.put_live({"bridge": {"armed": True, "armed_since": story.iso(LONG_AGO)}}, core.now.wall)
    return load_notice(core.store, WORDING, core.now.wall)


def told(notice: Notice) -> list[tuple[str, str, datetime]]:
    """Event, mode and time, in the order in which they were told."""
    return [(one.event, one.mode, one.at) for one in reversed(notice.entries)]


def test_start_change_and_end_are_told_once_each() -> None:
    assert told(made(OUTAGE)) == [
        ("start", "OUTAGE", at(0)),
        ("change", "OUTAGE", at(5)),
        ("change", "DEGRADED", at(20)),
        ("end", "", at(40)),
    ]
    assert made(OUTAGE).standing == ()


def test_what_lasts_is_told_with_its_start_and_expected_end() -> None:
    (one,) = made(OUTAGE[:3], now=at(30)).standing
    assert (one.scope, one.mode, one.since, one.recovery_at) == ("power", "DEGRADED", at(0), at(60))
    (late,) = made(OUTAGE[:3], now=at(61)).standing
    assert late.recovery_at is None, "a time that has passed is no longer promised (B2)"


def test_the_words_are_those_that_callers_hear() -> None:
    """B3: one wording everywhere."""
    (one,) = made(OUTAGE[:2], now=at(30)).standing
    spoken = wordings("zh-CN")["message-fault"]
    said = notice_files.texts(made(OUTAGE[:2]), "power", "OUTAGE", one.recovery_at)
    assert said["zh-CN"] == f"{spoken}{wordings('zh-CN')['recovery-at']}2026-11-21 19:00。"
    assert (
        said["en"] == f"{wordings('en')['message-fault']} {wordings('en')['recovery-at']} 2026-11-21 19:00."
    )
    ended = notice_files.texts(made(OUTAGE), "power", "", None)
    assert ended["en"] == "The service works again. Thank you for your patience."


@pytest.mark.parametrize("quiet", ["CLOSED", "SURGE", "RECOVERING"])
def test_modes_that_the_policy_does_not_publish_are_not_told(quiet: str) -> None:
    assert told(made([mode(0, "NORMAL", quiet), mode(9, quiet, "NORMAL")])) == []


def test_another_scope_has_its_own_notice_and_an_unknown_one_none() -> None:
    assert told(made([mode(0, "NORMAL", "OUTAGE", scope="water")])) == []


def test_nothing_is_told_while_the_site_only_observes() -> None:
    observing = build(OUTAGE[:1], (), WORDING, None, at(50))
    assert (observing.standing, observing.entries) == ((), ())


def test_what_lasts_when_the_site_is_armed_is_told_from_then_on() -> None:
    armed = build(OUTAGE, (), WORDING, at(10), at(50))
    assert told(armed) == [("start", "OUTAGE", at(10)), ("change", "DEGRADED", at(20)), ("end", "", at(40))]
    before = build(OUTAGE[:1], (), WORDING, at(10), at(11))
    assert told(before) == [("start", "OUTAGE", at(10))]
    assert before.standing[0].since == at(10)
    assert told(build(OUTAGE, (), WORDING, at(45), at(50))) == []


def row(**value: object) -> LiveRow:
    return LiveRow("bridge", value, START)


def test_armed_since_is_what_the_bridge_says_else_its_start() -> None:
    assert armed_since(None) is None
    assert armed_since(row(armed=False, started_at=story.iso(START))) is None
    assert armed_since(row(armed=True, started_at=story.iso(START))) == START
    said = row(armed=True, started_at=story.iso(START), armed_since=story.iso(LONG_AGO))
    assert armed_since(said) == LONG_AGO
    assert armed_since(LiveRow("bridge", "nonsense", START)) is None


def test_ids_are_lasting_and_differ() -> None:
    """A reader that polls must see each entry once, also after a restart."""
    first, later = made(OUTAGE[:2]), made(OUTAGE)
    ids = [one.id for one in later.entries]
    assert len(set(ids)) == len(ids)
    assert {one.id for one in first.entries} < set(ids)
    assert all(one.startswith("urn:uuid:") for one in ids)


# --- what the real core writes ---


def test_a_live_drill_never_appears_but_a_real_fault_during_it_does(store: Store) -> None:
    core = Core(store, START)
    core.do(DrillStarted("voice-platform-lost", "shift leader", live=True))
    core.wait(2)
    assert core.mode() is Mode.OUTAGE
    assert notice_of(core).standing == ()
    core.do(*core.agents(Presence.UNREACHABLE))
    core.wait(2)
    assert [one.mode for one in notice_of(core).standing] == ["OUTAGE"]
    core.do(DrillEnded(core.drill(), "shift leader", "all seats", "well"))
    core.wait(1)
    assert [one.mode for one in notice_of(core).standing] == ["OUTAGE"]
    core.do(*core.agents(Presence.FREE))
    core.wait(5)
    assert core.mode() is Mode.NORMAL
    assert [event for event, *_ in told(notice_of(core))] == ["start", "end"]


def test_a_drill_that_ends_well_leaves_no_trace(store: Store) -> None:
    core = Core(store, START)
    core.do(DrillStarted("evacuation", "shift leader", live=True))
    core.wait(1)
    assert core.mode() is Mode.EVACUATED
    core.do(DrillEnded(core.drill(), "shift leader", "all seats", "well"))
    core.wait(5)
    assert core.mode() is Mode.NORMAL
    assert told(notice_of(core)) == []


def test_a_mode_set_by_hand_is_told_without_who_and_why(store: Store) -> None:
    """Nothing personal in it."""
    core = Core(store, START)
    core.do(OverrideSet("power", Mode.OUTAGE, "shift leader", "fire in room 9", at(30)))
    core.wait(1)
    notice = notice_of(core)
    core.do(OverrideEnded("power", "shift leader", "over"))
    core.wait(5)
    for whole in (notice, notice_of(core)):
        for data in (notice_files.to_json(whole), notice_files.to_atom(whole), notice_files.to_page(whole)):
            assert b"shift leader" not in data
            assert b"room 9" not in data
            assert b"INC-" not in data
    assert [event for event, *_ in told(notice_of(core))] == ["start", "end"]


# --- files and pages ---


def test_json_says_what_is_and_what_was() -> None:
    whole = json.loads(notice_files.to_json(made(OUTAGE[:3], now=at(30))))
    assert whole["site"] == POLICY.name
    assert whole["updated"] == "2026-11-21T10:20:00+00:00"
    (now,) = whole["now"]
    assert (now["scope"], now["mode"], now["since"]) == ("power", "DEGRADED", "2026-11-21T10:00:00+00:00")
    assert set(now["text"]) == {"zh-CN", "en"}
    assert [one["event"] for one in whole["entries"]] == ["change", "change", "start"]


def entries_of(feed: ET.Element) -> list[ET.Element]:
    return feed.findall(f"{ATOM}entry")


def test_the_feed_is_valid_atom() -> None:
    """RFC 4287, 4.1: what feed and entry must have, once each; times by RFC 3339."""
    feed = ET.fromstring(notice_files.to_atom(made(OUTAGE)))  # noqa: S314  # our own bytes
    assert feed.tag == f"{ATOM}feed"
    for part in (feed, *entries_of(feed)):
        for name in ("id", "title", "updated"):
            assert len(part.findall(f"{ATOM}{name}")) == 1, name
        moment = part.findtext(f"{ATOM}updated") or ""
        assert datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007  # its form is what is tested
        assert (part.findtext(f"{ATOM}id") or "").startswith("urn:uuid:")
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == POLICY.name
    assert [one.get("rel") for one in feed.findall(f"{ATOM}link")] == ["self"]
    assert feed.findtext(f"{ATOM}updated") == "2026-11-21T10:40:00Z"
    assert len(entries_of(feed)) == 4
    assert all(one.find(f"{ATOM}content") is not None for one in entries_of(feed))


def test_a_feed_with_nothing_to_tell_is_valid_too() -> None:
    feed = ET.fromstring(notice_files.to_atom(made([])))  # noqa: S314  # our own bytes
    assert feed.findtext(f"{ATOM}updated") == "1970-01-01T00:00:00Z"
    assert entries_of(feed) == []


def test_a_name_cannot_break_the_feed_or_the_page() -> None:
    odd = replace(WORDING, site="<b>&\x07 hotline")
    notice = build(OUTAGE, (), odd, LONG_AGO, at(50))
    feed = ET.fromstring(notice_files.to_atom(notice))  # noqa: S314  # our own bytes
    assert feed.findtext(f"{ATOM}title") == "<b>&\N{REPLACEMENT CHARACTER} hotline"
    assert b"<b>" not in notice_files.to_page(notice)


def test_files_are_written_whole_and_only_when_they_change(tmp_path: Path) -> None:
    first = notice_files.export(made(OUTAGE[:1]), tmp_path / "www")
    assert sorted(file.name for file in first) == ["notice.atom", "notice.html", "notice.json"]
    before = {file: file.stat().st_ino for file in first}
    notice_files.export(made(OUTAGE[:1]), tmp_path / "www")
    assert {file: file.stat().st_ino for file in first} == before
    notice_files.export(made(OUTAGE), tmp_path / "www")
    assert all(file.stat().st_ino != before[file] for file in first)
    assert [file.name for file in (tmp_path / "www").iterdir() if file.name.startswith(".")] == []


@pytest.fixture
def public(store: Store) -> FlaskClient:
    """A stranger's browser."""
    site = Site(
        password=story.PASSWORD, secret_key="k" * 32, known=story.KNOWN, wording=WORDING, clock=lambda: at(50)
    )
    return create_app(store, site).test_client()


def tell(store: Store, rows: Iterable[Change]) -> None:
    store.record(list(rows), (), (), START)
    store.put_live({"bridge": {"armed": True, "armed_since": story.iso(LONG_AGO)}}, START)


def test_everyone_may_read_the_notice_without_signing_in(store: Store, public: FlaskClient) -> None:
    tell(store, OUTAGE[:2])
    answer = public.get("/notice.json")
    assert answer.json is not None
    assert [one["mode"] for one in answer.json["now"]] == ["OUTAGE"]
    assert public.get("/notice.atom").mimetype == "application/atom+xml"
    page = public.get("/notice")
    assert wordings("zh-CN")["message-fault"] in page.text
    assert "Set-Cookie" not in page.headers
    assert public.get("/").status_code == 302


def test_who_has_it_already_is_not_sent_it_again(store: Store, public: FlaskClient) -> None:
    tell(store, OUTAGE[:2])
    for path in ("/notice", "/notice.json", "/notice.atom"):
        tag = public.get(path).headers["ETag"]
        assert public.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_the_page_allows_its_own_style_and_nothing_else(store: Store, public: FlaskClient) -> None:
    tell(store, OUTAGE)
    page = public.get("/notice")
    policy = page.headers["Content-Security-Policy"]
    assert "script" not in policy
    assert style_source(page.data) in policy
    assert "<script" not in page.text
    assert "default-src 'self'" not in public.get("/login").headers["Content-Security-Policy"]


def test_many_readers_cost_one_look_into_the_store(
    store: Store, public: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    real = store.live_rows_of

    def look(key: str) -> dict[str, LiveRow]:
        looked.append(key)
        return real(key)

    monkeypatch.setattr(store, "live_rows_of", look)
    for _ in range(20):
        assert public.get("/notice.json").status_code == 200
    assert len(looked) == 1


def test_a_console_without_wording_has_no_notice(client: FlaskClient) -> None:
    assert client.get("/notice.json").status_code == 404


def test_entries_are_kept_in_number() -> None:
    rows = [
        one for n in range(60) for one in (mode(n, "NORMAL", "OUTAGE"), mode(n + 0.5, "OUTAGE", "NORMAL"))
    ]
    notice = made(rows, now=at(99))
    assert len(notice.entries) == 50
    assert isinstance(notice.entries[0], Entry)
    assert notice.updated == at(59.5)
