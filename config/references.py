"""What no single key can tell: names that must exist elsewhere, numbers that may be given once only.

Works on the raw values, so that these errors appear together with those of wrong types and unknown keys;
whatever is not shaped as expected is left to the models, which name it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from config.errors import nearest
from config.yaml_places import Document, Path


def check(document: Document) -> None:
    """Note every reference that leads nowhere and every clash."""
    data = _mapping(document.data)
    trunks, pools, scopes = (_mapping(data.get(key)) for key in ("trunks", "pools", "scopes"))
    for name in trunks.keys() & pools.keys():
        document.add(("pools", name), f"'{name}' is a trunk already", "Give trunk and pool different names.")
    for name, scope in scopes.items():
        _check_names(document, ("scopes", name), scope, "pools", pools)
        _check_names(document, ("scopes", name), scope, "trunks", trunks)
        _check_queue(document, name, _mapping(scope), pools)
        _check_language(document, name, _mapping(scope), _mapping(data.get("site")))
    _check_dids(document, scopes)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(scope: Any, key: str) -> Iterator[tuple[int, str]]:
    values = _mapping(scope).get(key)
    for index, value in enumerate(values if isinstance(values, list) else ()):
        if isinstance(value, str):
            yield index, value


def _check_names(document: Document, at: Path, scope: Any, key: str, known: Mapping[str, Any]) -> None:
    seen: set[str] = set()
    for index, name in _listed(scope, key):
        if name not in known:
            document.add((*at, key, index), f"no {key[:-1]} is called '{name}'", nearest(name, known))
        if name in seen:
            document.add((*at, key, index), f"'{name}' is listed twice", "Keep one of them.")
        seen.add(name)


def _check_queue(document: Document, name: str, scope: Mapping[str, Any], pools: Mapping[str, Any]) -> None:
    queue = scope.get("queue")
    watched = [_mapping(pools.get(pool)).get("queue") for _, pool in _listed(scope, "pools")]
    if isinstance(queue, str) and watched and None not in watched and queue not in watched:
        problem = f"no pool of this scope watches its queue '{queue}'"
        document.add(("scopes", name, "queue"), problem, f"Its pools watch: {', '.join(map(str, watched))}.")


def _check_language(document: Document, name: str, scope: Mapping[str, Any], site: Mapping[str, Any]) -> None:
    language, languages = scope.get("language"), site.get("languages")
    if isinstance(language, str) and isinstance(languages, list) and language not in languages:
        problem = f"'{language}' is not among the site's languages"
        document.add(("scopes", name, "language"), problem, nearest(language, map(str, languages)))


def _check_dids(document: Document, scopes: Mapping[str, Any]) -> None:
    owner: dict[str, str] = {}
    for name, scope in scopes.items():
        for index, did in _listed(scope, "dids"):
            if did in owner:
                problem = f"'{did}' belongs to scope '{owner[did]}' already"
                document.add(("scopes", name, "dids", index), problem, "A number called leads to one scope.")
            owner.setdefault(did, name)
