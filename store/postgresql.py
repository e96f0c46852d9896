"""What PostgreSQL needs: limits on every wait, durable commits, and its errors in words with their remedies."""

from functools import cache
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from store.errors import Collided, StoreAway, StoreBusy, StoreProblem

DRIVER = "postgresql+psycopg"
STATEMENT_SECONDS = 15  # for one statement; a pass of an import takes a tenth of a second
LOCK_SECONDS = 8  # for a row or table that somebody else holds
CONNECT_SECONDS = 5
SILENT_SECONDS = 8  # after which a connection that nobody answers on is given up
POOL_SECONDS = 10
PATIENCE_SECONDS = 20.0  # for any answer; the server itself gives a statement up before
READING: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""Options of a reader: all its statements see one moment, and none of them may write."""

IDLE_SECONDS = 10  # in a transaction; whoever was frozen in one must not keep others from its rows
_DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') IN ('off', 'local')"
)


def checked(url: URL) -> URL:
    """The address with psycopg 3 as its driver. Raises StoreProblem for one that names no database."""
    if url.drivername not in ("postgresql", DRIVER):
        raise StoreProblem(
            f"the database address begins with {url.drivername}; write postgresql://user@host/name, or "
            "sqlite:////var/lib/holdfast/holdfast.db"
        )
    if not url.database:
        raise StoreProblem("the database address names no database: postgresql://user@host/NAME")
    return url.set(drivername=DRIVER)


def name_of(url: URL) -> str:
    """The database as people know it, without a password."""
    hosts = url.query.get("host", ())
    asked = [hosts] if isinstance(hosts, str) else list(hosts)
    return f"{url.database} at {url.host or ', '.join(asked) or 'this machine'}"


def engine(url: URL, patience: float = PATIENCE_SECONDS) -> Engine:
    """patience: seconds for which any answer is waited for. Raises StoreProblem where the driver is missing."""
    known: dict[str, Any] = {
        "patience": patience,
        "connect_timeout": max(2, min(CONNECT_SECONDS, int(patience))),
        "application_name": "holdfast",
        # a server that was cut off says nothing: without these its connections are waited for for minutes
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        "tcp_user_timeout": SILENT_SECONDS * 1000,
        "target_session_attrs": "read-write",  # of several hosts, the one that may be written
        "options": _options(patience),
    }
    try:
        made = create_engine(
            url,
            connect_args={name: value for name, value in known.items() if name not in url.query},
            pool_size=8,
            max_overflow=8,
            pool_timeout=POOL_SECONDS,
            pool_pre_ping=True,
            pool_recycle=1800,
            pool_use_lifo=True,
            hide_parameters=True,
            use_native_hstore=False,  # we have none, and each engine would ask for it
        )
    except ModuleNotFoundError as error:
        raise StoreProblem(
            f"the driver for PostgreSQL is not installed: pip install 'psycopg[binary]' ({error.name})"
        ) from None
    event.listen(made, "do_connect", _connect)
    event.listen(made, "connect", _durable)
    return made


def _options(patience: float) -> str:
    """Whoever waits for little must not leave a statement behind that waits for long, nor rows that nobody else gets."""
    limits = {
        "statement_timeout": STATEMENT_SECONDS,
        "lock_timeout": LOCK_SECONDS,
        "idle_in_transaction_session_timeout": IDLE_SECONDS,
    }
    told = [f"-c {name}={int(1000 * min(seconds, 0.8 * patience))}" for name, seconds in limits.items()]
    return " ".join([*told, "-c timezone=UTC"])


def _connect(_dialect: Any, _record: Any, given: list[Any], named: dict[str, Any]) -> Any:
    return _patient(named.pop("patience")).connect(*given, **named)


@cache
def _patient(seconds: float) -> Any:
    """A kind of connection that gives up: a server that is frozen, or a machine that is cut off, never says that it is gone."""
    from psycopg import Connection, OperationalError
    from psycopg.errors import _WaitTimeout

    class Patient(Connection[Any]):
        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            try:
                return super().wait(gen, interval, timeout or seconds)
            except _WaitTimeout:
                self.pgconn.finish()
                raise OperationalError(f"no answer within {seconds:g} s") from None

    return Patient


def _durable(connection: Any, _record: Any) -> None:
    """A commit counts when it is on the disk, whatever the server is set to; one that waits for a standby stays as it is."""
    with connection.cursor() as cursor:
        cursor.execute(_DURABLE)
    connection.commit()


_AWAY = "cannot be reached: check that the server runs and that its address is right; what callers leave is kept meanwhile"
_OLD = "its tables are older than this Holdfast, or there are none: run `holdfast db migrate`"
_RIGHTS = "this user has no right to do that: GRANT it, or make it the owner of the tables"
_READ_ONLY = (
    "it may only be read (a standby that was not promoted?): give the address of the one that may be written"
)
_WORDS = {
    "28P01": "it refuses the password: check the one in HOLDFAST_DATABASE_URL",
    "28000": "it does not admit this user: check the user in HOLDFAST_DATABASE_URL, and pg_hba.conf",
    "3D000": "there is no such database: create it with `createdb`, then run `holdfast db migrate`",
    "42P01": _OLD,
    "42703": _OLD,
    "42501": _RIGHTS,
    "25006": _READ_ONLY,
    "53100": "its disk is full: make room",
    "53200": "it has no memory left",
    "53300": "it has no connection left for us: raise max_connections, or end what does not need one",
}
"""By SQLSTATE; the first two signs stand for their class below."""
_CLASSES = {"08": _AWAY, "57": _AWAY, "58": "its disk or system fails: look at its log"}
_COLLIDED = ("40001", "40P01")
_BUSY = {
    "55P03": f"somebody held what we wanted for more than {LOCK_SECONDS} s",
    "57014": f"it took longer than {STATEMENT_SECONDS} s",
}
_SAID = (
    ("password authentication failed", "28P01"),
    ("no pg_hba.conf entry", "28000"),
    ('role "', "28000"),
    ('database "', "3D000"),
    ("too many clients", "53300"),
    ("remaining connection slots", "53300"),
    ("read-only", "25006"),
)
"""What a server says when it refuses a connection: the driver gives no SQLSTATE then."""


def told(name: str, error: DBAPIError) -> StoreProblem | None:
    """PostgreSQL's error as one of ours; None for a mistake of ours, or where it is not PostgreSQL's."""
    said = error.orig
    if said is None or not type(said).__module__.startswith("psycopg"):
        return None
    state = getattr(said, "sqlstate", None) or _state_of(error, str(said))
    if state in _COLLIDED:
        return Collided(f"two writers of the database {name} stood in each other's way; nothing was written")
    if state in _BUSY:
        return StoreBusy(f"the database {name} is busy: {_BUSY[state]}; nothing was written")
    words = _WORDS.get(state) or _CLASSES.get(state[:2])
    if words is None:
        return None
    text = f"cannot use the database {name}: {words} ({_first_line(said)})"
    return StoreAway(text) if words is _AWAY else StoreProblem(text)


def _state_of(error: DBAPIError, said: str) -> str:
    """Of a connection that was refused, or lost: by what was said."""
    if not isinstance(error, OperationalError | InterfaceError):
        return ""
    low = said.lower()
    refused = "fatal:" in low or "session is read-only" in low
    return next((state for mark, state in _SAID if refused and mark in low), "08006")


def _first_line(said: BaseException) -> str:
    return str(said).partition("\n")[0]
