"""A bridge's rooms around a real book: only Asterisk is a fake, and it holds nothing but AstDB values and channels."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ami_bridge.attempts import Attempts
from ami_bridge.dispatch import Dispatcher
from ami_bridge.inbox import Inbox
from ami_bridge.link import Headers, Link, LinkSettings, LinkState, NotSent, Reply
from ami_bridge.originate import Guard
from ami_bridge.site import site_of
from ami_bridge.store_thread import StoreThread
from callbacks.policy import CallbackPolicy
from callbacks.values import Attempt, Capture, Matter, NumberSource, Promise
from fallback.events import Presence
from fallback.modes import Mode
from fallback.policy import Policy, Pool, Scope, Trunk
from fallback.state import ComponentState, Health, ScopeState, State
from fallback.time import Now
from store import Store, migrate

START = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
FENCE = 1_763_720_100_000
HOLDER = "bridge-1"


class FakeAsterisk(Link):
    """Answers what the bridge asks out of ``db`` and ``channels``, and remembers what it was sent.

    answers: for an action, by name, what to do instead of the usual: an exception to raise or a Reply to give.
    before: called with each originate before it is answered. on: what happens, once, before an action is answered.
    """

    def __init__(self) -> None:
        super().__init__(LinkSettings("127.0.0.1", 1, "test", "test"), Inbox())
        self.state = LinkState.UP
        self.db: dict[tuple[str, str], str] = {}
        self.channels: list[dict[str, str]] = []
        self.sent: list[dict[str, Any]] = []
        self.answers: dict[str, list[Exception | Reply]] = {}
        self.before: Callable[[dict[str, Any]], None] = lambda _headers: None
        self.on: dict[str, Callable[[dict[str, Any]], None]] = {}

    async def action(self, headers: Headers, *, timeout: float | None = None) -> Reply:  # noqa: ASYNC109  # as Link.action
        if not self.connected:
            raise NotSent("down")
        given: dict[str, Any] = dict(headers)
        self.sent.append(given)
        if given["Action"] == "Originate":
            self.before(given)
        if happens := self.on.pop(given["Action"], None):
            happens(given)
        if waiting := self.answers.get(given["Action"]):
            answer = waiting.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        return self._usual(given)

    def _usual(self, given: dict[str, Any]) -> Reply:
        match given["Action"]:
            case "DBGet":
                value = self.db.get((given["Family"], given["Key"]))
                if value is None:
                    return refusal("Database entry not found")
                return done(events=({"Event": "DBGetResponse", "Val": value},))
            case "DBPut":
                self.db[given["Family"], given["Key"]] = given["Val"]
                return done()
            case "DBDel":
                gone = self.db.pop((given["Family"], given["Key"]), None)
                return done() if gone is not None else refusal("Database entry not found")
            case "DBDelTree":
                for place in [place for place in self.db if place[0] == given["Family"]]:
                    del self.db[place]
                return done()
            case "CoreShowChannels":
                return done(events=tuple(self.channels))
            case _:
                return done()

    def actions(self, name: str) -> list[dict[str, Any]]:
        """What was sent, by the action's name."""
        return [one for one in self.sent if one["Action"] == name]

    def stage(self, key: str, value: str) -> None:
        """What the guarded context would have written of an attempt."""
        self.db["holdfast-attempt", key] = value

    def live(self, key: str, channel: str = "Local/x@holdfast-queue-1;1") -> None:
        """A channel of an attempt."""
        self.channels.append({"Uniqueid": f"hf-{key}", "Channel": channel, "Event": "CoreShowChannel"})


def done(*, events: tuple[dict[str, str], ...] = (), **headers: str) -> Reply:
    return Reply(True, "", headers, events)


def refusal(message: str) -> Reply:
    return Reply(False, message, {"Response": "Error", "Message": message})


def policy(*scopes: str, channels: int = 10) -> Policy:
    """Each scope has its own queue and pool; two carriers serve all of them."""
    carriers = ("carrier-a", "carrier-b")
    return Policy(
        trunks={name: Trunk(name, name, "PJSIP/{number}@" + name, channels) for name in carriers},
        pools={f"{name}-agents": Pool(f"{name}-agents", name) for name in scopes},
        scopes={name: Scope(name, name, (f"{name}-agents",), carriers) for name in scopes},
        armed=True,
    )


