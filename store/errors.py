"""What can be wrong with the store, told so that somebody can mend it."""

from collections.abc import Sequence


class StoreProblem(Exception):
    """The store cannot be used. The message names the database and the remedy; it is fit to be shown as it
    is.
    """


class StoreBusy(StoreProblem):
    """Somebody else held the database for too long. Nothing was written; trying again is right."""


class StoreAway(StoreProblem):
    """Nothing answers where the database should be. It may come back by itself: go on without it, and ask again."""


class Collided(StoreBusy):
    """Two writers stood in each other's way, and ours was the one that was taken back. Trying again at once is right."""


class ClaimLost(Exception):
    """The promise is not, or no longer, claimed by this holder; nothing was written and nothing may be
    dialled.
    """


class UnknownRow(LookupError):
    """There is no row with this key; the message names it."""


class StillOpen(Exception):
    """Promises stand in the way, by id; nothing was changed."""

    def __init__(self, promises: Sequence[int]) -> None:
        super().__init__(f"still open: {', '.join(f'#{one}' for one in promises)}")
        self.promises = tuple(promises)
