"""How much of tier 2 Asterisk's machine can carry: the dialogue as a program of its own for each call. Values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tier2Policy:
    """start: how many such programs may start at the same time, one for each core; most: how many may run. Whoever comes above
    either number goes on in tier 3, at once.
    """

    start: int = 2
    most: int = 8
