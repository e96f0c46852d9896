"""How long a dialogue may be while lines are short: the more of them are in use, the less is asked. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Length(StrEnum):
    """From the longest to the shortest."""

    FULL = "full"  # everything that the policy offers
    SHORT = "short"  # number and matter
    EXPRESS = "express"  # the caller id by one key, or a number that is keyed
    MESSAGE = "message"  # the phrase, and the caller id is taken without a key


_ORDER = tuple(Length)


@dataclass(frozen=True, slots=True)
class LengthRules:
    """Shares of lines in use, 0 to 1, from which each length holds; it is left again ``hysteresis`` below."""

    short: float = 0.3
    express: float = 0.5
    message: float = 0.7
    hysteresis: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.short <= self.express <= self.message:
            raise ValueError("lengths: short, express and message must grow and be above 0")
        if not 0 <= self.hysteresis < self.short:
            raise ValueError("lengths: hysteresis must be from 0 to below short")


def next_length(now: Length, share: float, rules: LengthRules) -> Length:
    """The length for new calls. share: lines in use out of those that work; without any line it counts as all.

    Shorter at once, longer only when the share is ``hysteresis`` below what made it shorter, so that it does not flutter.
    """
    wanted = _at(share, rules, 0.0)
    if _ORDER.index(wanted) >= _ORDER.index(now):
        return wanted
    held = _at(share, rules, rules.hysteresis)
    return min(now, held, key=_ORDER.index)


def _at(share: float, rules: LengthRules, below: float) -> Length:
    limits = ((rules.message, Length.MESSAGE), (rules.express, Length.EXPRESS), (rules.short, Length.SHORT))
    return next((length for limit, length in limits if share >= limit - below), Length.FULL)
