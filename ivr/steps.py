"""What a dialogue asks its driver to do, in order. Prompts are catalogue ids, never texts."""

from dataclasses import dataclass
from enum import StrEnum

from ivr.values import Left, PromiseSeen


@dataclass(frozen=True, slots=True)
class Play:
    """Speak prompts one after another; keys are ignored. A missing prompt fails the call over to the dialplan."""

    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Speak prompts and take up to ``digits`` keys; a key cuts the prompts short.

    seconds: silence, after the prompts and between keys, that ends the answer. Answered by ``Keys``.
    """

    prompts: tuple[str, ...]
    digits: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """The language of every prompt from here on."""

    language: str


@dataclass(frozen=True, slots=True)
class SetFacts:
    """Put confirmed values into the call's variables at once, so that another tier can go on from them."""

    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Spool:
    """Make it durable. Answered by ``Kept`` or ``NotKept``; nothing is promised before ``Kept``."""

    left: Left


@dataclass(frozen=True, slots=True)
class Record:
    """Speak prompts and record what is said after them, until "#", silence, hang-up or ``most_seconds``.

    name: of the recording, without folder and suffix. silence_seconds: of silence that end it. Answered by ``Recorded``.
    """

    prompts: tuple[str, ...]
    name: str
    most_seconds: float
    silence_seconds: float = 4.0


@dataclass(frozen=True, slots=True)
class Look:
    """Look for the open promise of a number. Answered by ``Seen`` or, where nobody can look (tier 2, the store away), ``Away``.

    reference: "" asks only whether there is one; details and changes need it, because a caller id can be forged.
    """

    number: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Admit:
    """May this keyed number be called within the limits of number, prefix and day? Answered by ``Admitted``."""

    number: str


class Next(StrEnum):
    """Who goes on with a call that the dialogue has ended."""

    TIER = "tier"  # the next tier: nothing was promised here
    PERSON = "person"  # back to the queue, where somebody is left (key 0)
    DANGER = "danger"  # the danger key, at a later moment (requirement B6)


@dataclass(frozen=True, slots=True)
class End:
    """The dialogue is over. done: all was said. next: who goes on where it was not."""

    done: bool
    next: Next = Next.TIER


Step = Play | Ask | SetLanguage | SetFacts | Spool | Record | Look | Admit | End


@dataclass(frozen=True, slots=True)
class Keys:
    """What the caller keyed; "" is silence."""

    text: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The spool line is durable."""


@dataclass(frozen=True, slots=True)
class NotKept:
    """The spool line could not be made durable in time."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """name: of the recording's file with its suffix, "" when nothing was said."""

    name: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the book says; None: no such promise, or the reference is not its own."""

    promise: PromiseSeen | None


@dataclass(frozen=True, slots=True)
class Away:
    """Nobody can look at the moment."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """ok: False when a limit is reached; then the number is refused with a word."""

    ok: bool = True


Input = Keys | Kept | NotKept | Recorded | Seen | Away | Admitted
