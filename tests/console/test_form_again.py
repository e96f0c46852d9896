"""The same row of a form is the same row, whoever brings it in (requirement C2)."""

from datetime import UTC, datetime, timedelta

import pytest
from form_story import HEAD, csv, policy, row, site

from callbacks.paper import read
from callbacks.rules import merge
from callbacks.values import Capture
from console.forms.bringing import dry_run
from console.forms.plan import Fate
from console.forms.reading import read_file
from store import Store

pytest_plugins = ["console_fixtures"]
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
FILE = csv(row(sheet="S", row="1"), row(time="10:00", remarks="no sheet"))
NAMED = csv([*row(sheet="S", row="1"), "Li"], head=[*HEAD, "agent"])


def brought(data: bytes, who: str) -> list[Capture]:
    found = [one.capture for one in read(read_file(data, "form.csv").rows, site(who), NOW)]
    return [one for one in found if one is not None]


def fates(store: Store, data: bytes, who: str) -> list[Fate]:
    return [one.fate for one in dry_run(data, "form.csv", store, policy(), who, NOW).rows]


def names(store: Store) -> list[str]:
    return [one.taken_by for one in store.captures_of(store.open_promises()[0].id)]


@pytest.mark.parametrize("another", ["aaa", "zzz"])
def test_a_row_without_an_agent_is_known_whoever_imports_it_again(store: Store, another: str) -> None:
    store.import_captures(brought(FILE, "mmm"), "spool/a", 1, NOW)
    assert fates(store, FILE, another) == [Fate.KNOWN, Fate.KNOWN]
    done = store.import_captures(brought(FILE, another), "spool/b", 1, NOW)
    assert (done.new, done.completed) == (0, 0), "also where the book was away and nobody could look first"
    assert names(store) == ["import/mmm", "import/mmm"]
    assert [one.captures for one in store.open_promises()] == [2]


def test_a_name_written_in_the_row_is_never_lost_to_that_of_an_importer(store: Store) -> None:
    store.import_captures(brought(FILE, "zzz"), "spool/a", 1, NOW)
    assert fates(store, NAMED, "aaa") == [Fate.COMPLETES]
    store.import_captures(brought(NAMED, "aaa"), "spool/b", 1, NOW + timedelta(minutes=1))
    assert "Li" in names(store)
    assert fates(store, FILE, "zzz") == [Fate.KNOWN, Fate.KNOWN]


def test_two_files_in_one_batch_keep_the_first_importer_and_merging_again_changes_nothing(
    store: Store,
) -> None:
    (first, _), (second, _) = brought(FILE, "mmm"), brought(FILE, "zzz")
    store.import_captures([first, second], "spool/a", 1, NOW)
    assert names(store) == ["import/mmm"]
    whole = merge(first, second)
    assert merge(whole, first) == merge(whole, second) == whole
