"""A whole site for stories on the shared lab: the demo's policy with changes, short prompts, and what it talks to."""

import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import yaml
from hotline import silent_prompts

import lab as lab_room
from config.policy import load_policy
from config.settings import Settings, load_settings
from console import bridge_socket
from console.commands.asterisk import files_for
from lab import Lab
from lab.results import CallHandle
from lab.site import Site
from store import Store

T = TypeVar("T")
FAMILIES = (
    "holdfast",
    "holdfast-scope",
    "holdfast-attempt",
    "holdfast-alert",
    "holdfast-code",
    "holdfast-lock",
)
PHRASE = 1.0  # seconds that a message lasts here, so that it can be seen
BUSY_SYSTEM = "business-system"


# -- the policy


def changed(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``changes`` laid over it, key by key."""
    merged = dict(base)
    for key, value in changes.items():
        known = merged.get(key)
        both = isinstance(known, Mapping) and isinstance(value, Mapping)
        merged[key] = changed(known, value) if both else value  # type: ignore[arg-type]  # both are mappings
    return merged


FAST = {"down_after": "1s", "up_after": "1s", "flap_penalty": "0s", "flap_penalty_max": "0s"}
SHORT: Mapping[str, Any] = {
    "health": {
        "trunks": FAST,
        "pools": FAST,
        "parts": {**FAST, "suspect_count": 1, "good_count": 1},
    },
    "boot_grace": "1s",
    "scopes": {"power": {"recovery_hold": "2s"}},
    "callbacks": {"ramp": 10, "retry_after": {"no_answer": "1h", "unknown": "1h", "no_agent": "1h"}},
    "caller": {"choice_seconds": "2s"},
}


def policy_text(*changes: Mapping[str, Any]) -> str:
    """The demo's policy with the changes of a story, as a file."""
    base: dict[str, Any] = yaml.safe_load(
        (Path(lab_room.__file__).parent / "demo_policy.yaml").read_text(encoding="utf-8")
    )
    for one in (SHORT, *changes):
        base = changed(base, one)
    apart = json.loads(json.dumps(base))  # no two places share an object: policies take no anchors
    return yaml.safe_dump(apart, allow_unicode=True, sort_keys=False)


# -- the site


@contextmanager
def story_site(lab: Lab, name: str, *changes: Mapping[str, Any], **environment: str) -> Iterator[Site]:
    """A site that runs, and an Asterisk that has forgotten it afterwards. environment: further settings."""
    with Site(lab, policy_text(*changes), name=name, beat_every=0.5) as site:
        site.environment |= {"HOLDFAST_PROMPTS_DIR": str(prompts(lab)), **environment}
        install(site)
        forget(lab)
        hang_up_everybody(lab)
        try:
            site.start_bridge()
            yield site
        finally:
            site.close()
            forget(lab)


def install(site: Site) -> None:
    """As ``holdfast db migrate`` and ``holdfast asterisk render`` would, which each cost a start of Python."""
    given = {name.removeprefix("HOLDFAST_").lower(): text for name, text in ours(site).items()}
    settings = load_settings(**given)
    with Store(settings.database_url) as store:
        store.migrate()
    folder = site.lab.holdfast_conf_dir
    for name, text in files_for(settings, load_policy(settings.policy_file), folder).items():
        (folder / name).write_text(text, encoding="utf-8")
    site.lab.reload()


def ours(site: Site) -> dict[str, str]:
    """Settings of the site that are settings, not addresses which its policy refers to."""
    known = {f"HOLDFAST_{name.upper()}" for name in Settings.model_fields}
    return {name: text for name, text in site.environment.items() if name in known}


def prompts(lab: Lab) -> Path:
    """Every prompt as a moment of silence; messages last a second."""
    folder = lab.run_dir / "short"
    if not folder.exists():
        silent_prompts(folder, 0.1)
        for language in ("zh-CN", "en"):
            silent_prompts(lab.run_dir / "long", PHRASE)
            for long in (lab.run_dir / "long" / language).glob("message-*.wav"):
                shutil.copy(long, folder / language / long.name)
    return folder


def forget(lab: Lab) -> None:
    """As an Asterisk that Holdfast has never written to."""
    for family in FAMILIES:
        lab.cli(f"database deltree {family}")


def hang_up_everybody(lab: Lab) -> None:
    """Calls that another site's stories left behind would take lines of this one."""
    lab.cli("channel request hangup all")
    until(lambda: "0 active channels" in lab.cli("core show channels count"), "all lines are free", 20)


def until(find: Callable[[], T], what: str, timeout: float = 15.0) -> T:
    """What ``find`` finds, as soon as it is something; fails with ``what`` after so many seconds."""
    end = time.monotonic() + timeout
    while not (found := find()):
        assert time.monotonic() < end, f"this did not happen within {timeout:g} s: {what}"
        time.sleep(0.05)
    return found


def live(site: Site) -> dict[str, Any]:
    """What the bridge itself says, over its local socket: quick, and also without a store."""
    said: dict[str, Any] = dict(bridge_socket.status(bridge_socket.socket_path(site.folder)))
    return said


def scope(site: Site, name: str = "power") -> dict[str, Any]:
    """A scope as the bridge sees it; empty while there is none."""
    return dict(live(site)["live"]["scopes"].get(name, {}))


def mode(site: Site, wanted: str, timeout: float = 15.0, name: str = "power") -> dict[str, Any]:
    """The scope as soon as it is in this mode and its flag stands."""

    def there() -> dict[str, Any]:
        one = scope(site, name)
        return one if one.get("effective") == wanted and one["flag"]["written"] else {}

    return until(there, f"{name} is {wanted}", timeout)


def cases(site: Site) -> list[dict[str, Any]]:
    """Open incidents and drills as the bridge sees them."""
    return list(live(site)["live"]["cases"])


def changes_of(site: Site) -> list[dict[str, Any]]:
    """The record, the oldest first."""
    return list(reversed(site.status()["changes"]))


def modes_of(site: Site, name: str = "power") -> list[str]:
    """The modes that a scope went through, the oldest first."""
    return [one["new"] for one in changes_of(site) if one["kind"] == "mode" and one["subject"] == name]


def flag(lab: Lab, name: str = "power") -> list[str]:
    """What the dial plan reads: action, mode, message, recovery, incident."""
    said = lab.cli(f"database get holdfast-scope {name}")
    return said.partition("Value: ")[2].strip().split(",")


# -- callers


def heard(lab: Lab, prompt: str, timeout: float = 8.0) -> bool:
    """Whether Asterisk plays this prompt to somebody now, or soon."""
    end = time.monotonic() + timeout
    while prompt not in lab.cli("core show channels concise"):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def waiting_in_queue(lab: Lab) -> int:
    """Callers of carriers who stand in the queue and talk to nobody."""
    rows = [line.split("!") for line in lab.cli("core show channels concise").splitlines()]
    return sum(row[0].startswith("PJSIP/carrier") and row[5] == "Queue" and row[-2] == "" for row in rows)


def pause_agents(lab: Lab, paused: bool = True) -> None:
    """All of them there, none of them takes a call."""
    word = "pause" if paused else "unpause"
    for number in (1, 2, 3, 4):
        lab.cli(f"queue {word} member PJSIP/agent-{number} queue power")


def ended(calls: Mapping[str, CallHandle] | list[CallHandle]) -> None:
    """Hangs up whoever is still there."""
    for call in calls.values() if isinstance(calls, Mapping) else calls:
        if not call.done:
            call.hang_up()


def phone_code(lab: Lab, code: str, pin: str) -> None:
    """An internal phone dials a code, keys the PIN and stays on the line for some seconds."""
    digits = f"www{pin}#" + "w" * 16
    began = lab.action(
        Action="Originate",
        Channel=f"Local/{code}@from-agent/n",
        Application="SendDTMF",
        Data=f"{digits},100",
        CallerID="8001",
        Async="true",
    )
    assert began["Response"] == "Success"


# -- what it talks to


def free_port() -> int:
    """One on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class App:
    """An application of the site. status: what it answers; wait: seconds before it does."""

    def __init__(self) -> None:
        self.status, self.wait = 200, 0.0
        self.posted: list[tuple[datetime, dict[str, Any]]] = []
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                time.sleep(app.wait)
                self._answer()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                app.posted.append((datetime.now(UTC), json.loads(body)))
                self._answer()

            def _answer(self) -> None:
                self.send_response(app.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "App":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def note_url(self) -> str:
        """As Apprise takes it."""
        return f"json://127.0.0.1:{self.port}/"

    def notes(self) -> list[str]:
        """Texts that came, the oldest first."""
        return [f"{said.get('title', '')} {said.get('message', '')}" for _, said in list(self.posted)]
