"""Whether one more callback may be asked for today. Pure: somebody else has counted. Toll fraud is the attack.

Whoever rings again while his promise is open joins it and asks for nothing more (requirement E6): count promises, not captures.
"""

from dataclasses import dataclass

from callbacks.policy import LimitPolicy


@dataclass(frozen=True, slots=True)
class Counts:
    """Callbacks asked for in the last 24 hours, the one in question left out.

    caller: by the same caller id; 0 when it is withheld, which all such callers share. number: for the same number. prefix: for
    keyed numbers with the same first ``LimitPolicy.prefix_digits`` digits. day: for keyed numbers in all.
    """

    caller: int = 0
    number: int = 0
    prefix: int = 0
    day: int = 0


def exceeded(counts: Counts, policy: LimitPolicy, keyed: bool) -> str:
    """ "" when one more is within the limits, else the first limit that it breaks: caller, number, prefix or day.

    keyed: the number was keyed. A caller's own number, which he is calling from, breaks neither prefix nor day: those stop
    somebody who keys numbers by the hundred, and a city in the dark has one prefix.
    """
    limits = [
        ("caller", counts.caller, policy.per_caller_day),
        ("number", counts.number, policy.per_number_day),
    ]
    if keyed:
        limits += [("prefix", counts.prefix, policy.per_prefix_day), ("day", counts.day, policy.per_day)]
    return next((name for name, count, most in limits if most and count >= most), "")


def prefix_of(number: str, policy: LimitPolicy) -> str:
    """What a number (as dialled) shares with its neighbours; never the whole number, however short."""
    return number[: min(policy.prefix_digits + number.startswith("+"), max(len(number) - 1, 0))]
