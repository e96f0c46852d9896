"""Which bridge does what a person asks, where one book serves several Asterisks (docs/how-to/several-machines.md).

A scope named as pages show it, ``power @ west``, is that Asterisk's alone. A plain one is meant for all of them: the first one's
bridge answers, and the others do the same after it. What is about an incident, or an agent, is done where it is known; if
nobody knows it, the first one's bridge says so. A policy is put in force by the bridge of the Asterisk that it names.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from ami_bridge.brain import Brain
from ami_bridge.clock import Clock
from ami_bridge.holding import Holding
from ami_bridge.intents import Refused, Word, ask, read
from ami_bridge.store_thread import StoreThread
from store import Store, StoreProblem
from store.intents import Intent
from store.several import SIGN, split

log = structlog.get_logger()

WIDE = frozenset({"override-set", "override-end", "recovery-set"})  # what is meant for every Asterisk
APPLY = "policy-apply"
LOOK_SECONDS = 0.5
LATELY = timedelta(minutes=2)  # what is older was decided on by whoever held before us
MOST = 50
PATIENCE = timedelta(seconds=2)  # after which nobody else has known it


class Routing:
    """One for a bridge."""

    def __init__(
        self, holding: Holding, store: Store, thread: StoreThread, brain: Brain, clock: Clock
    ) -> None:
        self._holding, self._store, self._thread = holding, store, thread
        self._brain, self._clock = brain, clock
        self._seen: set[int] = set()

    def __call__(self, intent: Intent) -> Intent | None:
        """The intent as we are to do it; None when it is another bridge's."""
        if not self._holding.others:
            return intent
        if intent.kind == APPLY and (meant := intent.payload.get("pbx", "")) in self._holding.others:
            return None  # its own bridge reads it: a policy is of one Asterisk
        if intent.kind == APPLY and meant == self._holding.pbx:
            return intent
        scope = str(intent.payload.get("scope", ""))
        plain, pbx = split(scope)
        if pbx:
            ours = pbx == self._holding.pbx
            return replace(intent, payload={**intent.payload, "scope": plain}) if ours else None
        return intent if self._knows(intent.payload) or self._answers(intent) else None

    def _knows(self, payload: Mapping[str, Any]) -> bool:
        """Whether only we can do it."""
        members = self._brain.state.members.values()
        return payload.get("incident") in self._brain.state.cases or any(
            payload.get("agent") in queue for queue in members
        )

    def _answers(self, intent: Intent) -> bool:
        """Whether the answer is ours where several could, or nobody can."""
        if self._store.mark:
            return False
        about = intent.payload.get("incident") or intent.payload.get("agent")
        return not about or self._clock().wall - intent.at > PATIENCE

    async def run(self) -> None:
        """Until cancelled: what another bridge answered and is meant for us as well."""
        while True:
            if self._store.mark:
                try:
                    await self._look()
                except StoreProblem as problem:
                    log.warning("wishes for all Asterisks wait", reason=str(problem))
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        since = self._clock().wall - LATELY
        for intent in reversed(await self._thread(self._store.intents, MOST)):
            named = SIGN in str(intent.payload.get("scope", ""))
            if intent.kind not in WIDE or named or intent.id in self._seen or intent.at < since:
                continue
            self._seen.add(intent.id)
            await self._do(intent)

    async def _do(self, intent: Intent) -> None:
        try:
            wish = read(intent.kind, intent.payload)
            said = await ask(wish, intent.who, self._brain.ask) if isinstance(wish, Word) else ""
        except Refused as reason:
            said = str(reason)
        log.info("intent for all", id=intent.id, kind=intent.kind, who=intent.who, result=said)
