"""Alert calls through our own Asterisk: placed once each, and watched until AstDB says how they ended.

As with attempts, what is believed is what the guarded context wrote (docs/adr/0007). A call that was on its way when the
link, or this process, was lost is adopted: its key stands in AstDB under an id that follows from the message alone.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from alerts.book import short_id
from alerts.call_way import AlertCall, judge
from alerts.values import Fate, Receipt
from ami_bridge.capacity import usable
from ami_bridge.channels import LIST_TIMEOUT
from ami_bridge.clock import Clock
from ami_bridge.link import Link, LinkDown, NotSent
from ami_bridge.originate import Guard, Headers
from config.prompts import alert_prompts
from fallback.policy import Policy, Trunk
from fallback.state import State

log = structlog.get_logger()

FAMILY = "holdfast-alert"
DIAL_CONTEXT, SPEAK_CONTEXT = "holdfast-alert-dial", "holdfast-alert"
NOT_AFTER = 20  # seconds after which Asterisk refuses an order to call
LATE = 3.0  # seconds after which the guard surely refuses an order whose time has passed
RING = 30
LONGEST = 300.0  # seconds after which nothing more is heard of a call: it rings 30 s and speaks 240 s at most
KEEP_KEY = 600.0  # seconds for which a key stays in AstDB, so that a late order is known as seen
LOOK_EVERY = 0.4
NEVER_BEGAN = "Asterisk never began with the call"
NOT_NEEDED = "hung up before it was answered: nobody needs to be told any more"
UNANSWERED = ("Down", "Ring", "Ringing")  # states of a channel in CoreShowChannels
READY_SECONDS = (
    3.0  # for which a call waits for a link that is only just being made, before the next way's turn
)


@dataclass(slots=True)
class Watched:
    """A call under way, or over and not yet swept. since, over_at: mono seconds; told: its fate so far; needless: it may stop
    ringing; cut: it was made to.
    """

    key: str
    since: float
    placed: bool = True  # by this run, under the present link
    told: Fate | None = None
    over_at: float | None = None
    needless: bool = False
    cut: bool = False


@dataclass(slots=True)
class AlertCalls:
    """Satisfies ``alerts.call_way.Caller``. lines: usable trunks, the freest first; receipt: hears how calls end.

    guard: None while nothing may be dialled: the fence of this connection is not raised yet. order: what Asterisk is sent.
    """

    link: Link
    guard: Callable[[], Guard | None]
    lines: Callable[[], Sequence[Trunk]]
    receipt: Callable[[str, Receipt], None]
    clock: Clock
    shown: str = ""
    order: "Callable[[AlertCall, str, Guard, str], Headers]" = field(
        default_factory=lambda: originate
    )  # which is below
    _calls: dict[str, Watched] = field(default_factory=dict)

    async def place(self, call: AlertCall) -> Receipt:
        """One order to call, sent once."""
        if call.id in self._calls:
            return Receipt(Fate.UNKNOWN, "this call is on its way already")
        dial = self._dial(call.address)
        if not dial:
            return Receipt(Fate.FAILED, "no line is free", untouched=True)
        guard = await self._ready()
        if guard is None:
            return Receipt(Fate.FAILED, "not placed: the manager link is not ready", untouched=True)
        order = self.order(call, dial, guard, self.shown)
        self._calls[call.id] = Watched(call.key, self.clock().mono)
        receipt = await self._ask(order)
        if receipt.fate is Fate.FAILED:
            del self._calls[call.id]
        return receipt

    async def _ready(self) -> Guard | None:
        """A bridge that starts has rungs to tell before its link stands; a link that is lost is not waited for."""
        until = self.clock().mono + READY_SECONDS
        while (guard := self.guard()) is None:
            if (not self.link.connected and self.link.trouble) or self.clock().mono > until:
                return None
            await asyncio.sleep(0.05)
        return guard

    async def _ask(self, order: Headers) -> Receipt:
        try:
            reply = await self.link.action(order)
        except (NotSent, ValueError) as problem:  # ValueError: a header that Asterisk would misread
            return Receipt(Fate.FAILED, f"not placed: {problem}", untouched=isinstance(problem, NotSent))
        except (
            LinkDown
        ) as problem:  # it left, and nobody answered: AstDB will tell, and meanwhile the next way follows
            return Receipt(Fate.UNKNOWN, f"no answer from Asterisk: {problem}")
        if not reply.ok:
            return Receipt(Fate.FAILED, f"Asterisk refused: {reply.message}", untouched=True)
        return Receipt(Fate.SENT)

    def adopt(self, keys: Iterable[str]) -> None:
        """Messages of an earlier run, or from before the link was lost, whose calls may live on (``Alerts.awaiting``)."""
        for watched in self._calls.values():
            watched.placed = False
        for key in keys:
            name = call_id(key)
            if name not in self._calls:
                self._calls[name] = Watched(key, self.clock().mono, placed=False)

    def hang_up(self, keys: Iterable[str]) -> None:
        """Calls of these messages need ring no longer: somebody else took the matter on. Whoever has answered is not cut off."""
        for name in map(call_id, keys):
            if name in self._calls:
                self._calls[name].needless = True

    async def run(self) -> None:
        """Until cancelled: looks at every call that is under way."""
        while True:
            if self._calls and self.link.connected:
                try:
                    await self.look()
                except LinkDown as problem:
                    log.warning("alert calls wait", reason=str(problem))
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """One look at each; raises LinkDown."""
        now = self.clock().mono
        for name, watched in list(self._calls.items()):
            if watched.over_at is None:
                await self._look_at(name, watched, now)
            elif now - watched.over_at > KEEP_KEY:
                await self.link.action({"Action": "DBDel", "Family": FAMILY, "Key": name})
                self._calls.pop(name, None)

    async def _look_at(self, name: str, watched: Watched, now: float) -> None:
        stage = await _stage(self.link, name)
        if watched.needless and not watched.cut and stage is not None and stage.startswith("dial,"):
            watched.cut = await _hush(self.link, name)
        found = judge(stage) if stage is not None else self._never_seen(watched, now)
        if watched.cut and found is not None and found.fate is Fate.FAILED:
            found = Receipt(Fate.FAILED, NOT_NEEDED)
        if found is None and now - watched.since > LONGEST:
            found = Receipt(Fate.UNKNOWN, "Asterisk never said how the call ended")
        if found is not None and found.fate is not watched.told:
            watched.told = found.fate
            self.receipt(watched.key, found)
        heard = watched.told is Fate.DELIVERED and now - watched.since <= LONGEST  # 1 may yet be pressed
        if watched.told is not None and not heard:
            watched.over_at = now

    def _never_seen(self, watched: Watched, now: float) -> Receipt | None:
        """An order that Asterisk has not begun with by now is refused by its time, or by the fence that was raised since."""
        if now - watched.since < NOT_AFTER + LATE:
            return None
        return Receipt(Fate.FAILED, NEVER_BEGAN, untouched=watched.placed)

    def _dial(self, address: str) -> str:
        """A whole dial string stands as it is; a number goes out on the freest line. "" when none is free."""
        if "/" in address:
            return address
        lines = self.lines()
        return lines[0].dial.format(number=address) if lines else ""


def call_id(key: str) -> str:
    """The id of a message's call, as ``alerts.call_way.call_of`` gives it."""
    return f"al{short_id(key)}"


