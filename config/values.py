"""The kinds of value that a policy is made of, as annotations for its models: each says what is wrong and
what to do.

A validator here raises ``bad(problem, remedy)``; ``config.policy`` turns it into a ConfigError with its
place.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from config import durations
from config.errors import nearest

LANGUAGES = ("zh-CN", "en")
LONGEST = 30 * 86400.0
"""No duration of a policy is longer, in seconds: more is a slip of the unit."""


def bad(problem: str, remedy: str) -> PydanticCustomError:
    """An error that keeps its remedy apart from its problem."""
    return PydanticCustomError("holdfast", "{problem}", {"problem": problem, "remedy": remedy})


def _matching(pattern: str, what: str, remedy: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise bad(f"'{value[:80]}' is not {what}", remedy)
        return value

    return check


def _duration(value: object) -> float:
    try:
        found = durations.seconds(value)
    except ValueError as error:
        raise bad(str(error), f"Write {durations.EXAMPLES}.") from None
    if found > LONGEST:
        raise bad(f"{value} is longer than 30 days", f"Check the unit; write {durations.EXAMPLES}.")
    return found


def _at_least_one_second(value: float) -> float:
    if value < 1.0:
        raise bad(f"{value:g} s is too short", "Give 1s or more.")
    return value


def _dial(value: str) -> str:
    if value.count("{number}") != 1:
        raise bad(
            f"'{value[:80]}' must hold {{number}} exactly once", "Write, for example, PJSIP/{number}@carrier."
        )
    # Whatever Dial() or a comma-separated argument would take apart must stay out: & , ( ) ^ | ; $ quotes,
    # blanks.
    if re.fullmatch(r"[A-Za-z0-9]+/[A-Za-z0-9_.:@/+*#-]*", value.replace("{number}", "0")) is None:
        raise bad(
            f"'{value[:80]}' is not a dial string",
            "Write technology/address with letters, digits and _ . : @ / + * # - only, "
            "for example PJSIP/{number}@carrier.",
        )
    return value


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """Walks hundreds of files, so only once."""
    return frozenset(available_timezones())


def _timezone(value: str) -> str:
    if not _is_zone(value):
        raise bad(f"no time zone is called '{value[:80]}'", _zone_remedy(value))
    return ZoneInfo(value).key


def _is_zone(value: str) -> bool:
    """Asks for this one alone: a start does not wait for a walk through all of them."""
    if value.startswith(("posix", "right/")):
        return False  # the same zones once more, of which no list tells
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _zone_remedy(value: str) -> str:
    remedy = nearest(value, _zones())
    return remedy if remedy.startswith("Did") else "Give an IANA name such as Asia/Shanghai."


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise bad(f"no prompts exist in '{value[:80]}'", nearest(value, LANGUAGES))
    return value


def quoted(value: Any) -> Any:
    """Refuses a number where text is meant: YAML drops its leading 0."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise bad(
            f"{value} must be text, not a number",
            f'Put it in quotes: "{value}" (a leading 0 is lost otherwise).',
        )
    return value


