"""The benchmarks' site: the demo's, with what a figure needs changed."""

from pathlib import Path
from typing import Any

import yaml

import lab

DEMO = Path(lab.__file__).with_name("demo_policy.yaml")


def policy(**changes: dict[str, Any]) -> str:
    """The demo's policy with the keys of whole sections replaced, as YAML."""
    document: dict[str, Any] = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    for section, keys in changes.items():
        document[section] = {**document.get(section, {}), **keys}
    return yaml.safe_dump(document, allow_unicode=True)
