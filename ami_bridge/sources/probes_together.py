"""Several voices about one component: it is well only when none of them says otherwise."""

from collections.abc import Callable

from fallback.events import Evidence, PartSeen


class TooManyVoices(Exception):
    """More say that something is wrong than are remembered; what is remembered stands."""


class Together:
    """Hands PartSeen on, so that the good word of one never hides the bad word of another.

    most: how many bad voices are remembered in all.
    """

    def __init__(self, put: Callable[[PartSeen], None], most: int = 10_000) -> None:
        self._put = put
        self._most = most
        self._count = 0
        self._bad: dict[tuple[str, Evidence], set[str]] = {}

    def say(self, component: str, evidence: Evidence, voice: str, good: bool, detail: str = "") -> None:
        """One voice speaks. A good word is handed on when it was the last bad one that has fallen silent, or none was.

        Raises TooManyVoices.
        """
        bad = self._bad.setdefault((component, evidence), set())
        if good and voice in bad:
            bad.remove(voice)
            self._count -= 1
        if not good and voice not in bad:
            if self._count >= self._most:
                raise TooManyVoices(f"more than {self._most} say at once that something is wrong")
            bad.add(voice)
            self._count += 1
        if not good or not bad:
            self._put(PartSeen(component, evidence, good, "" if good else detail[:200]))
