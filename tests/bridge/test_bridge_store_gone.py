"""A bridge whose database file has vanished starts all the same, because callers go before, and says that a new book is begun."""

from pathlib import Path

from bridge_whole import settings_in
from structlog.testing import capture_logs

from ami_bridge.start import _prepared, _tell_gone
from store import Store


def test_it_says_that_an_empty_book_is_begun_and_how_to_put_a_copy_back(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, database_url=f"sqlite:///{tmp_path / 'holdfast.db'}")
    with capture_logs() as told:
        _tell_gone(settings)
    assert told == []
    settings.spool_dir.mkdir(parents=True, exist_ok=True)
    (settings.spool_dir / "20261121T04-1.jsonl").write_text("{}\n")
    with capture_logs() as told:
        _tell_gone(settings)
    assert [one["event"] for one in told] == ["an empty book is begun"]
    assert "holdfast db restore" in told[0]["reason"]
    with Store(settings.database_url) as store:
        assert _prepared(store)
        assert store.open_promises() == []
