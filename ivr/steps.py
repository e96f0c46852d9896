"""What a dialogue asks its driver to do, in order. Prompts are catalogue ids, never texts."""

from dataclasses import dataclass

from ivr.values import Left


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
class End:
    """The dialogue is over. done: False leaves the call to the next tier."""

    done: bool


Step = Play | Ask | SetLanguage | SetFacts | Spool | End


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


Input = Keys | Kept | NotKept
