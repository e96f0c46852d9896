"""A real SQLite store in a folder of the test, and the page over it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from console_story import KNOWN, PASSWORD
from flask import Flask
from flask.testing import FlaskClient

from console.web import Site, create_app
from store import Store


@pytest.fixture
def now() -> datetime:
    """One reading of the clock for the whole test."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database without rows, made once and copied for each test."""
    file = tmp_path_factory.mktemp("migrated") / "holdfast.db"
    with Store(f"sqlite:///{file}") as empty:
        empty.migrate()
    return file


@pytest.fixture
def url(tmp_path: Path, migrated: Path) -> str:
    """A migrated database of this test's own."""
    return f"sqlite:///{shutil.copy(migrated, tmp_path / 'holdfast.db')}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """The store over it."""
    with Store(url) as opened:
        yield opened


@pytest.fixture
def app(store: Store) -> Flask:
    """The page over the store, with CSRF protection as shipped."""
    return create_app(store, Site(password=PASSWORD, secret_key="k" * 32, known=KNOWN))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript that has not signed in, and reads English."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client
