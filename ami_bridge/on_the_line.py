"""Who is on the line at this moment, with an agent, in a queue or in a dialogue, is not called back now (requirement E6)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from callbacks.values import Promise

_MOST_FORMS = 5000


@dataclass(slots=True)
class OnTheLine:
    """as_dialled: a number as the book has it. A promise whose caller is on the line stays claimed until he has hung up: given
    back, it would be claimed again at once, and nobody else is to call him either.
    """

    as_dialled: Callable[[str], str]
    _numbers: frozenset[str] = frozenset()
    _kept: dict[int, tuple[str, float]] = field(default_factory=dict)  # promise → its number, claimed until
    _forms: dict[str, str] = field(default_factory=dict)

    def seen(self, live: Collection[str], dialled: Collection[str]) -> None:
        """Caller ids of live calls, as Asterisk has them, and numbers that are being called back."""
        if len(self._forms) > _MOST_FORMS:
            self._forms.clear()
        for number in live:
            if number not in self._forms:
                self._forms[number] = self.as_dialled(number)
        self._numbers = frozenset((*(self._forms[number] for number in live), *dialled))

    def __contains__(self, number: str) -> bool:
        return number in self._numbers

    def add(self, number: str) -> None:
        """He is being called from now on."""
        self._numbers |= {number}

    def keep(self, promise: Promise, until: float) -> None:
        """Claimed, and not called while he is on the line. until: when the claim lapses, monotonic."""
        self._kept[promise.id] = promise.number, until

    def gone(self, mono: float) -> list[int]:
        """Promises kept whose callers have hung up: to be given back. Those whose claim has lapsed are forgotten."""
        self._kept = {id_: (number, until) for id_, (number, until) in self._kept.items() if mono < until}
        over = [id_ for id_, (number, _) in self._kept.items() if number not in self._numbers]
        for id_ in over:
            del self._kept[id_]
        return over
