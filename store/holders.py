"""Which bridge holds which Asterisk: leases on the database's clock, each with a number that fences off the one before."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, case, cast, extract, func, or_, select, update

from store.dialect import upsert
from store.engine import Subject
from store.tables import holder

ROLE = "role:"  # begins the name of what one bridge does for all Asterisks


@dataclass(frozen=True, slots=True)
class Hold:
    """A lease that was taken. fence: higher than every one that was given for this Asterisk before. until: aware UTC, by the
    database's clock. first: no other Asterisk was ever held before this one.
    """

    fence: int
    until: datetime
    first: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds an Asterisk, or did last: the lease stands while ``left`` is above 0, in seconds. linked: whether he reaches it.

    since: when he took it, aware UTC.
    """

    pbx: str
    holder: str
    fence: int
    since: datetime
    linked: bool
    left: float


class Holders(Subject):
    """One row for each Asterisk, by its pbx id. seconds: how long a lease stands, from the moment in which it is written."""

    def take_hold(
        self, pbx: str, who: str, seconds: float, *, linked: bool = True, least: int = 0
    ) -> Hold | None:
        """Take the lease, or take it anew with a higher fence; None when another one holds it.

        It can be taken when it has lapsed, and by one who reaches the Asterisk from one who does not. least: the fence will
        be above this.
        """
        with self._database.write() as connection:
            now = database_now(connection)
            cut_off = [~holder.c.linked] if linked else []
            fence = _ms(connection, least)
            statement = upsert(connection, holder)
            mine = statement.excluded
            others = select(holder.c.pbx).where(holder.c.pbx != pbx, ~holder.c.pbx.startswith(ROLE))
            first = False if pbx.startswith(ROLE) else ~others.exists()
            row = {"pbx": pbx, "holder": who, "linked": linked, "first": first}
            statement = statement.values(**row, fence=fence, until=_later(connection, seconds), since=now)
            statement = statement.on_conflict_do_update(
                index_elements=[holder.c.pbx],
                set_={
                    "holder": mine.holder,
                    "linked": mine.linked,
                    "until": mine.until,
                    "fence": case((holder.c.fence >= mine.fence, holder.c.fence + 1), else_=mine.fence),
                    "since": case((holder.c.holder == who, holder.c.since), else_=mine.since),
                },
                where=or_(holder.c.until < now, holder.c.holder == who, *cut_off),
            )
            taken = connection.execute(
                statement.returning(holder.c.fence, holder.c.until, holder.c.first)
            ).one_or_none()
        return None if taken is None else Hold(*taken)

    def renew_hold(self, pbx: str, who: str, seconds: float, *, linked: bool = True) -> bool:
        """Lengthen it; False when another one has taken it. One that has lapsed and that nobody took is still his."""
        with self._database.write() as connection:
            done = connection.execute(
                update(holder)
                .where(holder.c.pbx == pbx, holder.c.holder == who)
                .values(until=_later(connection, seconds), linked=linked)
            )
            return done.rowcount == 1

    def give_up_hold(self, pbx: str, who: str) -> bool:
        """Let somebody else have it at once; False when it was not his."""
        with self._database.write() as connection:
            done = connection.execute(
                update(holder)
                .where(holder.c.pbx == pbx, holder.c.holder == who)
                .values(until=_later(connection, -1.0))
            )
            return done.rowcount == 1

    def holders(self) -> list[Holder]:
        """All of them, by pbx id; roles too."""
        with self._database.read() as connection:
            now = connection.execute(select(database_now(connection))).scalar_one()
            now = datetime.fromisoformat(now) if isinstance(now, str) else now
            now = now if now.tzinfo else now.replace(tzinfo=UTC)
            rows = connection.execute(select(holder).order_by(holder.c.pbx)).all()
        return [
            Holder(row.pbx, row.holder, row.fence, row.since, row.linked, (row.until - now).total_seconds())
            for row in rows
        ]


def database_now(connection: Connection) -> Any:
    """The database's clock, in this very moment; where the database is a file, this machine's."""
    if connection.dialect.name == "postgresql":
        return func.clock_timestamp(type_=holder.c.until.type)
    return bindparam("now", datetime.now(UTC), type_=holder.c.until.type, unique=True)


def _later(connection: Connection, seconds: float) -> Any:
    if connection.dialect.name == "postgresql":
        return database_now(connection) + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    return bindparam("until", until, type_=holder.c.until.type, unique=True)


def _ms(connection: Connection, least: int) -> Any:
    """Milliseconds of the database's clock, and above ``least``: a fence of an older copy of the book is passed too."""
    if connection.dialect.name == "postgresql":
        return func.greatest(cast(extract("epoch", database_now(connection)) * 1000, BigInteger), least + 1)
    return max(int(datetime.now(UTC).timestamp() * 1000), least + 1)
