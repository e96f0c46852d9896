"""What the dialplan must know of a site, checked: every value ends up inside Asterisk's configuration."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from config.asterisk.codes import PIN_FILE, CodeLine, code_problems
from config.danger import KEYS

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_QUEUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
_PATH = re.compile(r"/[A-Za-z0-9_./-]{0,79}")
_LONG_PATH = re.compile(r"/[A-Za-z0-9_./-]{0,199}")  # no list of them ever stands in one line
_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,40}")
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_NUMBER = re.compile(r"(\+?[0-9]{3,20})?")
_DIAL = re.compile(r"[A-Za-z0-9_]{1,20}/[A-Za-z0-9/@+_.:*#-]{1,100}")
PATHS = ("prompts_dir", "tier3_dir", "code_pin_file")
LONG_PATHS = ("recordings_dir", "local_program", "local_book")


class SiteInvalid(ValueError):
    """Values that cannot go into a dialplan; ``problems`` has all of them, each with its remedy."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """A scope as the dialplan sees it: its name in ``Gosub(holdfast,enter,1(name))``, its queue, its first language."""

    name: str
    queue: str
    language: str = "zh-CN"


@dataclass(frozen=True, slots=True)
class DialplanSite:
    """Everything that the rendered files depend on. Durations are seconds. Raises SiteInvalid with every problem.

    prompts_dir, tier3_dir: as Asterisk itself sees them. languages: one or two; the second is offered with key 9.
    beat_fresh: a beat younger than this means that the bridge lives; flag_expires: older than this, flags are ignored.
    agi_start, agi_silence: how long the bridge may take to begin, and between two steps, before tier 3 goes on.
    key_wait, digit_wait: silence that ends a key, a number. callback_priority: of a callback in its queue; live callers
    have 0. customer_priority: of who was called first and pressed 1, and of a callback whose turn it is while callers wait.
    queue_wait: longest wait of a callback for an agent. shown: caller id of outgoing calls unless HF_SHOWN says.
    codes, code_pin: phone codes and the PIN they all ask for; none without codes. code_pin_file: where Asterisk finds the
    rendered hash of it. code_lock: after three wrong PINs a phone is locked for so long.
    recordings_dir: where Asterisk puts callers' messages. tier3_sync: hand each line to the disk before it is promised.
    danger_key: of requirement B6, "" for none. oncall: who is rung, one after another; each has whole dial strings, of which a
    later one is tried where the way of an earlier one is lost. danger_ring: how long each rings. danger_in_normal: offered
    while the hotline works as well, if somebody is on call.
    local_agi: where Asterisk finds the rendered script of tier 2, "" for no tier 2; it starts local_program with local_book. At
    most local_start of them start and local_most run at the same time; whoever is above that goes on in tier 3.
    agi_secret: signs calls to the bridge, "" leaves them unsigned. apology_after: of waiting callers (B7), 0 for none.
    """

    scopes: tuple[ScopeLine, ...]
    prompts_dir: Path
    tier3_dir: Path
    agi_host: str = "127.0.0.1"
    agi_port: int = 4573
    languages: tuple[str, ...] = ("zh-CN", "en")
    timezone: str = "Asia/Shanghai"
    beat_fresh: int = 10
    flag_expires: int = 180
    agi_start: int = 4
    agi_silence: int = 4
    max_tries: int = 3
    key_wait: int = 5
    digit_wait: int = 5
    ask_matter: bool = True
    queue_wait: int = 120
    callback_priority: int = -10
    customer_priority: int = 10
    shown: str = ""
    codes: tuple[CodeLine, ...] = ()
    code_pin: str = field(default="", repr=False)
    code_pin_file: Path = Path("/etc/asterisk/holdfast") / PIN_FILE
    code_lock: int = 600
    recordings_dir: Path = Path("/var/lib/holdfast/recordings")
    tier3_sync: bool = True
    danger_key: str = "8"
    oncall: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    danger_ring: int = 20
    danger_in_normal: bool = True
    local_agi: str = ""
    local_program: Path = Path("/usr/bin/holdfast-local-agi")
    local_book: Path = Path("/var/lib/holdfast/ivr/dialogue.json")
    local_start: int = 2
    local_most: int = 8
    agi_secret: str = field(default="", repr=False)
    apology_after: int = 20
    own_lines: tuple[str, ...] = ()
    premium_prefixes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise SiteInvalid(problems)

    def _problems(self) -> Iterator[str]:
        yield from self._scope_problems()
        yield from self._path_problems()
        if not _HOST.fullmatch(self.agi_host):
            yield f"agi_host {self.agi_host!r}: give a host name or an IPv4 address"
        if not 0 < self.agi_port < 65536:
            yield f"agi_port {self.agi_port}: give a port from 1 to 65535"
        if not _ZONE.fullmatch(self.timezone):
            yield f"timezone {self.timezone!r}: give an IANA name such as Asia/Shanghai"
        if not _NUMBER.fullmatch(self.shown):
            yield f"shown {self.shown!r}: give a telephone number or nothing"
        if not 1 <= len(self.languages) <= 2 or not all(map(_LANGUAGE.fullmatch, self.languages)):
            yield f"languages {self.languages!r}: give one or two, such as zh-CN and en"
        yield from self._number_problems()
        yield from self._danger_problems()
        for name in ("own_lines", "premium_prefixes"):
            for one in getattr(self, name):
                if not re.fullmatch("[0-9]{1,20}", one):
                    yield f"{name} {one!r}: give digits"
        yield from code_problems(self.codes, [scope.name for scope in self.scopes], self.code_pin)

    def _scope_problems(self) -> Iterator[str]:
        if not self.scopes:
            yield "scopes: give at least one"
        seen: set[str] = set()
        for scope in self.scopes:
            if not _NAME.fullmatch(scope.name):
                yield f"scope {scope.name!r}: use letters, digits, '_' and '-', at most 40"
            if not _QUEUE.fullmatch(scope.queue):
                yield f"scope {scope.name!r}: queue {scope.queue!r} may hold letters, digits, '.', '_' and '-'"
            if scope.language not in self.languages:
                yield f"scope {scope.name!r}: its language {scope.language!r} is not one of {self.languages!r}"
            if scope.name in seen:
                yield f"scope {scope.name!r} is given twice"
            seen.add(scope.name)

    def _path_problems(self) -> Iterator[str]:
        shapes = {**dict.fromkeys(PATHS, (_PATH, 80)), **dict.fromkeys(LONG_PATHS, (_LONG_PATH, 200))}
        if self.local_agi:
            shapes["local_agi"] = (_LONG_PATH, 200)
        for name, (shape, most) in shapes.items():
            if not shape.fullmatch(str(getattr(self, name))):
                yield (
                    f"{name} {str(getattr(self, name))!r}: give an absolute path of at most {most} letters, digits, "
                    "'.', '_' and '-' (Asterisk splits other signs)"
                )

    def _danger_problems(self) -> Iterator[str]:
        if self.danger_key not in ("", *KEYS):
            yield f"danger_key {self.danger_key!r}: give one of {', '.join(KEYS)}, or nothing"
        for ways in self.oncall:
            if not ways:
                yield "oncall: somebody has no way to be dialled"
            for way in ways:
                if not _DIAL.fullmatch(way):
                    yield f"oncall {way[:6]}…: give a whole dial string, such as PJSIP/13800000000@carrier-a"

    def _number_problems(self) -> Iterator[str]:
        limits = {
            "beat_fresh": (1, 3600),
            "flag_expires": (1, 86400),
            "agi_start": (2, 60),
            "agi_silence": (4, 60),
            "max_tries": (1, 9),
            "key_wait": (1, 60),
            "digit_wait": (1, 60),
            "queue_wait": (1, 3600),
            "callback_priority": (-1000, -1),
            "customer_priority": (1, 1000),
            "code_lock": (60, 86400),
            "danger_ring": (5, 120),
            "local_start": (1, 100),
            "local_most": (1, 1000),
            "apology_after": (0, 3600),
        }
        for name, (least, most) in limits.items():
            if not least <= getattr(self, name) <= most:
                yield f"{name} {getattr(self, name)}: give a whole number from {least} to {most}"
        if self.flag_expires <= self.beat_fresh:
            yield f"flag_expires {self.flag_expires}: must be longer than beat_fresh {self.beat_fresh}"
