"""What stands behind the question mark of an address is used or told of, never ignored in silence."""

from pathlib import Path

import console_story as story
import pytest
from console_story import KNOWN, PASSWORD
from console_visitor import Visitor
from form_story import policy

from console.forms.door import FormDoor
from console.web import Site, create_app
from console.web.arguments import PAGES_MOST
from store import Store

pytest_plugins = ["console_fixtures"]


@pytest.fixture
def leader(store: Store, tmp_path: Path, now: object) -> Visitor:
    """A leader over nineteen promises, at a site with forms."""
    story.leave_numbers(store, now)  # type: ignore[arg-type]  # the fixture's own type
    store.put_live(story.live_rows(now), now)  # type: ignore[arg-type]  # the same
    door = FormDoor(policy(), tmp_path / "spool", tmp_path)
    made = create_app(store, Site(password=PASSWORD, secret_key="k" * 32, known=KNOWN, forms=door))
    client = made.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    visitor = Visitor(client)
    visitor.sign_in()
    return visitor


WRONG = [
    ("state=nonsense", "state", "Use one of: open,"),
    ("matter=melted", "matter", "Use one of: danger,"),
    ("when=soonish", "when", "Use one of: due, soon, late."),
    ("scope=water", "scope", "There is no scope “water”. Known: power, billing."),
    ("agent=PJSIP/nobody", "agent", "There is no agent “PJSIP/nobody”."),
    ("number=abc", "number", "in digits"),
    ("reference=x1", "reference", "digits only"),
    ("paused=maybe", "paused", "Use one of: 1, 0."),
    ("state=open&state=due", "state", "only once"),
    (f"fault={'x' * 161}", "fault", "at most 160"),
    ("colour=red", "colour", "It takes: after, agent,"),
    ("lang=xx", "lang", "Use one of: zh-CN, en."),
]


@pytest.mark.parametrize(("query", "field", "says"), WRONG)
def test_programs_are_told_the_field_and_the_remedy(
    leader: Visitor, query: str, field: str, says: str
) -> None:
    answer = leader.client.get(f"/api/book?{query}")
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["field"] == field
    assert says in answer.json["error"]
    part = leader.client.get(f"/book/rows?{query}")
    assert part.status_code == 400, "a part of a page has no place for a message"


@pytest.mark.parametrize(("query", "_field", "says"), WRONG)
def test_the_page_says_it_on_itself_and_leaves_it_out(
    leader: Visitor, query: str, _field: str, says: str
) -> None:
    answer = leader.client.get(f"/book/?{query}")
    assert answer.status_code == 200
    assert 'class="note bad" role="alert"' in answer.text
    assert says in answer.text
    assert answer.text.count('name="promise"') == 19
    polled = answer.text.split('hx-get="/book/rows?')[1].split('"')[0]
    assert polled == "", "what polls does not ask for it again"
    assert "note bad" not in leader.client.get("/book/").text, "told once"


def test_what_is_right_is_not_told_of_and_still_asked_for(leader: Visitor) -> None:
    page = leader.client.get(
        "/book/?state=open&matter=bill&paused=0&attention=&number=+86%20138&lang=en"
    ).text
    assert "note bad" not in page
    page = leader.client.get("/book/?matter=bill&paused=0").text
    assert page.count('name="promise"') == 3, "paused=0 does not ask for what is paused"
    assert 'hx-get="/book/rows?matter=bill"' in page


def test_somebody_who_left_and_still_has_something_can_be_asked_for(
    leader: Visitor, store: Store, now: object
) -> None:
    store.assign([1], "PJSIP/gone", now, "x")  # type: ignore[arg-type]  # the fixture's own type
    page = leader.client.get("/book/?agent=PJSIP/gone").text
    assert page.count('name="promise"') == 1
    assert "note bad" not in page


PLACES = [
    ("/form/sheet?pages=abc", "pages"),
    (f"/form/sheet?pages={PAGES_MOST + 1}", "pages"),
    ("/form/sheet?pages=0", "pages"),
    ("/form/blank.csv?rows=9", "rows"),
    ("/recording", "call"),
    ("/recording?call=x&save=perhaps", "save"),
    ("/live?choose=1", "choose"),
    ("/work/panel?x=1", "x"),
    ("/desk/panel?x=1", "x"),
    ("/duty/reports?x=1", "x"),
    ("/measures/measures.csv?colour=red", "colour"),
    ("/api/work/find", "reference"),
    ("/api/work/find?number=abc", "number"),
    ("/api/work?x=1", "x"),
    ("/api/status?x=1", "x"),
    ("/api/session?x=1", "x"),
]


@pytest.mark.parametrize(("path", "field"), PLACES)
def test_what_has_no_page_is_refused_with_the_field(leader: Visitor, path: str, field: str) -> None:
    answer = leader.client.get(path)
    assert answer.status_code == 400
    if path.startswith("/api/"):
        assert answer.json is not None
        assert answer.json["field"] == field


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/?choose=perhaps",
            "/work/?choose=perhaps",
            "/work/find?number=abc",
            "/callbacks/missed?full=perhaps",
        ),
        *("/measures/?colour=red", "/form/?x=1", "/callbacks/?x=1", "/duty/?x=1", "/incidents/?x=1"),
        *("/work/1?x=1", "/callbacks/1?x=1", "/?theme=pink"),
    ],
)
def test_every_page_tells_what_it_does_not_take(leader: Visitor, path: str) -> None:
    answer = leader.client.get(path, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.text.count('class="note bad" role="alert"') == 1


def test_a_sheet_is_made_in_as_many_pages_as_were_asked_for(leader: Visitor) -> None:
    assert leader.client.get("/form/sheet?pages=3").text.count('class="sheet"') == 3
    assert leader.client.get("/form/sheet").text.count('class="sheet"') == 1


def test_who_may_not_see_whole_numbers_is_told_so(store: Store) -> None:
    site = Site(PASSWORD, "k" * 32, KNOWN, leader_password="the leaders' own")
    agent = Visitor(create_app(store, site).test_client())
    agent.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    agent.sign_in()
    assert "Only a leader may do that." in agent.client.get("/callbacks/missed?full=1").text


def test_it_is_told_in_the_readers_language(leader: Visitor) -> None:
    page = leader.client.get("/book/?state=nonsense", headers={"Accept-Language": "zh-CN"}).text
    assert "可用值:open" in page


def test_open_addresses_take_what_links_carry(leader: Visitor) -> None:
    assert leader.client.get("/healthz?x=1").status_code == 200
    assert leader.client.get("/notice?from=chat").status_code == 404, "no notice here, and no complaint of it"
