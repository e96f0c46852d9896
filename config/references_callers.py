"""What no single key can tell of the sections about those who call."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from config.raw import check_name, check_once, listed, mapping, sequence
from config.sections_defaults import Defaults
from config.tier2 import Tier2Policy
from config.yaml_places import Document
from ivr.lengths import LengthRules
from ivr.numbers import is_emergency

LENGTHS = ("short", "express", "message")


def check(document: Document, data: Mapping[str, Any], defaults: Defaults) -> None:
    """Note what clashes between regions, lengths, roles, ways and the site's own words."""
    regions = sequence(mapping(data.get("caller")).get("regions"))
    check_once(document, ("caller", "regions"), regions, "region", "id")
    _check_keys(document, regions)
    _check_service_codes(document, data)
    _check_regions_named(document, data, regions)
    _check_lengths(document, mapping(data.get("lengths")))
    _check_tier2(document, mapping(data.get("tier2")))
    roles = {*defaults.roles, *mapping(mapping(data.get("alerts")).get("roles"))}
    check_name(document, ("duty", "role"), mapping(data.get("duty")).get("role"), roles, "role")
    for section, key in (("restored", "ways"), ("danger", "oncall")):
        _check_twice(document, section, key, mapping(data.get(section)))
    _check_scopes_of_words(document, data)


def _check_tier2(document: Document, given: Mapping[str, Any]) -> None:
    usual = Tier2Policy()
    start, most = given.get("start", usual.start), given.get("most", usual.most)
    if isinstance(start, int) and isinstance(most, int) and most < start:
        key = "most" if "most" in given else "start"
        document.add(
            ("tier2", key), f"most ({most}) is less than start ({start})", "Let most be start or more."
        )


def _check_keys(document: Document, regions: list[Any]) -> None:
    """A key that begins another could never be told from its first digits."""
    keys = [
        (index, key)
        for index, region in enumerate(regions)
        if isinstance(key := mapping(region).get("key"), str)
    ]
    for index, key in keys:
        for _, other in keys[: keys.index((index, key))]:
            if key.startswith(other) or other.startswith(key):
                document.add(
                    ("caller", "regions", index, "key"),
                    f"'{key[:8]}' cannot be told from the region's key '{other[:8]}'",
                    "Give all keys the same length, such as 1 to 9 or 01 to 99.",
                )


def _check_service_codes(document: Document, data: Mapping[str, Any]) -> None:
    """A short number that is opened must neither block a line of an emergency service nor ring the hotline itself."""
    caller = mapping(data.get("caller"))
    country = caller.get("country")
    own = {line for _, line in listed(caller, "own_lines")}
    own |= {
        did for scope in mapping(data.get("scopes")).values() for _, did in listed(mapping(scope), "dids")
    }
    for index, code in listed(caller, "service_codes"):
        at = ("caller", "service_codes", index)
        if is_emergency(code, country if isinstance(country, str) else "CN"):
            document.add(
                at, f"'{code[:12]}' is an emergency number", "Take it out: nobody may be made to call it."
            )
        elif code in own:
            document.add(at, f"'{code[:12]}' is a number of the hotline itself", "Take it out.")


def _check_regions_named(document: Document, data: Mapping[str, Any], regions: list[Any]) -> None:
    """Where callers can choose a region, scopes and planned outages speak of the same ones."""
    known = [name for region in regions if isinstance(name := mapping(region).get("id"), str)]
    if not known:
        return
    for scope, raw in mapping(data.get("scopes")).items():
        if name := mapping(raw).get("region"):
            check_name(document, ("scopes", scope, "region"), name, known, "region")
    for index, raw in enumerate(sequence(data.get("planned"))):
        if name := mapping(raw).get("region"):
            check_name(document, ("planned", index, "region"), name, known, "region")


def _check_lengths(document: Document, lengths: Mapping[str, Any]) -> None:
    """The same rule that ``LengthRules`` holds, with the figure that breaks it named."""
    usual = LengthRules()
    figures = {key: lengths.get(key, getattr(usual, key)) for key in (*LENGTHS, "hysteresis")}
    if not all(isinstance(figure, int | float) for figure in figures.values()):
        return
    for less, more in pairwise(LENGTHS):
        if figures[more] < figures[less]:
            problem = f"{figures[more]} is less than {less} ({figures[less]})"
            document.add(("lengths", more), problem, "Let short, express and message grow.")
    if figures["hysteresis"] >= figures["short"]:
        problem = f"{figures['hysteresis']} is not below short ({figures['short']})"
        document.add(("lengths", "hysteresis"), problem, "Give less, or calls never grow longer again.")


def _check_twice(document: Document, section: str, key: str, holder: Mapping[str, Any]) -> None:
    """Without the value: it may be somebody's number."""
    seen: set[str] = set()
    for index, value in listed(holder, key):
        if value in seen:
            document.add((section, key, index), "is listed twice", "Keep one of them.")
        seen.add(value)


def _check_scopes_of_words(document: Document, data: Mapping[str, Any]) -> None:
    scopes = mapping(data.get("scopes"))
    for name in mapping(data.get("prompts")):
        _, at, scope = str(name).partition("@")
        if at:
            check_name(document, ("prompts", name), scope, scopes, "scope")
