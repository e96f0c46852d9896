"""The store as a whole: subjects that share one database."""

from store.attempts import Attempts
from store.captures import Captures
from store.decisions import Decisions
from store.engine import Database
from store.intents import Intents
from store.live import Live
from store.promises import Promises
from store.schema import check
from store.view import View


class Store:
    """Opens a database that ``store.migrate`` has prepared. Raises StoreProblem, with a remedy, when it
    cannot be used.

    url: an SQLAlchemy address, e.g. ``sqlite:////var/lib/holdfast/holdfast.db``. Synchronous and
    thread-safe; from asyncio, call it through a thread.
    """

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        try:
            check(self.database)
        except BaseException:
            self.database.close()
            raise
        self.captures = Captures(self.database)
        self.promises = Promises(self.database)
        self.attempts = Attempts(self.database)
        self.decisions = Decisions(self.database)
        self.intents = Intents(self.database)
        self.live = Live(self.database)
        self.view = View(self.database)

    def close(self) -> None:
        """Let go of all connections."""
        self.database.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
