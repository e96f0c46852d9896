"""The store as a whole: every subject over one database."""

from store.attempts import Attempts
from store.calls import Calls
from store.captures import Captures
from store.copied import Copied
from store.decisions import Decisions
from store.desk import DeskWork
from store.duty import Duty
from store.engine import Database
from store.gone import Gone
from store.half_hours import HalfHours
from store.history import History
from store.holders import Holders
from store.incidents import Incidents
from store.intents import Intents
from store.keeping import Keeping
from store.live import Live
from store.lookups import Lookups
from store.matters import Matters
from store.notices import Notices
from store.owing import Owing
from store.persons import Persons
from store.promise_counts import PromiseCounts
from store.promises import Promises
from store.records import Records
from store.rehearsing import Rehearsing
from store.schema import alive, check, is_current, migrate
from store.search import Search
from store.several import mark_of
from store.view import View


class Store(
    Captures,
    Lookups,
    Promises,
    DeskWork,
    Matters,
    Owing,
    Search,
    History,
    Attempts,
    Decisions,
    Incidents,
    Records,
    Intents,
    Live,
    View,
    Duty,
    Notices,
    Calls,
    HalfHours,
    PromiseCounts,
    Rehearsing,
    Keeping,
    Persons,
    Holders,
    Gone,
    Copied,
):
    """The one door to the database: its subjects' methods, each one transaction. Synchronous and thread-safe.

    url: an SQLAlchemy address, e.g. ``sqlite:////var/lib/holdfast/holdfast.db``; nothing is read before
    the first call. Every method raises StoreProblem, with a remedy, when the database cannot be used.
    """

    def __init__(self, url: str, *, patience: float | None = None) -> None:
        """patience: seconds for which any answer of a shared database is waited for."""
        super().__init__(Database(url, patience))
        self._url = url

    def beside(self, patience: float) -> "Store":
        """Another door to the same database, which waits for nothing longer than this, nor behind this one."""
        return Store(self._url, patience=patience)

    def speak_for(self, pbx: str, *, first: bool) -> None:
        """From now on as the bridge of this Asterisk: rows of the moment, incidents and calls are its own."""
        self.pbx, self.mark = pbx, "" if first else mark_of(pbx)

    def migrate(self) -> None:
        """Create the tables or bring them up to date; harmless when they are."""
        if self.is_shared and is_current(self._database):
            return  # without a way of its own there, which a start would wait for
        migrate(self._url)

    def ping(self) -> None:
        """Raises StoreProblem unless the tables are those of this version and can be written. Ask it at
        start.
        """
        check(self._database)

    def alive(self) -> None:
        """Raises StoreProblem unless the database answers and can be written. Ask it while you work."""
        alive(self._database)

    @property
    def is_shared(self) -> bool:
        """Whether several machines may work with this database."""
        return not self._database.is_file

    def close(self) -> None:
        """Let go of all connections."""
        self._database.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