def _pattern(pattern: str, what: str, remedy: str) -> Callable[[str], str]:
    """Like _matching, without the value in the words: it may be somebody's number or hold a password."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise bad(f"is not {what}", remedy)
        return value

    return check


def _quoted_secret(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        raise bad("must be text, not a number", "Put it in quotes.")
    return value


def _long(value: object) -> float:
    try:
        return durations.seconds(value)
    except ValueError as error:
        raise bad(str(error), "Write 180d, 26h or a number of seconds.") from None


def _country(value: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS  # slow to import, and few ask for it

    if value not in SUPPORTED_REGIONS:
        raise bad(
            f"no numbering plan is known for '{value[:20]}'",
            "Give the two letters of a country, such as CN, DE, GB or US.",
        )
    return value


def one_of(names: Iterable[str], what: str) -> Callable[[str], str]:
    """A check that a text is one of some names; what: the word for them."""
    known = tuple(names)

    def check(value: str) -> str:
        if value not in known:
            raise bad(f"'{value[:80]}' is no {what}", nearest(value, known))
        return value

    return check


Name = Annotated[
    str,
    AfterValidator(
        _matching(
            "[a-z0-9-]{1,32}", "a name", "Use 1 to 32 of a-z, 0-9 and -; it goes into Asterisk's files."
        )
    ),
]
AsteriskName = Annotated[
    str,
    AfterValidator(
        _matching(
            "[A-Za-z0-9_.-]{1,64}",
            "a name in Asterisk",
            "Use letters, digits, _ . - (at most 64), as in Asterisk.",
        )
    ),
]
Number = Annotated[
    str,
    BeforeValidator(quoted),
    AfterValidator(_matching(r"\+?[0-9]{1,20}", "a number", 'Write digits in quotes, such as "95598".')),
]
AreaCode = Annotated[
    str,
    BeforeValidator(quoted),
    AfterValidator(_matching("[0-9]{0,6}", "an area code", 'Write digits in quotes, such as "0571".')),
]
Shown = Annotated[
    str,
    BeforeValidator(quoted),
    AfterValidator(
        _matching(r"(\+?[0-9]{3,20})?", "a caller id", 'Write 3 to 20 digits in quotes, such as "95598".')
    ),
]
PlanCountry = Annotated[str, AfterValidator(_country)]
RegionKey = Annotated[
    str,
    BeforeValidator(quoted),
    AfterValidator(
        _matching("[0-9]{1,4}", "a key of a region", 'Write 1 to 4 digits in quotes, such as "1".')
    ),
]
ServiceCode = Annotated[
    str,
    BeforeValidator(quoted),
    AfterValidator(_matching("[0-9]{1,12}", "a short number", 'Write digits in quotes, such as "12345".')),
]
OnCall = Annotated[
    str,
    BeforeValidator(_quoted_secret),
    AfterValidator(
        _pattern(
            r"\+?[0-9]{3,20}|[A-Za-z0-9]+/[A-Za-z0-9_.:@/+*#-]+",
            "a number or a dial string",
            'Write digits in quotes, or technology/address such as "PJSIP/8001"; no & and no comma.',
        )
    ),
]
PromptId = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[a-z0-9_-]{1,48}|message-[a-z0-9_-]{1,32}@[a-z0-9-]{1,32}",
            "a prompt's id",
            "Use a-z, 0-9, _ and -; message-fault@power is the wording of one scope.",
        )
    ),
]
MessageId = Annotated[
    str, AfterValidator(_matching("[a-z0-9_-]{1,32}", "a message id", "Use 1 to 32 of a-z, 0-9, _ and -."))
]
Duration = Annotated[float, BeforeValidator(_duration)]
Hold = Annotated[Duration, AfterValidator(_at_least_one_second)]
Dial = Annotated[str, AfterValidator(_dial)]
TimeZone = Annotated[str, AfterValidator(_timezone)]
Language = Annotated[str, AfterValidator(_language)]
Span = Annotated[float, BeforeValidator(_long)]
PersonName = Annotated[
    str,
    AfterValidator(
        _matching(r"[^/\x00-\x1f\x7f|]{1,40}", "a name to show", "Use 1 to 40 letters, without / and |.")
    ),
]
Ups = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[A-Za-z0-9_.-]{1,64}@[A-Za-z0-9_.:-]{1,253}",
            "a UPS",
            "Write it as upsc takes it: ups@localhost.",
        )
    ),
]
Mobile = Annotated[
    str,
    BeforeValidator(_quoted_secret),
    AfterValidator(
        _pattern(r"\+[1-9][0-9]{6,14}", "a number in E.164", 'Write + and country code in quotes: "+86…".')
    ),
]
Dialled = Annotated[
    str,
    BeforeValidator(_quoted_secret),
    AfterValidator(_pattern(r"\+?[0-9]{1,20}", "a number", "Write digits in quotes.")),
]
NoteUrl = Annotated[
    str,
    AfterValidator(
        _pattern(
            r"[a-z][a-z0-9+.-]*://\S{1,2000}", "an Apprise URL", "Write scheme://…, as Apprise documents it."
        )
    ),
]
Address = Annotated[str, Field(min_length=1, max_length=2000)]
Words = Annotated[str, Field(min_length=1, max_length=2000)]
