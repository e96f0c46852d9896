"""Column types of our own."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator

_E = TypeVar("_E", bound=StrEnum)


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
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

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
        return None if value is None else str(self.words(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> _E | None:
        return None if value is None else self.words(value)
