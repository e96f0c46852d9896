"""The site of ``bench.detect``: the shipped policy, with what the lab needs changed and none of its times.

Changed are: armed, alerts to nobody, more lines, one probe (its address and latency limit as the comment in the default
policy gives them, all else by default), and a second scope whose agents can sign out of their queue, which the lab's own
members of queue ``power`` cannot. ``floors`` adds the times up, from this policy and the lab's pjsip.conf.
"""

import http.server
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import config
from config.policy import parse_policy
from lab.addresses import AGENTS
from lab.lab import Lab

SHIPPED = Path(config.__file__).with_name("default_policy.yaml")
LATENCY_LIMIT = 2.0  # seconds; what the default policy's example of a probe says
SLOW = 3.0  # seconds that the application takes when it has become slow
CHANNELS = 30
SIGN_OUT, SIGN_OUT_DID = "bench", "95599"
QUEUE = f"[{SIGN_OUT}]\nstrategy = ringall\njoinempty = unavailable,invalid,unknown\n"
DIALPLAN = f"""[from-carrier](+)
exten => {SIGN_OUT_DID},1,Gosub(holdfast,enter,1({SIGN_OUT}))
 same => n,Queue({SIGN_OUT})
 same => n,Hangup()
"""


def policy(port: int) -> str:
    """The policy, with a probe of an application on this port of the loopback."""
    document: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    document["armed"] = True
    document["alerts"]["send"] = False
    for trunk in document["trunks"].values():
        trunk["channels"] = CHANNELS
    document["pools"]["bench-agents"] = {"queue": SIGN_OUT, "minimum": 1}
    document["scopes"][SIGN_OUT] = {
        "queue": SIGN_OUT,
        "pools": ["bench-agents"],
        "trunks": ["carrier-a", "carrier-b"],
        "dids": [SIGN_OUT_DID],
    }
    document["sources"]["probes"] = {
        "business-system-web": {
            "component": "business-system",
            "kind": "http",
            "target": f"http://127.0.0.1:{port}/",
            "latency_limit": LATENCY_LIMIT,
        }
    }
    return yaml.safe_dump(document, allow_unicode=True)


@dataclass(frozen=True, slots=True)
class Floor:
    """Seconds that must pass by the policy's own times, and the sum in words."""

    seconds: float
    words: str


def floors(text: str, pjsip: str) -> dict[str, Floor]:
    """By kind of measurement. Raises ValueError when pjsip.conf does not say how phones and carriers are asked."""
    site = parse_policy(text, "bench.detect")
    times = {name: one.times for name, one in site.fallback.pools.items()}
    trunk, part = site.fallback.trunks["carrier-a"].times, site.fallback.parts["business-system"].times
    every, patience = _qualify(pjsip)
    probe = site.sources.probes[0]
    asked = f"qualify_frequency {every:g} + qualify_timeout {patience:g}"
    contact = every + patience
    pool, queue = times["power-agents"].down_after, times["bench-agents"].down_after
    apart = probe.every * (1 + probe.jitter)
    rows = max(part.suspect_count - 1, 0) * apart
    slow = Floor(
        apart + SLOW + max(rows, part.down_after),
        f"probe every {probe.every:g} and its jitter {probe.every * probe.jitter:g} + the slow answer {SLOW:g} + "
        f"the longer of {part.suspect_count - 1} more round(s) {rows:g} and parts.down_after {part.down_after:g}",
    )
    return {
        "network": Floor(contact + pool, f"{asked} + pools.down_after {pool:g}"),
        "agents": Floor(contact + pool, f"{asked} + pools.down_after {pool:g}"),
        "signed out": Floor(queue, f"pools.down_after {queue:g}"),
        "application": slow,
        "carrier": Floor(contact + trunk.down_after, f"{asked} + trunks.down_after {trunk.down_after:g}"),
    }


def _qualify(pjsip: str) -> tuple[float, float]:
    """The longest interval and time-out with which any contact is asked."""
    found = [
        [float(one) for one in re.findall(rf"^qualify_{key}\s*=\s*([\d.]+)", pjsip, re.MULTILINE)]
        for key in ("frequency", "timeout")
    ]
    if not all(found):
        raise ValueError("pjsip.conf holds no qualify_frequency, or no qualify_timeout")
    return max(found[0]), max(found[1])


def install_sign_out(lab: Lab) -> None:
    """A queue that agents sign in to and out of, and a number that leads to it. Reload Asterisk afterwards."""
    (lab.holdfast_conf_dir / "queues_bench.conf").write_text(QUEUE)
    (lab.holdfast_conf_dir / "extensions_bench.conf").write_text(DIALPLAN)


def sign_in(lab: Lab) -> None:
    """All agents sign in; who is in already stays."""
    for number in AGENTS:
        phone = f"PJSIP/agent-{number}"
        lab.action(Action="QueueAdd", Queue=SIGN_OUT, Interface=phone, StateInterface=phone)


def sign_out(lab: Lab) -> None:
    """All agents sign out."""
    for number in AGENTS:
        lab.action(Action="QueueRemove", Queue=SIGN_OUT, Interface=f"PJSIP/agent-{number}")


@dataclass(slots=True)
class Application:
    """A web application that answers at once, or slowly. port: on the loopback."""

    port: int = 0
    slow: bool = False


@contextmanager
def application() -> Iterator[Application]:
    """Serves until left."""
    one = Application()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if one.slow:
                time.sleep(SLOW)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    one.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
