"""PostgreSQL's errors in our words: what is away, what is busy, and what somebody has to mend (A9)."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from postgres import Books
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from store import Store, StoreAway, StoreBusy, StoreProblem
from store.errors import Collided
from store.postgresql import told

UPDATE = "UPDATE meta SET value = '1' WHERE key = %(key)s"
REFUSED = 'connection to server at "db", port 5432 failed: FATAL:  '


@contextmanager
def held(url: str, statement: str) -> Iterator[None]:
    """Somebody has a transaction open that did this."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
        yield
        connection.rollback()
    engine.dispose()


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (REFUSED + "the database system is starting up", StoreAway, "cannot be reached"),
        (REFUSED + "the database system is in recovery mode", StoreAway, "cannot be reached"),
        (REFUSED + "terminating connection due to administrator command", StoreAway, "cannot be reached"),
        ("connection timeout expired", StoreAway, "cannot be reached"),
        (REFUSED + 'database "book" does not exist', StoreProblem, "createdb"),
        (REFUSED + 'role "li" does not exist', StoreProblem, "pg_hba.conf"),
        (REFUSED + 'password authentication failed for user "li"', StoreProblem, "refuses the password"),
        (REFUSED + "sorry, too many clients already", StoreProblem, "max_connections"),
    ],
)
def test_a_connection_that_is_refused_says_what_to_do(said: str, kind: type[Exception], words: str) -> None:
    problem = told("book", OperationalError("", {}, psycopg.OperationalError(said)))
    assert type(problem) is kind
    assert words in str(problem)


def test_an_error_of_sqlite_is_none_of_its(book: Store) -> None:
    assert told("book", OperationalError("", {}, Exception("disk I/O error"))) is None


def test_a_server_that_is_killed_is_away_and_its_connections_are_made_anew(postgres: Books) -> None:
    with Store(postgres.empty()) as book:
        book.ping()
        postgres.server.kill()
        try:
            with pytest.raises(StoreAway):
                book.alive()
        finally:
            postgres.server.start()
        book.alive()


def test_a_connection_that_is_lost_in_a_transaction_leaves_nothing_of_it(postgres: Books) -> None:
    def half(book: Store) -> None:
        with book._database.write() as connection:
            connection.exec_driver_sql("INSERT INTO meta VALUES ('half', '1')")
            postgres.server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'book'"
            )
            connection.exec_driver_sql("INSERT INTO meta VALUES ('other half', '1')")

    with Store(postgres.empty()) as book:
        with pytest.raises(StoreAway):
            half(book)
        assert postgres.server.execute("SELECT count(*) FROM meta", "book") == [(0,)]
        book.alive()


def test_a_server_that_is_frozen_is_not_waited_for(postgres: Books) -> None:
    with Store(postgres.empty(), patience=1.0) as book:
        book.ping()
        postgres.server.freeze()
        try:
            began = time.monotonic()
            with pytest.raises(StoreAway):
                book.alive()
            assert time.monotonic() - began < 15.0  # a guard: a frozen server never answers
        finally:
            postgres.server.freeze(False)
        book.alive()


def test_what_somebody_holds_for_too_long_is_busy_and_nothing_was_written(postgres: Books) -> None:
    def write(book: Store) -> None:
        with book._database.write() as connection:
            connection.exec_driver_sql("INSERT INTO meta VALUES ('a', '1')")

    url = postgres.empty()
    with Store(url, patience=1.0) as book:
        book.ping()
        with (
            held(url, "LOCK TABLE meta IN ACCESS EXCLUSIVE MODE"),
            pytest.raises(StoreBusy, match="nothing was written"),
        ):
            write(book)
    assert postgres.server.execute("SELECT count(*) FROM meta", "book") == [(0,)]


def test_two_that_wait_for_each_other_are_told_apart_from_mistakes(postgres: Books) -> None:
    with Store(postgres.empty()) as book:
        with book._database.write() as connection:
            connection.exec_driver_sql("INSERT INTO meta VALUES ('a', '0'), ('b', '0')")

        def cross(first: str, second: str) -> str:
            try:
                with book._database.write() as connection:
                    connection.exec_driver_sql(UPDATE, {"key": first})
                    time.sleep(0.5)
                    connection.exec_driver_sql(UPDATE, {"key": second})
            except Collided:
                return "collided"
            return "written"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(cross, "ab", "ba")) == ["collided", "written"]


def test_a_reader_sees_one_moment_and_may_not_write(postgres: Books) -> None:
    with Store(postgres.empty()) as book:
        with book._database.read() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM meta")
            postgres.server.execute("INSERT INTO meta VALUES ('a', '1')", "book")
            assert connection.exec_driver_sql("SELECT count(*) FROM meta").scalar() == 0
        with pytest.raises(StoreProblem, match="may only be read"), book._database.read() as connection:
            connection.exec_driver_sql("DELETE FROM meta")


def test_commits_are_durable_whatever_the_server_is_set_to(postgres: Books) -> None:
    postgres.empty()
    postgres.server.execute("ALTER DATABASE book SET synchronous_commit = off")
    try:
        with Store(postgres.server.url("book")) as book, book._database.read() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    finally:
        postgres.server.execute("ALTER DATABASE book RESET synchronous_commit")


@pytest.mark.parametrize("url", ["postgresql+psycopg2://me@h/book", "postgresql://me@h", "mysql://me@h/book"])
def test_an_address_that_is_not_ours_is_refused_with_the_right_one(url: str) -> None:
    with pytest.raises(StoreProblem, match="postgresql://user@host"):
        Store(url)
