"""Where the built prompts lie and how long each one lasts."""

import wave
from pathlib import Path

UNKNOWN_SECONDS = 10.0


class Sounds:
    """``<folder>/<language>/<id>.wav``, looked at once each; a missing one is said to last some seconds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[str, str], float] = {}

    def path(self, language: str, prompt: str) -> str:
        """As Asterisk wants it: without its extension."""
        return f"{self._folder}/{language}/{prompt}"

    def seconds(self, language: str, prompts: tuple[str, ...]) -> float:
        """How long these take one after another."""
        return sum(self._one(language, prompt) for prompt in prompts)

    def _one(self, language: str, prompt: str) -> float:
        known = self._known.get((language, prompt))
        if known is None:
            known = self._measure(Path(self.path(language, prompt) + ".wav"))
            if known is None:
                return UNKNOWN_SECONDS
            self._known[language, prompt] = known
        return known

    @staticmethod
    def _measure(file: Path) -> float | None:
        try:
            with wave.open(str(file), "rb") as sound:
                return sound.getnframes() / sound.getframerate()
        except (OSError, EOFError, wave.Error):
            return None
