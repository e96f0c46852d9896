"""From the policy file's sections to the values of calling back, keeping and measures."""

from dataclasses import replace
from typing import Any

from callbacks.policy import CallbackPolicy, KeepPolicy, LineChoice, MeasurePolicy, Way
from callbacks.values import Matter
from config.call_hours import CallHours
from config.sections import OUTCOMES, PolicySection
from config.sections_base import given

_MATTERS = {matter.value: matter for matter in Matter}


def callback_policy(section: PolicySection) -> CallbackPolicy:
    """The rules of calling back. Keys of a mapping that are left out keep their defaults; 0 is as if there were none."""
    found = given(section.callbacks)
    found.pop("hours", None)
    usual = CallbackPolicy()
    retry = {OUTCOMES[name]: after for name, after in found.pop("retry_after", {}).items()}
    for key in ("head_start", "answer_days"):
        own = {_MATTERS[name]: value for name, value in found.pop(key, {}).items()}
        found[key] = {matter: value for matter, value in {**getattr(usual, key), **own}.items() if value > 0}
    if found.get("processed") is not None:
        found["processed"] = frozenset(found["processed"])
    for key, kind in (("way", Way), ("lines", LineChoice)):
        if key in found:
            found[key] = kind(found[key])
    if "ways" in found:
        found["ways"] = {scope: Way(way) for scope, way in found["ways"].items()}
    made = replace(usual, **found, retry_after={**usual.retry_after, **retry})
    return made if "least_attempts" in found else replace(made, least_attempts=_least(made))


def _least(policy: CallbackPolicy) -> int:
    """The default as far as the other figures let it: a file that allows two attempts in all need not say how many are least."""
    possible = policy.most_per_day * policy.try_days or policy.max_attempts
    return min(policy.least_attempts, policy.max_attempts, possible)


def call_hours(section: PolicySection) -> CallHours:
    """When people may be called."""
    callbacks: Any = section.callbacks  # a model made at run time
    hours = callbacks.hours
    usual = CallHours()
    return CallHours(
        since=usual.since if hours.from_ is None else hours.from_,
        until=usual.until if hours.until is None else hours.until,
        working=hours.days == "working",
    )


def keep_policy(section: PolicySection) -> KeepPolicy:
    """How long everything is kept."""
    return KeepPolicy(**given(section.keep))


def measure_policy(section: PolicySection) -> MeasurePolicy:
    """How the measures are counted."""
    return MeasurePolicy(**given(section.measures))