def originate(call: AlertCall, dial: str, guard: Guard, shown: str) -> Headers:
    """The order for a call to staff, who may take the matter on by 1. Pure."""
    speak = "&".join(alert_prompts(call.language, call.facts))
    return spoken_by(SPEAK_CONTEXT, speak, call, dial, guard, shown)


def spoken_by(context: str, speak: str, call: AlertCall, dial: str, guard: Guard, shown: str) -> Headers:
    """The order for a call that this context speaks to, once it was answered. speak: prompts joined by "&". Pure."""
    variables = {
        "HF_DIAL": dial,
        "HF_RING": str(RING),
        "HF_SHOWN": shown,
        "HF_SPEAK": speak,
        "HF_LANG": call.language,
        "HF_FENCE": str(guard.fence),
        "HF_NOT_AFTER": str(guard.epoch + NOT_AFTER),
    }
    return {
        "Action": "Originate",
        "Channel": f"Local/{call.id}@{DIAL_CONTEXT}/n",
        "Context": context,
        "Exten": call.id,
        "Priority": "1",
        "Async": "true",
        "Timeout": str((RING + 10) * 1000),
        "Variable": [f"{name}={value}" for name, value in variables.items()],
    }


def alert_lines(
    policy: Policy, state: State, in_use: Mapping[str, int], wanted: Sequence[str]
) -> tuple[Trunk, ...]:
    """Trunks that an alert call may use now, the freest first. wanted: names, () any. A full one is none. Pure."""
    names = [name for name in wanted if name in policy.trunks] or list(policy.trunks)
    free = [
        (trunk.channels - in_use.get(trunk.name, 0), trunk)
        for trunk in map(policy.trunks.__getitem__, names)
        if usable(state.components.get(trunk.name))
    ]
    return tuple(trunk for left, trunk in sorted(free, key=lambda pair: -pair[0]) if left > 0)


async def _stage(link: Link, name: str) -> str | None:
    """What stands in AstDB, None when Asterisk has never seen the id; raises LinkDown."""
    reply = await link.action({"Action": "DBGet", "Family": FAMILY, "Key": name})
    if reply.ok:
        return next(
            (item.get("Val", "") for item in reply.events if item.get("Event") == "DBGetResponse"), ""
        )
    if "not found" in reply.message.lower():
        return None
    raise LinkDown(f"Asterisk refused DBGet: {reply.message}")


async def _hush(link: Link, name: str) -> bool:
    """Hang up the call with this id unless it was answered; whether it was. Raises LinkDown."""
    reply = await link.action({"Action": "CoreShowChannels"}, timeout=LIST_TIMEOUT)
    for item in reply.events if reply.ok else ():
        channel = item.get("Channel", "")
        # the first half is up as soon as somebody has answered
        if channel.startswith(f"Local/{name}@{DIAL_CONTEXT}-") and channel.endswith(";1"):
            if item.get("ChannelStateDesc") not in UNANSWERED:
                return False
            return (await link.action({"Action": "Hangup", "Channel": channel, "Cause": "16"})).ok
    return False
