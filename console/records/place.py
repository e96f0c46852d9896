"""The site that a record is of, and the language in which it is told."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from config.policy import SitePolicy
from console.live_rows import parse_time
from console.records.words import moved, translator


@dataclass(frozen=True, slots=True)
class Place:
    """site: its name; zone: in which times are shown; language: zh-CN or en."""

    site: str
    zone: ZoneInfo
    language: str = "zh-CN"

    def translate(self, text: str, **values: object) -> str:
        """A text of the catalogue in the language, with ``%(name)s`` filled in."""
        said = translator(self.language)(text) if text else ""
        return said % values if values else said

    def time(self, moment: datetime | None) -> str:
        """On the site's clocks, with seconds; "" for None."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S}" if moment else ""

    def moved(self, kind: str, value: str) -> str:
        """What a change row moved from or to: words for values, times on the site's clocks."""
        moment = parse_time(value) if kind == "recovery" else None
        return self.time(moment) if moment else moved(kind, value, self.language)

    def minutes(self, start: datetime, end: datetime) -> str:
        """The time between two moments, rounded down to minutes and seconds."""
        seconds = max(0, int((end - start).total_seconds()))
        return self.translate("%(minutes)s min %(seconds)s s", minutes=seconds // 60, seconds=seconds % 60)


def place_of(policy: SitePolicy, language: str = "") -> Place:
    """The site of a policy; language: "" the site's first."""
    return Place(policy.name, ZoneInfo(policy.timezone), language or policy.languages[0])
