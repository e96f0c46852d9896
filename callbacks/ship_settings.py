"""What the collector is told by its environment. It runs on a host that has neither policy nor book, so this is all of it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

_PBX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
LEAST_SECRET = 16


class SettingsWrong(ValueError):
    """The collector does not start; the text has every error, a line each, with its remedy."""


@dataclass(frozen=True, slots=True)
class ShipSettings:
    """url: of the bridge, without a path of ours. pbx: the name of this Asterisk, as the site's policy says it.

    data_dir: where progress is kept. ca: certificates to trust (PEM) instead of the system's. book: where ``dialogue.json``
    is put for tier 2; prompts_dir: goes into it.
    """

    url: str
    pbx: str
    secret: str = field(repr=False)
    data_dir: Path
    spool_dir: Path
    tier3_dir: Path
    recordings_dir: Path
    prompts_dir: Path
    book: Path
    ca: Path | None = None

    def folders(self) -> Mapping[str, Path]:
        """Kind → folder."""
        return {"spool": self.spool_dir, "tier3": self.tier3_dir, "recordings": self.recordings_dir}


def ship_settings(environment: Mapping[str, str]) -> ShipSettings:
    """The settings. Raises SettingsWrong with everything that is wrong."""
    get = {
        name[9:].lower(): value
        for name, value in environment.items()
        if name.startswith("HOLDFAST_") and value
    }
    data = Path(get.get("data_dir", ""))
    ca = Path(get["ship_ca"]) if "ship_ca" in get else None
    problems = [
        *_url_problems(get.get("ship_url", "")),
        *_problem(
            "SHIP_PBX",
            _PBX.fullmatch(get.get("ship_pbx", "")),
            "the name of this Asterisk in the site's policy",
        ),
        *_problem(
            "SHIP_SECRET",
            len(get.get("ship_secret", "")) >= LEAST_SECRET,
            "the bridge's, of 16 signs at least",
        ),
        *_problem(
            "DATA_DIR",
            data.is_absolute() and os.access(data, os.W_OK),
            "a folder that this user may write in",
        ),
        *_problem(
            "SHIP_CA", ca is None or ca.is_file(), "a PEM file of certificates to trust, or leave it out"
        ),
    ]
    if problems:
        raise SettingsWrong("\n".join(problems))
    return ShipSettings(
        url=get["ship_url"].rstrip("/"),
        pbx=get["ship_pbx"],
        secret=get["ship_secret"],
        data_dir=data,
        spool_dir=Path(get.get("spool_dir", data / "spool")),
        tier3_dir=Path(get.get("tier3_dir", data / "tier3")),
        recordings_dir=Path(get.get("recordings_dir", data / "recordings")),
        prompts_dir=Path(get.get("prompts_dir", data / "prompts")),
        book=data / "ivr" / "dialogue.json",
        ca=ca,
    )


def _problem(name: str, good: object, remedy: str) -> list[str]:
    return [] if good else [f"HOLDFAST_{name} is missing or wrong: set it to {remedy}"]


def _url_problems(url: str) -> list[str]:
    remedy = "the address of the bridge's public app, such as https://holdfast.example"
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.fragment
    except ValueError:
        good = False
    if not good:
        return _problem("SHIP_URL", False, remedy)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        return [
            "HOLDFAST_SHIP_URL is plain http to another host, where telephone numbers could be read: use https"
        ]
    return []


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
