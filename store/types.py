"""Column types of our own."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator

_E = TypeVar("_E", bound=StrEnum)


@lru_cache(maxsize=1024)
def _text(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC, always. A naive time is refused with ValueError; SQLite, which keeps no zone, gets UTC's
    wall time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"a naive time cannot be stored: {value!r}; aware UTC is wanted")
        return value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """SQLite keeps text. A batch has few different times in many rows, so that each is written out once."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def process(value: datetime | None) -> str | None:
            at = self.process_bind_param(value, dialect)
            return None if at is None else _text(at)

        return process

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """A row of the book has nine times, and a page a hundred rows."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)

        def process(value: str | None) -> datetime | None:
            return None if value is None else datetime.fromisoformat(f"{value}+00:00")

        return process

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[_E]):
    """One of our words (a StrEnum), kept as text so that a person can read it and no migration is needed
    for a new one.
    """

    impl = String(24)
    cache_ok = True

    def __init__(self, words: type[_E]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return str(value.value) if type(value) is self.words else str(self.words(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> _E | None:
        return None if value is None else self.words(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], _E | None]:
        """The same, by a look into a table."""
        known = {one.value: one for one in self.words}

        def process(value: str | None) -> _E | None:
            found = None if value is None else known.get(value)
            return self.process_result_value(value, dialect) if found is None else found

        return process
