"""What a dialogue's drivers need from outside, as Protocols; the composition roots give them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ivr.values import Left, Outage, PromiseSeen


class Keep(Protocol):
    """Makes a line durable in the spool."""

    async def __call__(self, left: Left) -> None:
        """Returns when it is durable; raises when it is not."""
        ...


class Desk(Protocol):
    """Looks into the book. Every method may raise: then the caller hears that nobody can look at the moment."""

    async def look(self, number: str, reference: str) -> PromiseSeen | None:
        """The open (or just cancelled) promise of a number; None when there is none or the reference is wrong."""
        ...

    async def admit(self, number: str, caller_id: str) -> bool:
        """Whether a keyed number may be taken within the limits. Nobody who is refused is lost: he is asked for another."""
        ...


class Outages(Protocol):
    """The planned outages that callers can ask for."""

    def __call__(self, now: datetime) -> Sequence[Outage]:
        """Those that have not ended and start within seven days (requirement B5). now: aware UTC."""
        ...
