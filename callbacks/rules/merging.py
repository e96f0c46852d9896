"""One call may be written down by more than one tier; its lines become one capture."""

from dataclasses import replace

from callbacks.values import Capture, Matter, NumberSource

_RANK = {NumberSource.NONE: 0, NumberSource.OWN: 1, NumberSource.KEYED: 2}


def merge(first: Capture, later: Capture) -> Capture:
    """One capture out of two lines about the same call, whichever is given first.

    The fuller line wins field by field: asked for and promised once is asked for and promised, a keyed
    number beats the caller id and the caller id beats none, a stated matter beats an unstated one. Where
    both are as full, the line written later wins. The time is that of the earlier line: it gives the
    caller's place. Raises ValueError when the keys differ, because then these are two calls.
    """
    if first.key != later.key:
        raise ValueError(f"captures of two calls cannot be merged: {first.key} and {later.key}")
    if first == later:
        return first
    older, newer = sorted((first, later), key=_written)
    numbered = max((older, newer), key=_number_rank)  # of equals, max takes the first it meets …
    if _number_rank(older) == _number_rank(newer):
        numbered = newer  # … and a corrected number must not lose to the one it corrects
    return replace(
        older,
        number=numbered.number,
        source=numbered.source,
        caller_id=older.caller_id or newer.caller_id,
        matter=older.matter if newer.matter is Matter.UNSTATED else newer.matter,
        language=newer.language or older.language,
        tier=newer.tier,
        wanted=older.wanted or newer.wanted,
        promised=older.promised or newer.promised,
        incident=older.incident or newer.incident,
    )


def _number_rank(capture: Capture) -> int:
    return _RANK[capture.source] if capture.number else 0


def _written(capture: Capture) -> tuple[object, ...]:
    """Order of writing. A call only ever goes on to a higher tier; the rest makes the order total."""
    return (
        capture.tier,
        capture.at,
        _number_rank(capture),
        capture.number,
        capture.matter,
        capture.language,
        capture.caller_id,
        capture.incident,
        capture.scope,
        capture.wanted,
        capture.promised,
    )
