"""Whose promise a live caller has who is with an agent now, so that the agent can adopt it (requirement E6).

Looked at whenever the channels are: after a restart, too, an agent sees at once who is on his line.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ami_bridge.channels import Talk
from ami_bridge.clock import Clock
from ami_bridge.store_thread import StoreThread
from callbacks.values import Promise
from fallback.policy import Policy
from store import Store

AGAIN_SECONDS = (
    3.0  # what the caller left a moment ago comes into the book, what the agent adopts goes out of it
)
MOST = 20  # promises of one number that are looked at
Json = dict[str, Any]


@dataclass(slots=True)
class Adoption:
    """as_dialled: a number as the book has it. members: of each queue, as Asterisk names them."""

    store: Store
    thread: StoreThread
    as_dialled: Callable[[str], str]
    policy: Callable[[], Policy]
    members: Callable[[], Mapping[str, Mapping[str, object]]]
    clock: Clock
    _known: dict[Talk, tuple[float, list[Promise]]] = field(default_factory=dict)

    async def look(self, talks: Sequence[Talk]) -> None:
        """Who talks now; raises StoreProblem."""
        now = self.clock().mono
        known = {talk: self._known[talk] for talk in talks if talk in self._known}
        for talk in talks:
            if talk not in known or now - known[talk][0] >= AGAIN_SECONDS:
                known[talk] = now, await self._open(talk)
        self._known = known

    async def _open(self, talk: Talk) -> list[Promise]:
        """Open promises of the number, those of the queue's own scopes first."""
        number = self.as_dialled(talk.number)
        found = await self.thread(lambda: self.store.search(number=number, limit=MOST))
        scopes = {name for name, scope in self.policy().scopes.items() if scope.queue == talk.queue}
        return sorted(
            (one for one in found if one.closed_at is None), key=lambda one: (one.scope not in scopes, one.id)
        )

    def row(self) -> Json:
        """Live row ``talking``: member → number of the caller and his open promises; members without one are left out."""
        members = {member.removesuffix("/n"): member for queue in self.members().values() for member in queue}
        return {
            members.get(talk.device, talk.device): {
                "number": self.as_dialled(talk.number),
                "queue": talk.queue,
                "promise": promises[0].id,
                "promises": [one.id for one in promises],
            }
            for talk, (_, promises) in self._known.items()
            if promises
        }
