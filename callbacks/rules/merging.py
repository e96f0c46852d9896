"""One call may be written down by more than one tier; its lines become one capture."""

from dataclasses import replace

from callbacks.values import Asks, Capture, Matter, NumberSource

BROUGHT_BY = "import/"
"""Stands before the name of whoever brought a form into the book, where its row does not name who took it down."""
_RANK = {NumberSource.NONE: 0, NumberSource.OWN: 1, NumberSource.KEYED: 2}


def merge(first: Capture, later: Capture) -> Capture:
    """One capture out of two lines about the same call, whichever is given first.

    The fuller line wins field by field: asked for and promised once is asked for and promised, a keyed number
    beats the caller id and the caller id beats none, anything said beats nothing said. Where both said
    something, the line written later wins: that of the higher tier, because a call only ever goes on to a
    higher one, then that of the later time. The merged line is as late as its later part, so reading
    either part again changes nothing. Only who brought a form in is taken in the order of reading: the first
    stays, until a line names who took it down. Raises ValueError when the keys differ, because then these are
    two calls.
    """
    if first.key != later.key:
        raise ValueError(f"captures of two calls cannot be merged: {first.key} and {later.key}")
    if first == later:
        return first
    order = _later(first, later)
    number, source = _number(first, later, order)
    return replace(
        first,
        at=max(first.at, later.at),
        scope=_said(first.scope, later.scope, order),
        number=number,
        source=source,
        caller_id=_said(first.caller_id, later.caller_id, order),
        matter=Matter(_said(_stated(first), _stated(later), order) or Matter.UNSTATED),
        language=_said(first.language, later.language, order),
        tier=max(first.tier, later.tier),
        wanted=first.wanted or later.wanted,
        promised=first.promised or later.promised,
        incident=_said(first.incident, later.incident, order),
        reference=_said(first.reference, later.reference, order),
        region=_said(first.region, later.region, order),
        recording=_said(first.recording, later.recording, order),
        asks=Asks(_said(first.asks, later.asks, order)),
        about=_said(first.about, later.about, order),
        owner=_said(first.owner, later.owner, order),
        name=_said(first.name, later.name, order),
        address=_said(first.address, later.address, order),
        remarks=_said(first.remarks, later.remarks, order),
        taken_by=_taken(first.taken_by, later.taken_by, order),
    )


def _later(one: Capture, other: Capture) -> int:
    """Above 0 when ``other`` was written later, below when ``one`` was; 0: nobody can say."""
    mine, theirs = (one.tier, one.at), (other.tier, other.at)
    return (theirs > mine) - (theirs < mine)


def _said(one: str, other: str, order: int) -> str:
    if not one or not other:
        return one or other
    if order == 0:
        return max(one, other)  # any rule that does not depend on the order of reading
    return other if order > 0 else one


def _taken(first: str, later: str, order: int) -> str:
    """Whoever is named in the row beats whoever brought it, and of two who brought it the first one stands: the same row of
    another file, brought by another person, says nothing new.
    """
    named = [one for one in (first, later) if one and not one.startswith(BROUGHT_BY)]
    if len(named) == 2:
        return _said(first, later, order)
    return named[0] if named else first or later


def _number(one: Capture, other: Capture, order: int) -> tuple[str, NumberSource]:
    """The number that stands, and where it came from."""
    mine, theirs = _number_rank(one), _number_rank(other)
    if mine != theirs:
        fuller = one if mine > theirs else other
        return fuller.number, fuller.source
    return _said(one.number, other.number, order), one.source if mine else NumberSource.NONE


def _number_rank(capture: Capture) -> int:
    return _RANK[capture.source] if capture.number else 0


def _stated(capture: Capture) -> str:
    return "" if capture.matter is Matter.UNSTATED else capture.matter.value
