"""The catalogue of prompts: what is said under which id, in every language."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from string import ascii_lowercase
from typing import Any

import yaml

from config.prompts.numerals import MONTHS, chinese, english, english_ordinal


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt in one language. voice, speed (words a minute): for a speech program, where none was recorded."""

    id: str
    language: str
    text: str
    voice: str
    speed: int


@lru_cache(maxsize=1)
def catalogue() -> Mapping[tuple[str, str], Prompt]:
    """(language, id) → prompt, all of the catalogue."""
    text = files("config.prompts").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    return {(prompt.language, prompt.id): prompt for prompt in _prompts(data)}


def languages() -> tuple[str, ...]:
    """The languages of the catalogue, in its order."""
    return tuple(dict.fromkeys(language for language, _ in catalogue()))


def wordings(language: str) -> Mapping[str, str]:
    """id → text of one language, e.g. for a page that shows the approved wording (requirement B3)."""
    return {prompt.id: prompt.text for prompt in catalogue().values() if prompt.language == language}


def _prompts(data: Mapping[str, Any]) -> Iterator[Prompt]:
    spoken = data["prompts"] | dict(_families(data["families"]))
    spoken |= dict(_letters(data["letters"], data["languages"]))
    for name, exception in data["exceptions"].items():
        spoken[name] = spoken[name] | exception
    for name, texts in spoken.items():
        for language, entry in texts.items():
            voice = dict(data["languages"][language])
            entry = entry if isinstance(entry, dict) else {"text": entry}
            voice |= entry
            yield Prompt(name, language, str(voice["text"]), str(voice["voice"]), int(voice["speed"]))


def _letters(voice: Mapping[str, Any], languages: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for letter in ascii_lowercase:
        yield f"letter-{letter}", {language: {"text": letter.upper(), **voice} for language in languages}


def _families(families: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for name, family in families.items():
        for n in range(family["from"], family["to"] + 1):
            words = {
                "zh-CN": family["zh-CN"].format(n=chinese(n)),
                "en": family["en"].format(
                    n=english(n), ordinal=english_ordinal(n), month=MONTHS[n - 1] if 1 <= n <= 12 else ""
                ),
            }
            yield f"{name}-{n}", words
