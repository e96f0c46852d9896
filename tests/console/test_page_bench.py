"""The pages that bench.page asks for are there, and its book fills them."""

import re
from datetime import UTC, datetime

import pytest
from console_story import PASSWORD
from flask.testing import FlaskClient

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


def test_small_book_has_of_every_kind_what_a_page_shows(store: Store, url: str) -> None:
    """Or the page over the large one would be compared with an empty one."""
    fill(url, 100)
    found = (store.search(attention=True, limit=100), store.search(paused=True, limit=100))
    assert all(len(rows) >= SHOWN // 2 for rows in found)
