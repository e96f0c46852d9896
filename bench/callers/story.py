"""What a caller heard and did, as it was on the line. Pure."""

from dataclasses import dataclass, field

from bench.callers.person import Person
from bench.callers.sound import QUESTIONS, packets

SLACK = 2  # packets of a prompt that may be missing at its ends though it was heard
KEY = 0.1  # seconds: a key that was sent so soon after a prompt began was what brought the prompt
MOST_SILENT = 0.3  # seconds; a shorter gap is the line's own


@dataclass(slots=True)
class Run:
    """One prompt as it was heard. Seconds on the run's own clock."""

    sound: str
    begun: float
    ended: float
    packets: int = 1

    @property
    def whole(self) -> bool:
        return self.packets >= packets(self.sound) - SLACK


@dataclass(slots=True)
class Story:
    """One call from the caller's side. Seconds on the run's own clock.

    keys: (when the last of them was sent, digits). read_back: the number that he was last asked to confirm, "" none.
    dead: the Asterisk that had the call was killed. ended_by: "us", "them", or "" when nobody said so.
    """

    person: Person
    placed: float
    answered: float | None = None
    ended: float | None = None
    ended_by: str = ""
    dead: bool = False
    read_back: str = ""
    keys: list[tuple[float, str]] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def hear(self, sound: str, at: float) -> bool:
        """Takes one packet; returns whether another prompt begins with it."""
        last = self.runs[-1] if self.runs else None
        if last and last.sound == sound and at - last.ended < MOST_SILENT / 2:
            last.ended, last.packets = at, last.packets + 1
            return False
        self.runs.append(Run(sound, at, at))
        return True


def silence(story: Story, patience: float) -> float | None:
    """The longest time without a sound, in seconds, while he could expect one; None for a call that was never answered
    or whose line was cut. patience: how long Holdfast waits for a key; time in which it is his turn does not count.
    """
    if story.answered is None or story.ended is None or story.dead:
        return None
    longest, began, since, asked = 0.0, story.answered, story.answered, False
    for begun, ended, sound in [*_sounds(story), (story.ended, story.ended, "")]:
        pressed = [at for at, _ in story.keys if began + KEY < at < begun]  # an answer to what was just heard
        quiet = begun - max([since, *pressed]) - (patience if asked and not pressed else 0.0)
        longest = max(longest, quiet)
        began, since, asked = begun, ended, sound in QUESTIONS
    return longest


def _sounds(story: Story) -> list[tuple[float, float, str]]:
    return [(run.begun, run.ended, run.sound) for run in story.runs]
