"""What no single key can tell: names that must exist elsewhere, numbers that may be given once only.

Works on the raw values, so that these errors appear together with those of wrong types and unknown keys;
whatever is not shaped as expected is left to the models, which name it.
"""

from collections.abc import Mapping
from typing import Any

from config import references_callbacks, references_callers, references_staff, references_watch
from config.errors import nearest
from config.raw import check_list, listed, mapping
from config.sections_defaults import Defaults
from config.yaml_places import Document
from fallback.policy import OWN_PARTS


def check(document: Document, defaults: Defaults) -> None:
    """Note every reference that leads nowhere and every clash."""
    data = mapping(document.data)
    trunks, pools, parts, scopes = (mapping(data.get(key)) for key in ("trunks", "pools", "parts", "scopes"))
    _check_one_name_each(document, {"trunks": trunks, "pools": pools, "parts": parts})
    for name, raw in scopes.items():
        scope = mapping(raw)
        check_list(document, ("scopes", name, "pools"), scope, pools, "pool")
        check_list(document, ("scopes", name, "trunks"), scope, trunks, "trunk")
        check_list(document, ("scopes", name, "parts"), scope, {*parts, *OWN_PARTS}, "part")
        _check_queue(document, name, scope, pools)
        _check_language(document, name, scope, mapping(data.get("site")))
        _check_surge(document, name, mapping(scope.get("surge")))
    _check_dids(document, scopes)
    references_staff.check(document, data, defaults)
    references_watch.check(document, data)
    references_callers.check(document, data, defaults)
    references_callbacks.check(document, data, defaults)


def _check_one_name_each(document: Document, rooms: Mapping[str, Mapping[str, Any]]) -> None:
    owner = dict.fromkeys(OWN_PARTS, "part of our own")
    for room, names in rooms.items():
        for name in names:
            if name in owner:
                problem = f"'{name}' is a {owner[name]} already"
                document.add((room, name), problem, f"Give {owner[name]} and {room[:-1]} different names.")
            owner.setdefault(name, room[:-1])


def _check_queue(document: Document, name: str, scope: Mapping[str, Any], pools: Mapping[str, Any]) -> None:
    queue = scope.get("queue")
    watched = [mapping(pools.get(pool)).get("queue") for _, pool in listed(scope, "pools")]
    if isinstance(queue, str) and watched and None not in watched and queue not in watched:
        problem = f"no pool of this scope watches its queue '{queue}'"
        document.add(("scopes", name, "queue"), problem, f"Its pools watch: {', '.join(map(str, watched))}.")


def _check_language(document: Document, name: str, scope: Mapping[str, Any], site: Mapping[str, Any]) -> None:
    language, languages = scope.get("language"), site.get("languages")
    if isinstance(language, str) and isinstance(languages, list) and language not in languages:
        problem = f"'{language}' is not among the site's languages"
        document.add(("scopes", name, "language"), problem, nearest(language, map(str, languages)))


def _check_surge(document: Document, name: str, surge: Mapping[str, Any]) -> None:
    """A surge must end below where it begins, or it ends and begins in a circle."""
    for key in ("waiting", "occupancy"):
        start, end = surge.get(key), surge.get(f"end_{key}")
        if isinstance(start, int | float) and isinstance(end, int | float) and start and end >= start:
            document.add(
                ("scopes", name, "surge", f"end_{key}"),
                f"{end} is not below {key} ({start})",
                "Give less, so that a surge does not end and begin in a circle.",
            )


def _check_dids(document: Document, scopes: Mapping[str, Any]) -> None:
    owner: dict[str, str] = {}
    for name, scope in scopes.items():
        for index, did in listed(mapping(scope), "dids"):
            if did in owner:
                problem = f"'{did}' belongs to scope '{owner[did]}' already"
                document.add(("scopes", name, "dids", index), problem, "A number called leads to one scope.")
            owner.setdefault(did, name)
