"""Calls to the third driver with the answers of usual callers, in memory."""

from collections.abc import Mapping
from dataclasses import replace

from twilio_caller import (
    Answers,
    Memory,
    Shelf,
    TwilioCall,
    app_in_memory,
    by_prompt,
    through,
)

from ivr.policy import CallerPolicy
from ivr.values import Left

POLICY = CallerPolicy(area_code="0571", dialogue="short", ask_message=False)
TALKATIVE = CallerPolicy(area_code="0571", dialogue="full")
OFFERS = ("offer", "offer-short")
KEYED_OFFERS = ("offer-keyed", "offer-short-keyed")


def own(key: str = "1", **more: str | None) -> dict[str, str | None]:
    return dict.fromkeys(OFFERS, key) | {"matter": "2"} | more


def keyed(number: str = "13800000000", **more: str | None) -> dict[str, str | None]:
    offers = dict.fromkeys((*OFFERS, *KEYED_OFFERS), "2")
    return offers | {"confirm": "1", "enter-number": number, "matter": "3"} | more


def ring(
    answers: Mapping[str, str | None] | Answers,
    memory: Memory | None = None,
    policy: CallerPolicy = POLICY,
    call: TwilioCall | None = None,
    **more: object,
) -> tuple[TwilioCall, Memory]:
    memory = memory or Memory()
    app = app_in_memory(memory, Shelf(policy), **more)  # type: ignore[arg-type]  # passed on as it is
    call = replace(call, post=through(app)) if call else TwilioCall(through(app))
    return call.run(answers if callable(answers) else by_prompt(answers)), memory


def only(memory: Memory) -> Left:
    (left,) = memory.left
    return left
