"""One way into the book, while the book is away, broken or an older copy: nothing is lost, and each is shown once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from left_files import Build, Folders, spool_file, t3
from sqlalchemy import delete, update

from callbacks.importer import Importer, import_once
from callbacks.spool_line import encode
from callbacks.values import Capture
from store import Store, StoreProblem
from store.tables import capture as captures
from store.tables import import_offset


def test_a_book_that_is_away_loses_nothing(
    book: Store, folders: Folders, capture: Build, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A9: capture goes on into the spool; when the book is back the lines come in."""
    spool_file(folders, capture("pbx1:1.1"))
    importer = Importer(book, *folders, "pbx1")

    def away(*_: object, **__: object) -> None:
        raise StoreProblem("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(book, "import_captures", away)
        with pytest.raises(StoreProblem):
            importer.run_once(now)
    assert importer.run_once(now).new == 1


def test_the_second_line_of_a_call_may_come_days_later(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    spool_file(folders, capture("pbx1:1.1", wanted=False))
    import_once(book, *folders, "pbx1", now)
    assert book.open_promises() == []
    late = replace(capture("pbx1:1.1"), tier=3)
    spool_file(folders, late, name="20261123T10-1-0.jsonl")
    report = import_once(book, *folders, "pbx1", now + timedelta(days=2))
    assert (report.completed, report.promises) == (1, 1)


def test_every_capture_is_shown_once_also_while_the_book_is_away(
    book: Store, folders: Folders, capture: Build, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E0, A9: danger is told although nothing can be written down."""
    shown: list[str] = []
    importer = Importer(book, *folders, "pbx1", seen=lambda some: shown.extend(one.key for one in some))
    path = folders[1] / f"{now:%Y%m%d-%H%M}.txt"
    path.write_bytes(t3("1.1"))
    importer.run_once(now)

    def away(*_: object, **__: object) -> None:
        raise StoreProblem("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(book, "import_captures", away)
        broken.setattr(book, "offsets", away)
        path.write_bytes(path.read_bytes() + t3("1.2"))
        spool_file(folders, capture("pbx1:1.3"), name="20261121T10-2-0.jsonl")
        for _ in range(2):
            with pytest.raises(StoreProblem):
                importer.run_once(now)
        assert sorted(shown) == ["pbx1:1.1", "pbx1:1.2", "pbx1:1.3"]
    assert importer.run_once(now).new == 2
    assert len(shown) == 3


def test_what_may_have_been_told_long_ago_is_not_shown_again_at_a_start_without_the_book(
    book: Store, folders: Folders, capture: Build, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    spool_file(folders, capture("pbx1:1.1", at=now - timedelta(days=2)), capture("pbx1:1.2"))

    def away(*_: object, **__: object) -> None:
        raise StoreProblem("no connection")

    monkeypatch.setattr(book, "offsets", away)
    importer = Importer(book, *folders, "pbx1", seen=lambda some: shown.extend(one.key for one in some))
    with pytest.raises(StoreProblem):
        importer.run_once(now)
    assert shown == ["pbx1:1.2"]


def test_what_was_not_shown_without_the_book_is_shown_when_it_is_back_and_never_had_it(
    book: Store, folders: Folders, capture: Build, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E0: a danger of two hours ago, and the book away ever since, also over a start."""
    shown: list[str] = []
    spool_file(folders, capture("pbx1:1.1", at=now - timedelta(hours=2)), capture("pbx1:1.2"))
    importer = Importer(book, *folders, "pbx1", seen=lambda some: shown.extend(one.key for one in some))

    def away(*_: object, **__: object) -> None:
        raise StoreProblem("no connection")

    with monkeypatch.context() as broken:
        broken.setattr(book, "offsets", away)
        for _ in range(2):
            with pytest.raises(StoreProblem):
                importer.run_once(now)
    assert shown == ["pbx1:1.2"]
    importer.run_once(now)
    importer.run_once(now)
    assert shown[1:2] == ["pbx1:1.1"]
    assert shown.count("pbx1:1.1") == 1


def older_copy(book: Store, name: str, offset: int, *keys: str) -> None:
    """What a fail-over to a replica that lags leaves: neither the newest rows nor the offsets behind them."""
    with book._database.write() as connection:
        connection.execute(delete(import_offset).where(import_offset.c.source.not_like(f"%{name}")))
        connection.execute(update(import_offset).values(offset=offset))
        connection.execute(delete(captures).where(captures.c.key.in_(keys)))


def test_a_book_that_became_an_older_copy_under_a_running_importer_gets_what_it_lost(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    """A9: nobody has to think of reading everything again, and files that were finished are read too."""
    first = spool_file(folders, capture("pbx1:1.1"), capture("pbx1:1.2"))
    spool_file(folders, capture("pbx1:1.3"), name="20261121T10-2-0.jsonl")
    importer = Importer(book, *folders, "pbx1")
    later = now + timedelta(hours=4)
    assert importer.run_once(later).new == 3
    whole = len(encode(capture("pbx1:1.1")))
    older_copy(book, first.name, whole, "pbx1:1.2", "pbx1:1.3")
    report = importer.run_once(later + timedelta(minutes=1))
    assert (report.new, report.known) == (2, 0)
    assert importer.run_once(later + timedelta(minutes=2)).lines == 0


def test_after_a_failure_the_book_is_looked_at_at_once(
    book: Store, folders: Folders, capture: Build, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = spool_file(folders, capture("pbx1:1.1"), capture("pbx1:1.2"))
    importer = Importer(book, *folders, "pbx1")
    importer.run_once(now)
    spool_file(folders, capture("pbx1:1.3"), name="20261121T10-2-0.jsonl")

    def away(*_: object, **__: object) -> None:
        raise StoreProblem("no connection")

    with monkeypatch.context() as broken:
        broken.setattr(book, "import_captures", away)
        with pytest.raises(StoreProblem):
            importer.run_once(now)
    older_copy(book, first.name, len(encode(capture("pbx1:1.1"))), "pbx1:1.2")
    assert importer.run_once(now + timedelta(seconds=1)).new == 2


def test_one_who_looks_on_and_fails_keeps_nothing_out_of_the_book(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    def fails(_captures: Sequence[Capture]) -> None:
        raise RuntimeError("no")

    spool_file(folders, capture("pbx1:1.1"))
    assert Importer(book, *folders, "pbx1", seen=fails).run_once(now).new == 1
