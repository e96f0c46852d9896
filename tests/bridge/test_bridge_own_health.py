"""What each of our own parts says of itself (D5)."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alert_world import HandClock

from ami_bridge.inbox import Inbox
from ami_bridge.own_health import BACKLOG_SECONDS, BEAT_SECONDS, OVERFLOW_SECONDS, OwnHealth
from config.sources import OwnWatch
from store import StoreBusy

LIMITS = OwnWatch()


def part(**values: Any) -> Any:
    """Stands for any of our parts."""
    return SimpleNamespace(**values)


class Site:
    """All parts are well until a test says otherwise."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.waited, self.away, self.kept = 0.0, False, ""
        self.link: Any = part(connected=True, trouble="")
        self.brain: Any = part(last_step_mono=self.clock.mono, inbox=Inbox())
        self.heart: Any = part(trouble="")
        self.spool: Any = part(figures=part(problem=""))
        self.collector: Any = part(age=lambda: self.waited)
        self.store: Any = part(alive=self.ping)
        self.staff: Any = part(trouble="", on=True)
        self.duty: Any = part(trouble="")
        self.health = OwnHealth(
            self.link,
            self.brain,
            self.heart,
            self.spool,
            self.collector,
            self.store,
            self.duty,
            self.clock,
            lambda: self.kept,
        )
        self.folder = folder

    def ping(self) -> None:
        if self.away:
            raise StoreBusy("held by another process")

    def says(self) -> dict[str, str | None]:
        return {name: check() for name, check in self.checks.items()}

    @property
    def checks(self) -> Any:
        if not hasattr(self, "_checks"):
            self._checks = self.health.checks(LIMITS, self.staff)
        return self._checks


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_bridge_that_is_well_says_so_of_every_part(site: Site) -> None:
    assert site.says() == {"link": "", "inbox": "", "beat": "", "spool": "", "alerts": ""}


def test_a_bridge_that_starts_is_not_in_trouble(site: Site) -> None:
    """Nobody can say anything of the link before the first try has ended."""
    site.link.connected = False
    assert (site.says()["link"], site.says()["beat"]) == (None, None)
    site.link.trouble = "refused"
    assert site.says()["link"] == "refused"


def test_events_that_wait_are_told_and_an_empty_inbox_never(site: Site) -> None:
    site.clock.forward(LIMITS.inbox_lag + 5)
    assert site.says()["inbox"] == ""
    site.brain.inbox.put_nowait(object())
    assert "events have waited for" in str(site.says()["inbox"])


def test_dropped_events_are_told_for_a_while(site: Site) -> None:
    site.health.overflow.say("7 manager events were dropped")
    assert site.says()["inbox"] == "7 manager events were dropped"
    site.clock.forward(OVERFLOW_SECONDS + 1)
    assert site.says()["inbox"] == ""


def test_a_beat_that_is_missed_once_is_nothing_and_one_that_stays_away_is(site: Site) -> None:
    site.heart.trouble = "no answer"
    assert site.says()["beat"] == ""
    site.clock.forward(BEAT_SECONDS + 1)
    assert site.says()["beat"] == "no answer"
    site.heart.trouble = ""
    assert site.says()["beat"] == ""


def test_captures_that_wait_are_told_after_a_minute_and_a_full_disk_at_once(site: Site) -> None:
    site.waited = BACKLOG_SECONDS + 1
    assert "captures have waited for 61 s" in str(site.says()["spool"])
    site.waited, site.spool.figures.problem = 0.0, "no space left"
    assert site.says()["spool"] == "no space left"


def test_trouble_of_the_alerts_is_told(site: Site) -> None:
    site.staff.trouble = "journal: no space left"
    assert site.says()["alerts"] == "journal: no space left"


async def test_a_store_that_does_not_answer_is_told_in_its_own_words(site: Site) -> None:
    slow = site.health.slow(LIMITS, site.folder, site.folder)
    assert await slow["store"]() == ""
    site.away = True
    assert "held by another process" in str(await slow["store"]())
    site.away = False
    assert await slow["store"]() == ""


async def test_the_disk_of_our_files_is_looked_at(site: Site) -> None:
    slow = site.health.slow(OwnWatch(disk_free=1.0), site.folder, site.folder)
    assert "MiB free" in str(await slow["disk"]())


def test_a_role_that_nobody_holds_is_trouble_once_somebody_should_be_told_E0(site: Site) -> None:
    site.duty.trouble = "nobody holds the role 'duty'"
    assert site.says()["alerts"] == "nobody holds the role 'duty'"
    site.staff.on = False
    assert site.says()["alerts"] == "", "a site that tells nobody anything has chosen so"


def test_a_file_that_tiers_without_us_live_on_belongs_to_the_spools_health(site: Site) -> None:
    site.kept = "dialogue.json cannot be written"
    assert site.says()["spool"] == "dialogue.json cannot be written"


async def test_a_folder_of_messages_that_is_gone_is_told(site: Site) -> None:
    recordings = site.folder / "recordings"
    disk = site.health.slow(LIMITS, site.folder, recordings)["disk"]
    assert "recordings, for callers' messages, is not there" in str(await disk())
    recordings.mkdir()
    assert await disk() == ""
