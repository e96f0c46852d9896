"""Durations as people write them: ``6s``, ``10min``, ``1h30min``, ``2d``, ``500ms``, or a number: seconds."""

import re
from math import isfinite

UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
EXAMPLES = "6s, 10min, 1h30min or a number of seconds"
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)\s*")


def seconds(value: object) -> float:
    """The seconds that ``value`` means, at least 0. Raises ValueError, saying what was expected."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"must be a duration, not {type(value).__name__}")
    if isinstance(value, str):
        return _from_words(value.strip())
    if not isfinite(value) or value < 0:
        raise ValueError(f"must be a duration of 0 or more, not {value}")
    return float(value)


def _from_words(text: str) -> float:
    total, at = 0.0, 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            break
        total += float(part[1]) * UNITS[part[2]]
        at = part.end()
    if not text or at < len(text):
        raise ValueError(f"must be a duration, not '{text}'")
    return total
