"""Makes Asterisk hold the flags that the core wants: level-triggered, written again after every connect."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

import structlog

from ami_bridge.link import LinkDown, Reply
from fallback.decision import WantFlag
from fallback.modes import DialplanAction

Act = Callable[[dict[str, str]], Awaitable[Reply]]
log = structlog.get_logger()

SCOPE_FAMILY = "holdfast-scope"
RETRY_SECONDS = 0.5
LAMP = {
    DialplanAction.PASS: "NOT_INUSE",
    DialplanAction.NOTICE: "RINGING",  # blinks: callers reach agents, and hear of trouble
    DialplanAction.OFFER: "RINGING",
    DialplanAction.CAPTURE: "INUSE",
    DialplanAction.EVACUATE: "INUSE",
}


def flag_value(flag: WantFlag) -> str:
    """The one AstDB value of a scope: action, mode, message, recovery epoch or nothing, incident or nothing."""
    recovery = str(int(flag.recovery_at.timestamp())) if flag.recovery_at else ""
    return ",".join((flag.action, flag.mode, flag.message, recovery, flag.incident))


class Flags:
    """Compares what is wanted with what Asterisk has confirmed, and writes the difference until they agree."""

    def __init__(self, act: Act, wall: Callable[[], datetime]) -> None:
        self._act = act
        self._wall = wall
        self._wanted: dict[str, WantFlag] = {}
        self._unwanted: set[str] = set()  # scopes whose flag is to be taken out of AstDB
        self._confirmed: dict[str, tuple[str, datetime]] = {}
        self._lit: dict[str, str] = {}
        self._linked = False
        self._wake = asyncio.Event()

    def want(self, flags: Iterable[WantFlag]) -> None:
        """States the whole of what is wanted now. What was wanted before is taken away: a scope that the policy has lost, or
        all of them when it is disarmed, must not go on holding callers.
        """
        wanted = {flag.scope: flag for flag in flags}
        self._unwanted = (self._unwanted | self._wanted.keys()) - wanted.keys()
        self._wanted = wanted
        self._wake.set()

    def let_go(self, scopes: Iterable[str]) -> None:
        """Flags that an earlier run may have left are taken away, unless they are wanted."""
        self._unwanted |= set(scopes) - self._wanted.keys()
        self._wake.set()

    def linked(self, up: bool) -> None:
        """After a connect nothing counts as confirmed: Asterisk may have lost its last second, or be another one."""
        self._linked = up
        self._confirmed.clear()
        self._lit.clear()
        self._wake.set()

    def confirmed(self, scope: str) -> tuple[bool, datetime | None]:
        """Whether Asterisk has confirmed the wanted flag of a scope, and since when (aware UTC)."""
        wanted = self._wanted.get(scope)
        value, at = self._confirmed.get(scope, ("", None))
        return (wanted is not None and value == flag_value(wanted)), at

    async def run(self) -> None:
        """Until cancelled: waits for a difference, writes it, tries again where that failed."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._linked and not await self._write_difference():
                await asyncio.sleep(RETRY_SECONDS)
                self._wake.set()

    async def _write_difference(self) -> bool:
        for scope in list(self._wanted):
            flag = self._wanted.get(
                scope
            )  # what was wanted may have changed while the one before was written
            if flag is None:
                continue
            value, lamp = flag_value(flag), LAMP[flag.action]
            try:
                if self._confirmed.get(scope, ("", None))[0] != value and not await self._write(
                    scope, flag, value
                ):
                    return False
                if self._lit.get(scope) != lamp:
                    await self._light(scope, lamp)
            except LinkDown as problem:
                log.warning("flag not written", scope=scope, reason=str(problem))
                return False
        return await self._take_away_unwanted()

    async def _take_away_unwanted(self) -> bool:
        try:
            for scope in sorted(self._unwanted):
                await self._take_away(scope)
        except LinkDown as problem:
            log.warning("flags not taken away", reason=str(problem))
            return False
        return True

    async def _write(self, scope: str, flag: WantFlag, value: str) -> bool:
        put = {"Action": "DBPut", "Family": SCOPE_FAMILY, "Key": scope, "Val": value}
        reply = await self._act(put)
        if not reply.ok:
            log.error("flag refused by Asterisk", scope=scope, reason=reply.message)
            return False
        self._confirmed[scope] = (value, self._wall())
        log.info("flag written", scope=scope, action=flag.action, mode=flag.mode)
        return True

    async def _take_away(self, scope: str) -> None:
        """Raises LinkDown. Asterisk refuses to delete what is not there, which is as good."""
        await self._act({"Action": "DBDel", "Family": SCOPE_FAMILY, "Key": scope})
        self._confirmed.pop(scope, None)
        if scope in self._unwanted:
            self._unwanted.discard(scope)
            await self._light(scope, LAMP[DialplanAction.PASS])
        self._lit.pop(scope, None)

    async def _light(self, scope: str, state: str) -> None:
        """The lamp follows its flag; one that Asterisk refuses is told once and not tried for ever."""
        lamp = {"Action": "Setvar", "Variable": f"DEVICE_STATE(Custom:holdfast-{scope})", "Value": state}
        reply = await self._act(lamp)
        self._lit[scope] = state
        if not reply.ok:
            log.error("lamp refused by Asterisk", scope=scope, reason=reply.message)
