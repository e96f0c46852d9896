"""What no single key can tell of the section about calling back."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from callbacks.policy import CallbackPolicy, KeepPolicy
from config.call_hours import CallHours
from config.raw import check_list, check_name, duration, mapping
from config.sections_defaults import Defaults
from config.values_time import day_time
from config.yaml_places import Document


def check(document: Document, data: Mapping[str, Any], defaults: Defaults) -> None:
    """Note scopes, trunks and roles that do not exist, hours that hold none, and attempts that can never be made."""
    callbacks = mapping(data.get("callbacks"))
    scopes, trunks = mapping(data.get("scopes")), mapping(data.get("trunks"))
    for scope in mapping(callbacks.get("ways")):
        check_name(document, ("callbacks", "ways", scope), scope, scopes, "scope")
    check_list(document, ("callbacks", "processed"), callbacks, scopes, "scope")
    for trunk in mapping(callbacks.get("costs")):
        check_name(document, ("callbacks", "costs", trunk), trunk, trunks, "trunk")
    roles = {*defaults.roles, *mapping(mapping(data.get("alerts")).get("roles"))}
    check_name(document, ("callbacks", "warn_role"), callbacks.get("warn_role"), roles, "role")
    _check_costs(document, callbacks)
    _check_attempts(document, callbacks)
    _check_hours(document, mapping(callbacks.get("hours")))
    _check_backups(document, mapping(data.get("keep")))


def _check_costs(document: Document, callbacks: Mapping[str, Any]) -> None:
    if callbacks.get("lines") == "cost" and not mapping(callbacks.get("costs")):
        document.add(
            ("callbacks", "lines"),
            "'cost' needs to know what lines cost",
            "Give callbacks.costs, such as {carrier-a: 1, carrier-b: 2}; smaller is cheaper.",
        )


def _check_attempts(document: Document, callbacks: Mapping[str, Any]) -> None:
    """Only of what the file asks for itself; where it leaves ``least_attempts`` out, the default gives way."""
    if "least_attempts" not in callbacks:
        return
    usual = CallbackPolicy()
    figures = {
        key: callbacks.get(key, getattr(usual, key))
        for key in ("least_attempts", "max_attempts", "most_per_day", "try_days")
    }
    if not all(isinstance(figure, int) and not isinstance(figure, bool) for figure in figures.values()):
        return
    least, most, per_day, days = figures.values()
    at = ("callbacks", "least_attempts")
    if least > most:
        document.add(
            at,
            f"least_attempts ({least}) is more than max_attempts ({most})",
            "Let least_attempts be max_attempts or less.",
        )
    elif per_day and days and least > per_day * days:
        document.add(
            at,
            f"least_attempts ({least}) cannot be made in {days} days with {per_day} a day",
            "Allow more a day (most_per_day), or more days (try_days).",
        )


def _check_hours(document: Document, hours: Mapping[str, Any]) -> None:
    usual = CallHours()
    since, until = day_time(hours.get("from"), usual.since), day_time(hours.get("until"), usual.until)
    if since is None or until is None or until == time(0) or since < until:
        return
    document.add(
        ("callbacks", "hours", "until" if "until" in hours else "from"),
        f"people may be called from {since:%H:%M} until {until:%H:%M}, which is no time of one day",
        'Let until be later than from; "24:00" is the end of the day.',
    )


def _check_backups(document: Document, keep: Mapping[str, Any]) -> None:
    """An alert that is due before the backup itself would never end."""
    usual = KeepPolicy()
    every, late = (duration(keep, key, getattr(usual, key)) for key in ("backup_every", "backup_late"))
    if every and late and late < every:
        document.add(
            ("keep", "backup_late" if "backup_late" in keep else "backup_every"),
            f"backup_late ({late:g} s) is less than backup_every ({every:g} s)",
            "Let backup_late be longer than backup_every.",
        )
