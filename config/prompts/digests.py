"""What each built file was made of, kept beside the files, so that a build makes anew only what has changed."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from config.prompts.catalogue import Prompt

DIGESTS = ".built.json"
_RECORDED = "recorded:"


def name_of(prompt: Prompt) -> str:
    """``en/message-fault``."""
    return f"{prompt.language}/{prompt.id}"


def recorded(prompt: Prompt) -> str:
    """The digest of a recording that was imported: of the words that it was meant to say."""
    return _RECORDED + sha256(prompt.text.encode()).hexdigest()


def is_recorded(digest: str) -> bool:
    """Whether the file is a recording that was imported, and no build may take its place."""
    return digest.startswith(_RECORDED)


def load_digests(folder: Path) -> dict[str, str]:
    """``<language>/<id>`` → digest; empty where there are none, or none that can be read."""
    try:
        digests = json.loads((folder / DIGESTS).read_text())
    except (OSError, ValueError):
        return {}
    return digests if isinstance(digests, dict) else {}


def save_digests(folder: Path, digests: Mapping[str, str]) -> None:
    """Written beside and renamed."""
    fresh = folder / (DIGESTS + ".new")
    fresh.write_text(json.dumps(dict(sorted(digests.items())), indent=0))
    fresh.replace(folder / DIGESTS)
