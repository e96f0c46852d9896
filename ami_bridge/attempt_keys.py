"""Keys for attempts, each used once for ever, also when the book becomes an older copy of itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from ami_bridge.originate import Guard
from callbacks.rules import attempt_key
from callbacks.values import Promise

log = structlog.get_logger()


@dataclass(slots=True)
class AttemptKeys:
    """A key holds the promise's number, its try and the fence. A book that went back to an older copy counts tries, and may
    number promises, again: then Asterisk knows the key, would refuse the call, and tell how an earlier one ended. So a key that
    was used under the present fence is not used again; the fence is raised instead, and calls go on. read: the promise as it
    stands in the book.
    """

    guard: Callable[[], Guard]
    raise_fence: Callable[[], Awaitable[None]]
    read: Callable[[int], Awaitable[Promise | None]]
    _used: set[str] = field(default_factory=set)
    _fence: int = 0

    async def next(self, promise: Promise) -> tuple[str, Guard]:
        """A key that was never used, and what the guarded context compares; raises LinkDown."""
        guard = self._present()
        key = attempt_key(promise, guard.fence)
        if key in self._used:  # whoever asks may only be late: then the book itself counts further
            promise = await self.read(promise.id) or promise
            key = attempt_key(promise, guard.fence)
        if key in self._used:
            log.error(
                "the book is an older copy: the fence is raised, so that no attempt's key is used twice"
            )
            await self.raise_fence()
            guard = self._present()
            key = attempt_key(promise, guard.fence)
        self._used.add(key)
        return key, guard

    def _present(self) -> Guard:
        guard = self.guard()
        if guard.fence != self._fence:
            self._used.clear()
            self._fence = guard.fence
        return guard
