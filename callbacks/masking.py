"""Phone numbers stay out of logs.

Runs of seven or more digits are masked wherever they stand in a log value. What only looks like a number
is kept: Asterisk's unique ids (``1763762400.17``), attempts' keys, and the stamps in incident keys and file names.
"""

import re
from collections.abc import MutableMapping
from typing import Any

_RUN = re.compile(
    r"(?P<keep>"
    r"(?<!\d)[12]\d{9}\.\d{1,9}(?!\d)"  # unique id: seconds since 1970 and a counter
    r"|(?<!\d)20\d{6}T\d{2,6}Z?(?!\d)"  # 20261121T101500Z
    r"|(?<!\d)20\d{6}-\d{4}(?=\.txt)"  # 20261121-1015.txt
    r"|(?<!\d)\d{1,9}-\d{1,4}-1\d{12}(?!\d)"  # an attempt's key: promise, try, fence
    r")|(?P<number>\d{7,})"
)
_CLOCKS = frozenset({"timestamp", "fence", "beat", "epoch"})  # counters of ours under names of ours


def mask_number(text: str) -> str:
    """``13912341234`` → ``139****1234``; a leading + stays. Up to six digits are returned as they are:
    short codes
    and extensions name no person."""
    plus, digits = ("+", text[1:]) if text.startswith("+") else ("", text)
    if len(digits) < 7:
        return text
    shown = (3, 4) if len(digits) >= 11 else (2, 2)
    return f"{plus}{digits[: shown[0]]}****{digits[-shown[1] :]}"


def mask_text(text: str) -> str:
    """The text with every long run of digits masked."""
    if len(text) < 7:
        return text
    return _RUN.sub(lambda found: found["keep"] or mask_number(found["number"]), text)


def mask_log_values(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor: put it late in the chain, after exceptions are rendered and before the
    renderer.
    """
    for name, value in event.items():
        if name not in _CLOCKS:
            event[name] = _masked(value)
    return event


def _masked(value: Any) -> Any:
    if isinstance(value, bool | float | None):
        return value
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, int):
        return value if abs(value) < 1_000_000 else mask_text(str(value))
    if isinstance(value, dict):
        return {_masked(key): _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item) for item in value]
    return mask_text(repr(value)) if not isinstance(value, BaseException) else mask_text(str(value))
