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

from ivr.policy import CallerPolicy

_SHORTEST = 7  # shorter ones are service and emergency codes
_LONGEST = 16
_SHAPE = re.compile(r"\+?[0-9]+")
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


class Refusal(StrEnum):
    """Why a number is not taken."""

    NOT_A_NUMBER = "not_a_number"
    SHORT = "short"  # service, short and emergency codes
    INVALID = "invalid"
    INTERNATIONAL = "international"
    PREMIUM = "premium"
    MOBILE = "mobile"
    OWN_LINE = "own_line"


@dataclass(frozen=True, slots=True)
class Checked:
    """number: as dialled from the site, "" when refused."""

    number: str
    refusal: Refusal | None = None


def check(text: str, policy: CallerPolicy) -> Checked:
    """Bring a keyed number or a caller id into the form in which the site dials it, or say why it is not taken."""
    if not _SHAPE.fullmatch(text):
        return Checked("", Refusal.NOT_A_NUMBER)
    if len(text.lstrip("+")) < _SHORTEST:
        return Checked("", Refusal.SHORT)
    number = _parse(text, policy) if len(text) <= _LONGEST else None
    if number is None:
        return Checked("", Refusal.INVALID)
    refusal = _refusal(number, policy)
    return Checked("", refusal) if refusal else Checked(_dialled(number, policy))


def _parse(text: str, policy: CallerPolicy) -> PhoneNumber | None:
    """The first reading that is a valid number, or None."""
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
    if policy.area_code and len(text) <= 8:
        readings.insert(0, policy.area_code + text)
    readings.append("+" + text)
    if text.startswith("0"):
        readings.append(text[1:])
    return readings


def _refusal(number: PhoneNumber, policy: CallerPolicy) -> Refusal | None:
    kind = phonenumbers.number_type(number)
    if number.country_code != _home(policy) and not policy.allow_international:
        return Refusal.INTERNATIONAL
    if kind not in _CALLABLE or _is_service_code(number, kind, policy):
        return Refusal.PREMIUM
    if kind == PhoneNumberType.MOBILE and not policy.allow_mobile:
        return Refusal.MOBILE
    return Refusal.OWN_LINE if _dialled(number, policy) in _own_lines(policy) else None


def _is_service_code(number: PhoneNumber, kind: int, policy: CallerPolicy) -> bool:
    """A service number behind an area code, such as 0571-96xxxxxx, looks like a fixed line to libphonenumber."""
    if kind != PhoneNumberType.FIXED_LINE or number.country_code != _home(policy):
        return False
    subscriber = phonenumbers.national_significant_number(number)
    subscriber = subscriber[phonenumbers.length_of_geographical_area_code(number) :]
    return subscriber.startswith(policy.service_prefixes)


@lru_cache(maxsize=8)
def _own_lines(policy: CallerPolicy) -> frozenset[str]:
    """The hotline's own numbers as dialled; short ones are refused by their length anyway."""
    numbers = (_parse("".join(c for c in line if c in "+0123456789"), policy) for line in policy.own_lines)
    return frozenset(_dialled(number, policy) for number in numbers if number)


def _home(policy: CallerPolicy) -> int:
    return int(phonenumbers.country_code_for_region(policy.country))


def _dialled(number: PhoneNumber, policy: CallerPolicy) -> str:
    """National numbers with their trunk prefix, others with "+" and country code."""
    if number.country_code != _home(policy):
        return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return "".join(c for c in national if c.isdigit())
