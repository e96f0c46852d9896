"""Which numbers may be taken for a callback.

A number left with a hotline is a lever for toll fraud: what may never be dialled is refused at capture already, and
again when it is dialled. A caller id is as untrusted as a keyed number.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType
from phonenumbers.shortnumberinfo import connects_to_emergency_number, is_emergency_number

from ivr.policy import CallerPolicy

_SHORTEST = 7  # shorter ones are service and emergency codes
_LONGEST = 15  # digits of a number with its country code (E.164)
_SHAPE = re.compile(r"(\+?)([0-9]+)", re.ASCII)
_EMERGENCY = frozenset(
    {
        "000",
        "100",
        "101",
        "102",
        "108",
        "110",
        "111",
        "112",
        "113",
        "117",
        "118",
        "119",
        "120",
        "122",
        "911",
        "999",
    }
)
"""Of any country: whoever keys one of them wants help, and a hotline that called it back would block a line there."""
_DIGITS = frozenset("0123456789")
_NO_COUNTRY = "001"  # what libphonenumber calls the region of satellite and other worldwide numbers
_CALLABLE = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.UAN,
        PhoneNumberType.TOLL_FREE,
    }
)
"""Not among them: premium and shared-cost numbers, personal numbers, pagers, voice mail boxes, and what nobody knows."""


class Refusal(StrEnum):
    """Why a number is not taken."""

    NOT_A_NUMBER = "not_a_number"
    EMERGENCY = "emergency"
    SHORT = "short"  # service and short codes
    INVALID = "invalid"
    INTERNATIONAL = "international"  # abroad, or in another country behind the same country code; satellite
    PREMIUM = "premium"  # whatever costs more than a plain call
    MOBILE = "mobile"
    OWN_LINE = "own_line"


@dataclass(frozen=True, slots=True)
class Checked:
    """number: as dialled from the site, "" when refused."""

    number: str
    refusal: Refusal | None = None


@lru_cache(maxsize=4096)  # a number is judged when it is left, when its line is read and when it is dialled
def check(text: str, policy: CallerPolicy) -> Checked:
    """Bring a keyed number or a caller id into the form in which the site dials it, or say why it is not taken.

    Whatever the text, ``number`` is "" or digits with an optional "+" before them; checked again it stays as it is.
    """
    shape = _SHAPE.fullmatch(text)
    if not shape:
        return Checked("", Refusal.NOT_A_NUMBER)
    plus, digits = shape.groups()
    if is_emergency(digits, policy.country):
        return Checked("", Refusal.EMERGENCY)
    if not plus and digits in policy.service_codes:
        return Checked("", Refusal.OWN_LINE) if digits in policy.own_lines else Checked(digits)
    if len(digits) < _SHORTEST:
        return Checked("", Refusal.SHORT)
    number = _parse(text, policy)
    if number is None:
        return Checked("", Refusal.INVALID)
    refusal = _refusal(number, policy)
    return Checked("", refusal) if refusal else Checked(_dialled(number, policy))


def is_emergency(digits: str, country: str) -> bool:
    """Whether the digits are an emergency number of this country, or the best known one of another."""
    return digits in _EMERGENCY or bool(is_emergency_number(digits, country))


def _parse(text: str, policy: CallerPolicy) -> PhoneNumber | None:
    """The first reading that is a valid number, or None."""
    if len(text.lstrip("+").removeprefix("00")) > _LONGEST:
        return None
    for reading in _readings(text, policy):
        try:
            number = phonenumbers.parse(reading, policy.country)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return number
    return None


def _readings(text: str, policy: CallerPolicy) -> list[str]:
    """Ways to read the digits, likeliest first.

    A local number gets the site's area code; carriers send caller ids with 00, with the bare country code, or (in China)
    with a 0 before a mobile number.
    """
    if text.startswith("+"):
        return [text]
    if text.startswith("00"):
        return ["+" + text[2:]]
    readings = [text]
    if policy.area_code and len(text) <= 8 and not text.startswith("0"):
        readings.insert(0, policy.area_code + text)
    readings.append("+" + text)
    if text.startswith("0"):
        readings.append(text[1:])
    return readings


def _refusal(number: PhoneNumber, policy: CallerPolicy) -> Refusal | None:
    """Own lines and the policy's premium prefixes first: nothing that is allowed opens them."""
    dialled = _dialled(number, policy)
    if dialled in _own_lines(policy):
        return Refusal.OWN_LINE
    if dialled.startswith(policy.premium_prefixes):
        return Refusal.PREMIUM
    if connects_to_emergency_number(dialled, policy.country):
        return Refusal.EMERGENCY
    return _refusal_by_plan(number, policy, dialled.startswith(policy.allow_prefixes))


def _refusal_by_plan(number: PhoneNumber, policy: CallerPolicy, allowed: bool) -> Refusal | None:
    """What the numbering plan says. allowed: by its prefix; abroad that opens a country, and never its premium numbers."""
    kind, region = phonenumbers.number_type(number), phonenumbers.region_code_for_number(number)
    home = region == policy.country
    if not home and not allowed and (region == _NO_COUNTRY or not policy.allow_international):
        return Refusal.INTERNATIONAL
    costly = kind not in _CALLABLE or (home and _is_service_code(number, kind, policy))
    if costly and not (home and allowed):
        return Refusal.PREMIUM
    return Refusal.MOBILE if kind == PhoneNumberType.MOBILE and not policy.allow_mobile else None


def _is_service_code(number: PhoneNumber, kind: int, policy: CallerPolicy) -> bool:
    """A service number behind an area code, such as 0571-96xxxxxx, looks like a fixed line to libphonenumber."""
    if kind != PhoneNumberType.FIXED_LINE:
        return False
    subscriber = phonenumbers.national_significant_number(number)
    subscriber = subscriber[phonenumbers.length_of_geographical_area_code(number) :]
    return subscriber.startswith(policy.service_prefixes)


@lru_cache(maxsize=8)
def _own_lines(policy: CallerPolicy) -> frozenset[str]:
    """The hotline's own numbers as dialled; short ones are refused by their length, or as service codes."""
    numbers = (_parse("".join(c for c in line if c in "+0123456789"), policy) for line in policy.own_lines)
    return frozenset(_dialled(number, policy) for number in numbers if number)


def _home(policy: CallerPolicy) -> int:
    return int(phonenumbers.country_code_for_region(policy.country))


def _dialled(number: PhoneNumber, policy: CallerPolicy) -> str:
    """National numbers with their trunk prefix, others with "+" and country code."""
    if number.country_code != _home(policy):
        return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return "".join(c for c in national if c in _DIGITS)
