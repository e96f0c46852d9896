"""Two bridges for one Asterisk over PostgreSQL: a holder that fails is replaced, and nobody is called twice."""

from pathlib import Path

import pytest
import story_site

from bench import takeover
from lab import Lab
from lab.postgres import Postgres

BUSY = 30.0  # seconds; how fast it is on a machine that does nothing else says python -m bench.takeover


@pytest.mark.asterisk
@pytest.mark.slow
def test_a_holder_that_fails_is_replaced_and_the_carriers_see_nobody_called_twice(
    lab: Lab, postgres_server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E2, design section 7: frozen, cut off, and killed at last, each while callbacks are being made."""
    monkeypatch.setattr(takeover, "REACH", BUSY)
    monkeypatch.setattr(takeover, "install", story_site.install)
    story_site.forget(lab)
    try:
        kinds = ("freeze", "cut off", "kill")
        figures = takeover.measure({"east": lab}, postgres_server, tmp_path, 3, 7, kinds)
    finally:
        story_site.forget(lab)
    by_name = {one.name: one for one in figures}
    assert by_name["takeover"].n == 3
    assert by_name["takeover.twice"].n > 5, "hardly anybody was called"
    assert [one.name for one in figures if not one.ok] == []
