"""One person's number as it may stand anywhere: in a column of its own, in a note that somebody typed, in a file. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_APART = r"[ \-.()/]{0,2}"  # what people write between digits
MASK = "*"
_SHORTEST = 5  # digits; a shorter one would be found in anything


@dataclass(frozen=True)
class PersonNumber:
    """dialled: as the site dials it. country: its country code, as in "86". area: the site's own, as in "0571", "" none."""

    dialled: str
    country: str = ""
    area: str = ""

    @cached_property
    def forms(self) -> frozenset[str]:
        """As carriers, dial plans and people may have written it, digits with an optional plus."""
        if self.dialled.startswith("+"):
            abroad = self.dialled[1:]
            return frozenset({f"+{abroad}", abroad, f"00{abroad}"})
        bare = self.dialled.lstrip("0")
        found = {self.dialled, bare, f"0{bare}"}
        if self.country:
            found |= {f"{sign}{self.country}{bare}" for sign in ("", "+", "00")}
        if self.area and self.dialled.startswith(self.area):
            found.add(self.dialled[len(self.area) :])
        return frozenset(one for one in found if len(one.lstrip("+")) >= _SHORTEST) | {self.dialled}

    @cached_property
    def _found(self) -> re.Pattern[str]:
        ways = sorted((one.lstrip("+") for one in self.forms), key=len, reverse=True)
        spread = "|".join(_APART.join(digits) for digits in dict.fromkeys(ways))
        return re.compile(rf"(?<![0-9])\+?(?:{spread})(?![0-9])")

    @property
    def like(self) -> str:
        """A pattern for SQL's LIKE that fits every text in which it may stand, and some others."""
        shortest = min((one.lstrip("+") for one in self.forms), key=len)
        return "%" + "%".join(shortest) + "%"

    def is_in(self, text: str) -> bool:
        """Whether it stands there, however it is spaced."""
        return self._found.search(text) is not None

    def without(self, text: str) -> str:
        """The text as long as before, with every digit of the number masked."""
        return self._found.sub(lambda found: re.sub(r"\d", MASK, found[0]), text)

    def without_in(self, value: Any) -> Any:
        """The same for JSON."""
        if isinstance(value, str):
            return self.without(value)
        if isinstance(value, dict):
            return {self.without(str(key)): self.without_in(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.without_in(item) for item in value]
        if isinstance(value, int) and not isinstance(value, bool) and self.is_in(str(value)):
            return self.without(str(value))
        return value

    def stands_in(self, value: Any) -> bool:
        """Whether it stands anywhere in JSON."""
        return any(self.is_in(text) for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str | int):
        yield str(value)