def well(site: Policy, agents: int = 4) -> State:
    """Everything is up, so many agents are free in each queue, and callbacks have long been allowed."""
    names = (*site.trunks, *site.pools)
    return State(
        linked=True,
        components={name: ComponentState(name, Health.UP) for name in names},
        members={
            scope.queue: {f"PJSIP/{scope.queue}-{n}": Presence.FREE for n in range(agents)}
            for scope in site.scopes.values()
        },
        scopes={name: ScopeState(name, effective=Mode.NORMAL, ready_since_mono=-1e6) for name in site.scopes},
    )


def capture(number: str, scope: str = "power", minute: int = 0) -> Capture:
    return Capture(
        key=f"pbx1:{number}",
        at=START - timedelta(hours=1) + timedelta(minutes=minute),
        scope=scope,
        caller_id=number,
        number=number,
        source=NumberSource.OWN,
        matter=Matter.FAULT,
        language="zh-CN",
        tier=1,
        wanted=True,
        promised=True,
    )


@dataclass
class World:
    """One site. now: what every clock says; the tests move it."""

    store: Store
    thread: StoreThread
    asterisk: FakeAsterisk
    site: Policy
    rules: CallbackPolicy
    state: State
    now: Now = field(default_factory=lambda: Now(START, 1000.0))
    refused: dict[str, str] = field(default_factory=dict)  # number → why it may not be dialled

    def __post_init__(self) -> None:
        self.attempts = Attempts(self.store, self.thread, self.asterisk, self.rules)
        self.dispatcher = Dispatcher(
            policy=self.site,
            callbacks=self.rules,
            site=site_of(self.site),
            store=self.store,
            thread=self.thread,
            link=self.asterisk,
            attempts=self.attempts,
            state=lambda: self.state,
            guard=lambda: Guard(FENCE, int(self.now.wall.timestamp())),
            clock=lambda: self.now,
            dialable=lambda number: self.refused.get(number, ""),
            holder=HOLDER,
            fence_raised_at=START - timedelta(seconds=1),
        )

    def later(self, seconds: float) -> None:
        """Lets time pass."""
        self.now = Now(self.now.wall + timedelta(seconds=seconds), self.now.mono + seconds)

    def waiting(self, queue: str, callers: int) -> None:
        """So many calls wait in a queue, as the queue itself counts them."""
        self.state = replace(self.state, waiting={**self.state.waiting, queue: callers})

    def promised(self, *numbers: str, scope: str = "power") -> list[Promise]:
        """Callers who left their numbers, the first named first."""
        lines = [capture(number, scope, minute) for minute, number in enumerate(numbers)]
        self.store.import_captures(lines, f"test-{scope}-{len(self.store.open_promises())}", 1, START)
        return [one for one in self.store.open_promises() if one.number in numbers]

    def started(self, number: str, key: str, *, ago: float = 0.0, agent: str = "") -> Attempt:
        """An attempt whose row is in the book, started so many seconds ago."""
        self.promised(number)
        at = self.now.wall - timedelta(seconds=ago)
        (promise,) = self.store.claim_due(["power"], 1, at, HOLDER, 3600)
        attempt = Attempt(key, promise.id, "power", number, "carrier-a", at, agent)
        self.store.start_attempt(attempt, HOLDER)
        return attempt

    def promise(self, promise_id: int) -> Promise:
        found = self.store.promise(promise_id)
        assert found is not None
        return found

    def attempt(self, key: str) -> Attempt:
        found = self.store.attempt(key)
        assert found is not None
        return found

    async def round(self) -> None:
        """One round of the dispatcher."""
        await self.dispatcher._round()


@cache
def _migrated() -> bytes:
    """An empty book as the migrations make it; made once, because it takes as long as a test."""
    with TemporaryDirectory() as folder:
        book = Path(folder) / "book.db"
        migrate(f"sqlite:///{book}")
        return book.read_bytes()


def empty_book(path: Path) -> str:
    """Puts an empty book there; returns its address."""
    path.write_bytes(_migrated())
    return f"sqlite:///{path}"


@contextmanager
def world(
    folder: Path, *scopes: str, rules: CallbackPolicy | None = None, channels: int = 10
) -> Iterator[World]:
    """A site with these scopes (or only "power") and an empty book."""
    url = empty_book(folder / "book.db")
    site = policy(*(scopes or ("power",)), channels=channels)
    thread = StoreThread()
    try:
        with Store(url) as store:
            yield World(store, thread, FakeAsterisk(), site, rules or CallbackPolicy(), well(site))
    finally:
        thread.close()
