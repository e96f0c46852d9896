"""After an older copy was put back: people who had been deleted since are deleted again."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from callbacks.forgotten import Forgotten, load_key
from config.policy import load_policy
from config.settings import Settings
from console.keeping.person import LIST, number_of
from store import Store

_WHO, _WHY = "holdfast", "deleted before; an older copy of the store had brought it back"


def forget_again(store: Store, settings: Settings, now: datetime) -> int:
    """Returns how many people. The list beside the store knows of them, which the older copy does not. Raises StoreProblem."""
    listed = _listed(settings.data_dir / LIST)
    key = load_key(settings.data_dir)
    if not listed or key is None:
        return 0
    store.put_forgotten(dict(listed))
    known = Forgotten(key, listed)
    policy = load_policy(settings.policy_file)
    back = {
        number_of(one, policy) for one in store.numbers() if known.has(one, datetime.min.replace(tzinfo=UTC))
    }
    for number in back:
        store.forget_person(number, now, _WHO, _WHY)
    return len(back)


def _listed(file: Path) -> Mapping[str, datetime]:
    """What stands in the list; a line that a power cut tore is passed over."""
    found: dict[str, datetime] = {}
    with suppress(FileNotFoundError):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError, KeyError, TypeError):
                row = json.loads(line)
                found[str(row["digest"])] = datetime.fromisoformat(row["until"])
    return found
