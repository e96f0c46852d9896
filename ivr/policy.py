"""What a site has decided about its callers. Plain values; the YAML is read elsewhere."""

from dataclasses import dataclass

from ivr.lengths import Length


@dataclass(frozen=True, slots=True)
class Region:
    """A region that callers can choose. id: prompt ``region-<id>``; key: digits that choose it."""

    id: str
    key: str


@dataclass(frozen=True, slots=True)
class CallerPolicy:
    """The rules of the dialogue with a caller.

    languages: prompt languages on offer, first one first; with two, key 9 changes to the other.
    dialogue: "adaptive" (as long as the lines allow, see ``ivr.lengths``), or always "full", "short", "express" or "message".
    country: region code of the numbering plan; area_code: put before local numbers, with its trunk prefix ("0571").
    timezone: IANA name, for speaking recovery times (requirement B2).
    own_lines: numbers of the hotline itself, never accepted as a number to call. service_prefixes: fixed-line
    subscriber numbers that begin so are service or premium codes (in China 1 and 9, as in 96xxx, 168xxxxx).
    regions: to choose from, () asks for none. ask_message: offer to record a message of at most message_seconds.
    offer_notice: offer to be told when it is over instead of a callback (B8). danger_key: the key of B6, "" for none.
    service_codes: short codes that may be called back though they are short (other than own lines).
    premium_prefixes, allow_prefixes: beginnings of numbers as dialled that are never, or in spite of their kind, called.
    choice_seconds: silence after a prompt before it counts as no answer; digit_seconds: the same while a number is
    keyed; max_tries: how often one question is put; keep_seconds: longest wait for a durable spool line, at
    most 3.
    """

    languages: tuple[str, ...] = ("zh-CN", "en")
    dialogue: str = "adaptive"
    country: str = "CN"
    area_code: str = ""
    timezone: str = "Asia/Shanghai"
    allow_mobile: bool = True
    allow_international: bool = False
    own_lines: tuple[str, ...] = ()
    service_prefixes: tuple[str, ...] = ("1", "9")
    ask_matter: bool = True
    max_tries: int = 3
    choice_seconds: float = 5.0
    digit_seconds: float = 5.0
    keep_seconds: float = 3.0
    regions: tuple[Region, ...] = ()
    ask_message: bool = True
    message_seconds: float = 60.0
    offer_notice: bool = True
    danger_key: str = "8"
    premium_prefixes: tuple[str, ...] = ()
    allow_prefixes: tuple[str, ...] = ()
    service_codes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.languages:
            raise ValueError("languages: name at least one prompt language, such as zh-CN")
        if self.dialogue not in ("adaptive", *Length):
            raise ValueError(f"dialogue: {self.dialogue!r} is not adaptive, {', '.join(Length)}")
        if self.max_tries < 1:
            raise ValueError("max_tries: at least 1")
