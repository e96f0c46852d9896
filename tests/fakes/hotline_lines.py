"""Lines of tier 3, and a caller who hears the phrase: what tests of the tiers begin with."""

from hotline import Hotline
from hotline_calls import Call

CALLER_ID, NUMBER, SOURCE, MATTER, LANGUAGE, WANTED, PROMISED, INCIDENT = range(4, 12)
PHRASE = "message-fault"


def facts(line: list[str]) -> tuple[str, ...]:
    """number, source, matter, wanted, promised of a tier 3 line."""
    return line[NUMBER], line[SOURCE], line[MATTER], line[WANTED], line[PROMISED]


def in_phrase(hotline: Hotline, caller_id: str = "13912345678") -> Call:
    hotline.flag()
    return hotline.call(caller_id).runs("Read", PHRASE)
