"""What a form has besides is shown on the card of whoever calls, and on no list; and the form is found from the board (C2)."""

from datetime import datetime, timedelta
from pathlib import Path

import console_story as story
import pytest
from console_story import KNOWN, PASSWORD
from console_visitor import Visitor
from flask.testing import FlaskClient
from form_story import policy

from callbacks.values import NumberSource
from console.forms.door import FormDoor
from console.web import Site, create_app
from store import Store

pytest_plugins = ["console_fixtures"]
SAID = ("<b>Wang</b>", "Hill Street 7", "the dog bites")


@pytest.fixture
def agent(client: FlaskClient, store: Store, now: datetime) -> Visitor:
    """An agent before a book with one promise out of a form."""
    facts = {"name": SAID[0], "address": SAID[1], "remarks": SAID[2], "taken_by": "Li", "tier": 0}
    call = story.capture(
        "f1", now - timedelta(hours=1), "13700000001", caller_id="", source=NumberSource.KEYED, **facts
    )
    store.import_captures([call], "spool/t", 1, now)
    store.put_live(story.live_rows(now), now)
    return Visitor(client).sit_at("PJSIP/agent-2")


def test_the_card_shows_name_address_remarks_and_who_took_it_down(agent: Visitor) -> None:
    agent.post("/work/next", "/work/")
    for path in ("/work/panel", "/work/1", "/desk/panel"):
        page = agent.client.get(path).text
        assert "Name: &lt;b&gt;Wang&lt;/b&gt;" in page, "and no browser runs it"
        assert "Address: Hill Street 7" in page
        assert "Remarks: the dog bites" in page
        assert "taken down by Li" in page
    page = agent.client.get("/work/1?lang=zh-CN").text
    assert all(words in page for words in ("姓名: ", "地址: ", "备注: ", "由 Li 登记"))
    body = agent.client.get("/api/work/1").json
    assert body is not None
    (matter,) = body["promise"]["matters"]
    assert (matter["name"], matter["address"], matter["taken_by"]) == (SAID[0], SAID[1], "Li")


def test_whoever_only_brought_the_form_in_is_not_said_to_have_taken_it_down(
    agent: Visitor, store: Store, now: datetime
) -> None:
    call = story.capture("f2", now - timedelta(hours=2), "13700000002", tier=0, taken_by="import/Zhao")
    store.import_captures([call], "spool/t", 2, now)
    page = agent.client.get("/work/2").text
    assert "brought in by Zhao" in page
    assert "entered by hand" in page
    assert "tier 0" not in page
    assert "taken down by" not in page


def test_no_list_shows_it_and_nobody_else_reads_it(agent: Visitor, store: Store, now: datetime) -> None:
    for path in ("/", "/book/", "/callbacks/", "/callbacks/missed", "/duty/", "/api/book", "/api/status"):
        page = agent.client.get(path).text
        assert not [words for words in (*SAID, "Wang", "taken down") if words in page], path
    site = Site(PASSWORD, "k" * 32, KNOWN, leader_password="the leaders' own")
    other = Visitor(create_app(store, site).test_client())
    other.sit_at("PJSIP/agent-3")
    for path in ("/work/1", "/api/work/1"):
        page = other.client.get(path).text
        assert not [words for words in ("Wang", *SAID[1:], '"Li"', " Li") if words in page], path


def test_the_form_is_found_from_the_board_the_book_and_the_desk(
    agent: Visitor, store: Store, tmp_path: Path
) -> None:
    door = FormDoor(policy(), tmp_path / "spool", tmp_path)
    with_form = Visitor(create_app(store, Site(PASSWORD, "k" * 32, KNOWN, forms=door)).test_client())
    with_form.sign_in()
    for path in ("/", "/book/", "/work/"):
        assert 'href="/form/"' in with_form.client.get(path).text
        assert 'href="/form/"' not in agent.client.get(path).text, "where no form can be brought"
    assert with_form.client.get("/form/").status_code == 200
