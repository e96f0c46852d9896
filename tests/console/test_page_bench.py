"""The pages that bench.page asks for are there, and its book fills them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from console_story import PASSWORD
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from jinja2 import Template
from sqlalchemy import event

from bench.page import PAGES
from bench.page_book import AGENT, SHOWN, fill, live
from store import Store

pytest_plugins = ["console_fixtures"]


@pytest.fixture
def reader(client: FlaskClient, store: Store, url: str) -> FlaskClient:
    """A leader who is signed in before a book of 100 open promises."""
    fill(url, 100)
    store.put_live(live(), datetime.now(UTC))
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)
    assert token
    client.post("/login", data={"who": "leader", "password": PASSWORD, "csrf_token": token.group(1)})
    return client


def test_pages_that_are_timed_are_there_and_full(reader: FlaskClient) -> None:
    """A page that answered with a form to sign in, or with an empty list, would be quick."""
    assert all(reader.get(path).status_code == 200 for path in PAGES.values())
    assert len(set(re.findall(r"pick-(\d+)", reader.get(PAGES["book"]).text))) == 50
    assert len(set(re.findall(r"pick-(\d+)", reader.get(PAGES["book late"]).text))) >= 30
    assert AGENT in reader.get(PAGES["agent"]).text


@contextmanager
def asked(store: Store) -> Iterator[list[str]]:
    """What the store asks its database for meanwhile."""
    said: list[str] = []

    def note(_one: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    engine = store._database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


# A page polls every two seconds in many browsers: each statement and each transaction is paid by all of them.
MOST = {"board": 16, "board live": 14, "book": 7, "book rows": 7, "agent": 13, "agent panel": 13}


@pytest.mark.parametrize("name", PAGES)
def test_page_asks_the_store_for_little_and_in_one_transaction(
    reader: FlaskClient, store: Store, name: str
) -> None:
    taken = reader.get("/work/").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', taken)
    assert token
    reader.post("/work/telephone", data={"member": AGENT, "csrf_token": token.group(1)})
    reader.post("/work/next", data={"csrf_token": token.group(1)})
    assert len(store.promises_of(AGENT)) == 1
    with asked(store) as said:
        assert reader.get(PAGES[name]).status_code == 200
    begun = sum(one.startswith("BEGIN") for one in said)
    assert begun <= (3 if name == "board" else 1)  # the board shows a card beside it
    assert len(said) - begun <= MOST.get(name, 4)


def test_what_is_counted_for_a_page_is_not_loaded(reader: FlaskClient, store: Store) -> None:
    """Late ones are counted on the board, and others about the same fault on a card; there may be hundreds of them."""
    with asked(store) as said:
        reader.get(PAGES["board live"])
    loaded = [one for one in said if "promise.first_by" in one and "promise.number" in one]
    assert len(loaded) == 1  # those that the board lists


def test_small_book_has_of_every_kind_what_a_page_shows(store: Store, url: str) -> None:
    """Or the page over the large one would be compared with an empty one."""
    fill(url, 100)
    found = (store.search(attention=True, limit=100), store.search(paused=True, limit=100))
    assert all(len(rows) >= SHOWN // 2 for rows in found)


@pytest.mark.parametrize("name", ["book rows", "agent panel"])
def test_part_that_the_browser_has_is_not_drawn_again(reader: FlaskClient, name: str) -> None:
    """Most looks of a page find nothing new, and to draw is most of what a page costs."""
    drawn: list[str] = []

    def note(_app: Flask, template: Template, **_: Any) -> None:
        drawn.append(str(template.name))

    first = reader.get(PAGES[name])
    with template_rendered.connected_to(note, reader.application):
        again = reader.get(PAGES[name], headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data, drawn) == (304, b"", [])
        whole = reader.get(PAGES[name], headers={"If-None-Match": '"another"'})
    assert (whole.status_code, len(drawn)) == (200, 1)
    assert len(whole.data) == int(whole.headers["Content-Length"]) > 1000
