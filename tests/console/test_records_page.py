"""The leader's page of incidents: list, course, notes, what is asked of the bridge, and papers to print."""

import pytest
from console_visitor import Visitor
from flask.testing import FlaskClient
from records_story import CASE, KEY, OPENED, tell_incident

from console.records.page import style_source
from fallback.state import Case
from store import Store

pytestmark = pytest.mark.slow

pytest_plugins = ["console_fixtures"]

DRILL = Case("DRILL-evacuation-1", "power", "A6", "Building evacuated", OPENED, "a6", drill="evacuation")


@pytest.fixture
def leader(client: FlaskClient) -> Visitor:
    """Signed in."""
    visitor = Visitor(client)
    visitor.sign_in()
    return visitor


def test_a_stranger_sees_no_incident(client: FlaskClient, store: Store) -> None:
    tell_incident(store)
    for path in ("/incidents/", f"/incidents/{KEY}", f"/incidents/{KEY}/incident-report"):
        assert client.get(path).headers["Location"] == "/login"


def test_open_incidents_stand_first_and_drills_are_marked(leader: Visitor, store: Store) -> None:
    tell_incident(store)
    store.record([], [], [], OPENED, [DRILL])
    page = leader.client.get("/incidents/").text
    assert page.index(DRILL.key) < page.index(KEY)
    assert "DRILL</span> Building evacuated" in page
    assert "/incidents/" in leader.client.get("/").text


def test_one_incident_shows_its_course_and_its_papers(leader: Visitor, store: Store) -> None:
    tell_incident(store)
    page = leader.client.get(f"/incidents/{KEY}").text
    for part in ("Normal → Outage", "engineer on duty", "Incident report", "Fault form", "Closing review"):
        assert part in page, part
    assert "Take on" not in page, "it is closed"
    assert leader.client.get("/incidents/INC-9").status_code == 404


def test_papers_are_printed_in_the_readers_language(leader: Visitor, store: Store) -> None:
    tell_incident(store)
    paper = leader.client.get(f"/incidents/{KEY}/incident-report")
    assert "4. Impact and extent" in paper.text
    assert style_source(paper.data) in paper.headers["Content-Security-Policy"]
    again = leader.client.get(
        f"/incidents/{KEY}/incident-report", headers={"If-None-Match": paper.headers["ETag"]}
    )
    assert again.status_code == 304
    assert "四、影响和范围" in leader.client.get(f"/incidents/{KEY}/incident-report?lang=zh-CN").text
    assert leader.client.get(f"/incidents/{KEY}/rows.json").status_code == 404


@pytest.mark.parametrize(
    ("path", "form", "kind", "payload"),
    [
        (f"/incidents/{KEY}/ack", {}, "ack", {"incident": KEY}),
        (
            f"/incidents/{KEY}/hand-over",
            {"to": "next shift"},
            "hand-over",
            {"incident": KEY, "to": "next shift"},
        ),
        (f"/incidents/{KEY}/close", {"why": "over"}, "close", {"incident": KEY, "why": "over"}),
        (
            "/incidents/",
            {"kind": "A7", "scope": "", "detail": "storm", "hurt": "2"},
            "declare",
            {"scope": "", "kind": "A7", "detail": "storm", "people_hurt": 2},
        ),
    ],
)
def test_what_a_leader_asks_for_is_written_for_the_bridge(
    leader: Visitor, store: Store, path: str, form: dict[str, str], kind: str, payload: dict[str, object]
) -> None:
    store.record([], [], [], OPENED, [CASE])
    assert leader.post(path, **form).status_code == 302
    intent = store.intents(1)[0]
    assert (intent.kind, dict(intent.payload), intent.who) == (kind, payload, "shift leader")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/incidents/", {"kind": "A99", "detail": "x"}),
        ("/incidents/", {"kind": "A7", "detail": " "}),
        ("/incidents/", {"kind": "A7", "detail": "x", "scope": "gas"}),
        ("/incidents/", {"kind": "A7", "detail": "x", "hurt": "many"}),
        (f"/incidents/{KEY}/close", {"why": ""}),
        (f"/incidents/{KEY}/note", {"part": "weather", "text": "x"}),
        (f"/incidents/{KEY}/note", {"part": "loss", "text": ""}),
    ],
)
def test_what_cannot_be_used_is_refused(
    leader: Visitor, store: Store, path: str, form: dict[str, str]
) -> None:
    store.record([], [], [], OPENED, [CASE])
    assert leader.post(path, **form).status_code == 400
    assert (store.intents(), store.notes(KEY)) == ([], [])


def test_a_note_is_kept_with_its_writer_and_shown_as_text(leader: Visitor, store: Store) -> None:
    tell_incident(store)
    assert leader.post(f"/incidents/{KEY}/note", part="loss", text="<b>one street</b>").status_code == 302
    assert [(one.part, one.text, one.who) for one in store.notes(KEY)] == [
        ("loss", "<b>one street</b>", "shift leader")
    ]
    assert "&lt;b&gt;one street" in leader.client.get(f"/incidents/{KEY}").text
