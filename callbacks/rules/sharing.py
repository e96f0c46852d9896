"""Live callers are not starved, and neither are callbacks (requirement E5). Pure.

While callers wait in the queue, every free agent goes to one of them, and callbacks would wait for ever on a day on which the
queue is never empty. So each live call that an agent takes while others wait puts something by for callbacks; when it comes
to a whole call, one callback may start. In the long run callbacks are ``share`` of the calls that agents take meanwhile.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Share:
    """The account of one scope. credit: callbacks that may start while callers wait. live, callbacks: calls of either kind that
    agents took, or that were started, while callers waited; for the measure.
    """

    credit: float = 0.0
    live: int = 0
    callbacks: int = 0

    def answered(self, waiting: int, share: float) -> "Share":
        """An agent took a live call, and so many callers wait on. share: 0 to 1, of the policy.

        A quiet hour puts nothing by, and no more than one callback's worth is kept over from call to call, so that no rush of
        callbacks meets the next rush of callers.
        """
        if waiting <= 0:
            return self
        earned = share / (1.0 - share) if share < 1.0 else _EVERY
        return replace(self, live=self.live + 1, credit=min(self.credit, 1.0) + earned)

    def started(self, waiting: int) -> "Share":
        """A callback was started while so many live callers wait. With none waiting it costs nothing."""
        if waiting <= 0:
            return self
        return replace(self, callbacks=self.callbacks + 1, credit=max(0.0, self.credit - 1.0))

    @property
    def measured(self) -> float | None:
        """The share of callbacks so far; None before the first call."""
        calls = self.live + self.callbacks
        return self.callbacks / calls if calls else None


_EVERY = 1_000.0  # a share of 1: callbacks are started as if nobody waited
