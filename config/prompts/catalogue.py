"""The catalogue of prompts: what is said under which id, in every language; and a site's own words laid over it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from string import ascii_lowercase
from types import MappingProxyType
from typing import Any

import yaml

from config.prompts.numerals import MONTHS, chinese, english, english_ordinal

Words = Mapping[str, Mapping[str, str]]
"""id → language → text, as a policy holds its own; ``message-<id>@<scope>`` is what one scope's callers hear instead."""
NONE: Words = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt in one language. voice, speed (words a minute): for a speech program, where none was recorded.

    text: "" where nobody has written it, so that only a recording can say it.
    """

    id: str
    language: str
    text: str
    voice: str
    speed: int


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    text = files("config.prompts").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    data: Mapping[str, Any] = yaml.safe_load(text)
    return data


@lru_cache(maxsize=1)
def catalogue() -> Mapping[tuple[str, str], Prompt]:
    """(language, id) → prompt, all of the catalogue."""
    return {(prompt.language, prompt.id): prompt for prompt in _prompts(_data())}


def prompts_with(own: Words, needed: Iterable[str] = ()) -> Mapping[tuple[str, str], Prompt]:
    """The catalogue with a site's own words laid over it. needed: ids that must be there in every language, if without text."""
    all_of_them = dict(catalogue())
    for name, texts in own.items():
        for language, text in texts.items():
            all_of_them[language, name] = _plain(name, language, text)
    for name in needed:
        for language in languages():
            all_of_them.setdefault((language, name), _plain(name, language, ""))
    return all_of_them


def _plain(name: str, language: str, text: str) -> Prompt:
    """With the usual voice of its language."""
    voice = _data()["languages"][language]
    return Prompt(name, language, text, str(voice["voice"]), int(voice["speed"]))


def file_of(folder: Path, language: str, name: str) -> Path:
    """Where a prompt's audio is. Whoever plays a message looks for its scope's own file first:

    ``<language>/message-fault.wav`` for all, ``<language>/message-fault@power.wav`` for one.
    """
    return folder / language / f"{name}.wav"


def languages() -> tuple[str, ...]:
    """The languages of the catalogue, in its order."""
    return tuple(dict.fromkeys(language for language, _ in catalogue()))


def wordings(language: str, own: Words = NONE, scope: str = "") -> Mapping[str, str]:
    """id → text of one language, e.g. for a page that shows the approved wording (requirement B3).

    own: the site's words, which win. scope: whose callers hear it; its own variants win over both.
    """
    texts = {prompt.id: prompt.text for prompt in catalogue().values() if prompt.language == language}
    given = {name: text[language] for name, text in own.items() if language in text}
    ours = {
        name.removesuffix(f"@{scope}"): text
        for name, text in given.items()
        if scope and name.endswith(f"@{scope}")
    }
    return texts | {name: text for name, text in given.items() if "@" not in name} | ours


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
