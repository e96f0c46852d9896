"""A site whose prompts can be told apart by ear, with its bridge running and every caller taken down."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.callers import sound
from bench.policy import policy
from config.prompts import catalogue
from lab.errors import LabError
from lab.lab import Lab
from lab.site import Site

PATIENCE = 1.0  # seconds of silence that end a question
LANGUAGE, SCOPE = "en", "power"
LINES = 400  # of each carrier, so that they are never short
FLAG_LIMIT = 20.0


@contextmanager
def audible(
    lab: Lab, times: int = 1, caller: dict[str, Any] | None = None, agi_port: int = 0
) -> Iterator[Site]:
    """times: prompts are so much longer. caller: more of the policy's section. agi_port: where Asterisk finds FastAGI, if
    that is not the bridge's own port.
    """
    with Site(lab, _policy(caller or {})) as site:
        prompts = site.folder / "prompts"
        sound.write(prompts, [name for name in catalogue() if name[0] == LANGUAGE], times)
        site.environment["HOLDFAST_PROMPTS_DIR"] = str(prompts)
        site.run("db", "migrate")
        own = site.environment["HOLDFAST_AGI_PORT"]
        if agi_port:
            site.environment["HOLDFAST_AGI_PORT"] = str(agi_port)
        site.run("asterisk", "render", "--out", str(lab.holdfast_conf_dir))
        site.environment["HOLDFAST_AGI_PORT"] = own
        lab.reload()
        site.start_bridge()
        take_down_callers(site)
        yield site


def _policy(caller: dict[str, Any]) -> str:
    carriers = {
        f"carrier-{letter}": {
            "endpoint": f"carrier-{letter}",
            "dial": f"PJSIP/{{number}}@carrier-{letter}",
            "channels": LINES,
        }
        for letter in "ab"
    }
    return policy(
        site={"languages": [LANGUAGE]},
        trunks=carriers,
        caller={"max_tries": 2, "choice_seconds": "1s", "digit_seconds": "1s", **caller},
    )


def take_down_callers(site: Site) -> None:
    """An outage by hand; returns when Asterisk knows."""
    site.run("override", "set", SCOPE, "OUTAGE", "--why", "callers", "--for", "12h", "--who", "bench")
    end = time.monotonic() + FLAG_LIMIT
    while "capture" not in site.lab.cli(f"database get holdfast-scope {SCOPE}"):
        if time.monotonic() > end:
            raise LabError(f"the flag of an override did not reach Asterisk within {FLAG_LIMIT:g} s")
        time.sleep(0.1)
