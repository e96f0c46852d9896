"""One way into the book: every line once, whatever happens in between."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import process_time

import pytest
from left_files import Build, Folders, spool_file, t3

from callbacks.importer import Importer, import_once
from callbacks.policy import LimitPolicy
from callbacks.spool import Spool
from callbacks.spool_line import encode
from callbacks.values import NumberSource
from ivr.numbers import check
from ivr.policy import CallerPolicy
from store import Store


def test_lines_of_both_ways_come_into_the_book_once(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    spool_file(folders, capture("pbx1:1.1"), capture("pbx1:1.2", number="13700000000"))
    (folders[1] / "20261121-1014.txt").write_bytes(t3("1.3"))
    first = import_once(book, *folders, "pbx1", now)
    assert (first.lines, first.new, first.promises, first.damaged, first.problems) == (3, 3, 3, 0, ())
    again = import_once(book, *folders, "pbx1", now)
    assert (again.lines, again.new) == (0, 0)
    assert book.summary().captures == 3


@pytest.mark.parametrize("way", ["spool", "tier3"])
def test_one_person_has_one_promise_however_the_number_was_written(
    way: str, book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    """E6, C3: tier 3 and the hang-up handler write what the network gave them."""
    forms = ["+8613912345678", "8613912345678", "013912345678", "13912345678"]
    if way == "spool":
        spool_file(folders, *(capture(f"pbx1:1.{n}", number=form) for n, form in enumerate(forms)))
    else:
        lines = (t3(f"1.{n}", number=form, source="own") for n, form in enumerate(forms))
        (folders[1] / "20261121-1014.txt").write_bytes(b"".join(lines))
    caller = CallerPolicy()
    Importer(book, *folders, "pbx1", dialled=lambda n: check(n, caller).number or n).run_once(now)
    (promise,) = book.open_promises()
    assert (promise.number, promise.captures) == ("13912345678", 4)


def test_a_number_that_the_rules_do_not_take_is_kept_as_it_came(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    """Nothing that a caller left ends in silence; whether it may be dialled is asked when it is."""
    spool_file(folders, capture("pbx1:1.1", number="110"), capture("pbx1:1.2", number="", wanted=False))
    caller = CallerPolicy()
    Importer(book, *folders, "pbx1", dialled=lambda n: check(n, caller).number or n).run_once(now)
    assert [one.number for one in book.open_promises()] == ["110"]
    assert len(book.missed()) == 1


def test_files_read_again_after_the_loss_of_offsets_change_nothing(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    spool_file(folders, *(capture(f"pbx1:1.{n}", number=f"1390000000{n}") for n in range(5)))
    import_once(book, *folders, "pbx1", now)
    before = book.open_promises(), book.summary()
    book.forget(["pbx1/spool/20261121T10-1-0.jsonl"])
    again = import_once(book, *folders, "pbx1", now)
    assert (again.lines, again.new, again.completed, again.promises) == (5, 0, 0, 0)
    assert (book.open_promises(), book.summary()) == before


def test_a_call_that_both_tiers_wrote_about_is_one_capture_and_one_promise(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    """All tiers end in the same book, once each; the confirmed keyed number beats the caller id."""
    spool_file(folders, capture("pbx1:1.1", promised=False))
    (folders[1] / "20261121-1014.txt").write_bytes(t3("1.1"))
    report = import_once(book, *folders, "pbx1", now)
    assert (report.new, report.completed, report.promises) == (1, 1, 1)
    (promise,) = book.open_promises()
    assert (promise.number, promise.captures) == ("13800000000", 1)


def test_new_lines_are_read_from_where_the_last_pass_stopped(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    importer = Importer(book, *folders, "pbx1")
    with Spool(folders[0], linger=0) as spool:
        for n in range(3):
            spool.submit(capture(f"pbx1:1.{n}")).result(5)
            report = importer.run_once(now)
            assert (report.lines, report.new) == (1, 1)
    assert book.open_promises()[0].captures == 3


def test_a_line_that_is_still_being_written_waits_for_its_rest(
    book: Store, folders: Folders, now: datetime
) -> None:
    path = folders[1] / f"{now:%Y%m%d-%H%M}.txt"
    path.write_bytes(t3("1.1") + t3("1.2")[:50])
    importer = Importer(book, *folders, "pbx1")
    assert importer.run_once(now).new == 1
    with path.open("ab") as file:
        file.write(t3("1.2")[50:])
    report = importer.run_once(now + timedelta(seconds=1))
    assert (report.new, report.damaged) == (1, 0)


def test_a_torn_end_is_set_aside_when_its_minute_is_over(
    book: Store, folders: Folders, now: datetime
) -> None:
    path = folders[1] / f"{now:%Y%m%d-%H%M}.txt"
    path.write_bytes(t3("1.1") + t3("1.2")[:50])
    importer = Importer(book, *folders, "pbx1")
    importer.run_once(now)
    report = importer.run_once(now + timedelta(minutes=5))
    assert report.damaged == 1
    (aside,) = (folders[1] / "damaged").iterdir()
    assert t3("1.2")[:50] in aside.read_bytes()
    assert importer.run_once(now + timedelta(minutes=6)).damaged == 0


def test_the_torn_end_of_a_killed_process_is_set_aside_at_once_and_the_rest_is_whole(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    path = spool_file(folders, capture("pbx1:1.1"))
    path.write_bytes(path.read_bytes() + encode(capture("pbx1:1.2"))[:80])
    spool_file(folders, capture("pbx1:1.3"), name="20261121T10-2-0.jsonl")
    report = import_once(book, *folders, "pbx1", now)
    assert (report.new, report.damaged) == (2, 1)
    assert "set aside" in report.problems[0]


def test_a_damaged_line_is_set_aside_counted_and_stops_nobody(
    book: Store, folders: Folders, now: datetime
) -> None:
    bad = t3("1.2").replace(b"13800000000", b"13800000001")
    (folders[1] / "20261121-1000.txt").write_bytes(t3("1.1") + bad + b"\xff\xfe\n" + t3("1.3"))
    report = import_once(book, *folders, "pbx1", now)
    assert (report.new, report.damaged) == (2, 2)
    (aside,) = (folders[1] / "damaged").iterdir()
    assert bad.rstrip() in aside.read_bytes()
    assert book.damaged_lines() == 2
    assert import_once(book, *folders, "pbx1", now).damaged == 0


def test_a_file_of_rubbish_without_newlines_is_read_to_its_end(
    book: Store, folders: Folders, now: datetime
) -> None:
    (folders[1] / "20261121-1000.txt").write_bytes(b"x" * 600_000 + b"\n" + t3("1.1"))
    report = import_once(book, *folders, "pbx1", now)
    assert report.new == 1
    assert report.damaged >= 1


def test_files_stay_for_their_days_and_go_only_when_wholly_imported(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    path = spool_file(folders, capture("pbx1:1.1"))
    foreign = folders[0] / "notes.jsonl"
    foreign.write_text("not ours")
    importer = Importer(book, *folders, "pbx1", keep=timedelta(days=7))
    importer.run_once(now)
    importer.run_once(now + timedelta(days=6))
    assert path.exists()
    assert importer.run_once(now + timedelta(days=8)).deleted == 1
    assert not path.exists()
    assert foreign.exists()
    assert book.offsets(["pbx1/spool/20261121T10-1-0.jsonl"]) == {}


def test_what_is_appended_after_the_clock_was_stepped_back_is_read(
    book: Store, folders: Folders, now: datetime
) -> None:
    """Asterisk names the file by its clock, and goes on in a minute that was over already."""
    path = folders[1] / f"{now:%Y%m%d-%H%M}.txt"
    path.write_bytes(t3("1.1"))
    importer = Importer(book, *folders, "pbx1")
    importer.run_once(now + timedelta(minutes=10))
    with path.open("ab") as file:
        file.write(t3("1.2", number="13700000000"))
    assert importer.run_once(now + timedelta(minutes=1)).new == 1
    assert importer.run_once(now + timedelta(minutes=10)).new == 0
    assert importer.run_once(now + timedelta(days=8)).deleted == 1


def test_a_file_that_grew_after_its_end_is_read_before_it_is_deleted(
    book: Store, folders: Folders, now: datetime
) -> None:
    """A step back that lasted no whole pass is not seen; the length of the file still tells."""
    path = folders[1] / f"{now:%Y%m%d-%H%M}.txt"
    path.write_bytes(t3("1.1"))
    importer = Importer(book, *folders, "pbx1")
    importer.run_once(now + timedelta(minutes=10))
    with path.open("ab") as file:
        file.write(t3("1.2", number="13700000000"))
    assert importer.run_once(now + timedelta(days=8)).deleted == 0
    report = importer.run_once(now + timedelta(days=8))
    assert (report.new, report.deleted, path.exists()) == (1, 1, False)
    assert len(book.open_promises()) == 2


def test_a_line_that_comes_long_after_its_minute_is_read_within_the_next_one(
    book: Store, folders: Folders, now: datetime
) -> None:
    """A machine that slept between the name of the file and the line: the promise was spoken."""
    path = folders[1] / f"{now:%Y%m%d-%H%M}.txt"
    path.write_bytes(t3("1.1"))
    importer = Importer(book, *folders, "pbx1")
    importer.run_once(now + timedelta(minutes=4))
    importer.run_once(now + timedelta(minutes=10))
    path.write_bytes(path.read_bytes() + t3("1.2"))
    passes = [importer.run_once(now + timedelta(minutes=11, seconds=n)) for n in (1, 2)]
    assert sum(one.new for one in passes) == 1


def test_a_file_that_is_written_is_never_deleted(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    with Spool(folders[0], linger=0, clock=lambda: now) as spool:
        spool.submit(capture()).result(5)
        report = Importer(book, *folders, "pbx1").run_once(now + timedelta(days=30))
        assert (report.new, report.deleted) == (1, 0)


def test_a_damaged_line_that_can_not_be_put_aside_stops_nobody(
    book: Store, folders: Folders, now: datetime
) -> None:
    (folders[1] / "damaged").write_text("a file where the folder should be")
    (folders[1] / "20261121-1000.txt").write_bytes(b"rubbish\n" + t3("1.1"))
    report = import_once(book, *folders, "pbx1", now)
    assert (report.new, report.damaged) == (1, 1)
    assert "stay in" in report.problems[0]


def test_a_long_backlog_comes_in_by_bounded_passes(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    """Decisions are recorded by the same thread: no pass may keep it for long."""
    for hour in range(3):
        lines = (capture(f"pbx1:{hour}.{n}") for n in range(300))
        spool_file(folders, *lines, name=f"20261121T0{hour}-1-0.jsonl")
    importer = Importer(book, *folders, "pbx1", most=100)
    reports = [importer.run_once(now) for _ in range(4)]
    assert [report.lines for report in reports] == [300, 300, 300, 0]
    assert [report.more for report in reports] == [True, True, False, False]


def test_an_unreadable_file_is_named_and_the_others_are_read(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    (folders[0] / "20261121T09-1-0.jsonl").mkdir()
    spool_file(folders, capture())
    report = import_once(book, *folders, "pbx1", now)
    assert report.new == 1
    assert "20261121T09-1-0.jsonl" in report.problems[0]


def test_a_missing_folder_is_a_problem_that_somebody_hears_of(
    book: Store, folders: Folders, now: datetime
) -> None:
    folders[1].rmdir()
    report = import_once(book, *folders, "pbx1", now)
    assert str(folders[1]) in report.problems[0]


def test_what_other_asterisks_brought_comes_in_under_their_own_names(
    book: Store, folders: Folders, capture: Build, now: datetime, tmp_path: Path
) -> None:
    remote = tmp_path / "remote"
    importer = Importer(book, *folders, "pbx1", remote=remote)
    assert importer.run_once(now).problems == ()
    (remote / "pbx2" / "tier3").mkdir(parents=True)
    (remote / "pbx3" / "spool").mkdir(parents=True)
    (remote / "pbx2" / "tier3" / f"{now:%Y%m%d-%H%M}.txt").write_bytes(t3("1.1"))
    (remote / "pbx3" / "spool" / "20261121T10-remote-1-0.jsonl").write_bytes(encode(capture("pbx3:1.1")))
    (folders[1] / f"{now:%Y%m%d-%H%M}.txt").write_bytes(t3("1.1"))
    report = importer.run_once(now)
    assert (report.new, report.problems) == (3, ())
    assert all(book.capture(key) for key in ("pbx1:1.1", "pbx2:1.1", "pbx3:1.1"))


def test_the_bridges_own_asterisk_may_be_on_another_host(
    book: Store, folders: Folders, now: datetime, tmp_path: Path
) -> None:
    """Its files have the names of those that an Asterisk beside the bridge would write."""
    there = tmp_path / "remote" / "pbx1" / "tier3"
    there.mkdir(parents=True)
    for folder, line in ((folders[1], t3("1.1")), (there, t3("1.2", "13700000000"))):
        (folder / "20261121-1000.txt").write_bytes(line)
    assert Importer(book, *folders, "pbx1", remote=tmp_path / "remote").run_once(now).new == 2


def test_everything_that_is_kept_can_be_read_again_into_a_book_that_lost_it(
    book: Store, folders: Folders, capture: Build, now: datetime, tmp_path: Path
) -> None:
    """A fail-over to a replica that lags loses rows and keeps offsets."""
    spool_file(folders, *(capture(f"pbx1:1.{n}", number=f"1390000000{n}") for n in range(5)))
    importer = Importer(book, *folders, "pbx1")
    importer.run_once(now)
    with book._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM capture WHERE key IN ('pbx1:1.3', 'pbx1:1.4')")
        connection.exec_driver_sql("DELETE FROM promise WHERE number IN ('13900000003', '13900000004')")
    assert importer.run_once(now).lines == 0
    importer.read_again()
    report = importer.run_once(now)
    assert (report.lines, report.new, report.known, report.promises) == (5, 2, 3, 2)


def test_limits_are_asked_for_every_batch(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    """A policy that was changed counts at once."""
    now_in_force = LimitPolicy(0, 0, 7, 0, 0)
    importer = Importer(book, *folders, "pbx1", limits=lambda: now_in_force)
    keyed = [capture(f"pbx1:1.{n}", number=f"1380000000{n}", source=NumberSource.KEYED) for n in range(4)]
    spool_file(folders, *keyed[:2])
    assert importer.run_once(now).held == 0
    now_in_force = replace(now_in_force, per_day=2)
    spool_file(folders, *keyed[2:], name="20261121T10-2-0.jsonl")
    assert importer.run_once(now).held == 2
    assert len(book.for_leader()) == 2


def test_a_pass_over_many_days_of_kept_files_is_short(book: Store, folders: Folders, now: datetime) -> None:
    """Ten thousand files, one for each minute of a week, are there twice a second."""
    for minute in range(7 * 1440):
        (folders[1] / f"{now - timedelta(minutes=5 + minute):%Y%m%d-%H%M}.txt").touch()
    importer = Importer(book, *folders, "pbx1")
    importer.run_once(now)
    began = process_time()
    importer.run_once(now)
    assert process_time() - began < 0.1
