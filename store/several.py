"""Names of rows of the moment where one book serves several Asterisks. Pure.

Modes, components and live figures are of one Asterisk each. The first one's rows carry plain names, so that a site with one
Asterisk knows nothing of this; the others' carry their pbx id behind the name.
"""

from collections.abc import Mapping
from typing import Any

SIGN = " @ "


def marked(name: str, mark: str) -> str:
    """The name of a row of the Asterisk with this mark."""
    return f"{name}{mark}"


def mark_of(pbx: str) -> str:
    """What an Asterisk's rows carry that is not the first one."""
    return f"{SIGN}{pbx}"


def split(name: str) -> tuple[str, str]:
    """The name without its mark, and the pbx id, "" for the first one's."""
    plain, _, pbx = name.partition(SIGN)
    return plain, pbx


def together(rows: Mapping[str, Any]) -> dict[str, Any]:
    """Live rows of all Asterisks as one site: what has a name is listed under name and mark, lists are joined."""
    whole = {key: value for key, value in rows.items() if SIGN not in key}
    for key, value in sorted(rows.items()):
        plain, pbx = split(key)
        if pbx:
            whole[plain] = (
                _joined(whole.get(plain), value, mark_of(pbx))
                if plain != "bridge"
                else whole.get(plain, value)
            )
    return whole


def _joined(known: Any, more: Any, mark: str) -> Any:
    if isinstance(more, list):
        return [*(known if isinstance(known, list) else []), *more]
    if isinstance(more, Mapping) and any(isinstance(one, Mapping) for one in more.values()):
        named = {marked(name, mark): one for name, one in more.items()}
        return {**(known if isinstance(known, Mapping) else {}), **named}
    if isinstance(known, Mapping) and isinstance(more, Mapping):
        return {name: _sum(known.get(name), more.get(name)) for name in {**known, **more}}
    return more if known is None else known


def _sum(one: Any, other: Any) -> Any:
    """Counts are added; of two times the earlier stands, of two texts the one that says something."""
    if isinstance(one, int) and isinstance(other, int) and not isinstance(one, bool):
        return one + other
    if isinstance(one, str) and isinstance(other, str) and one and other:
        return min(one, other)
    return one or other
