"""What callers do, one row each, and what the book must have of it, whichever driver spoke with them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ivr.policy import CallerPolicy, Region
from ivr.values import CallFacts, Outage

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
HANG_UP = None
POLICY = CallerPolicy(
    area_code="0571",
    dialogue="full",
    regions=(Region("north", "1"), Region("south", "22")),
    own_lines=("057188880000",),
)
SHORT = replace(POLICY, dialogue="short")
ADAPTIVE = replace(POLICY, dialogue="adaptive")
OUTAGES = (Outage("north", NOW + timedelta(hours=2), NOW + timedelta(hours=4)),)
CALL = CallFacts(
    "1795304898.1", "power", "zh-CN", "fault", caller_id="13912345678", own="13912345678", reference="123456"
)
WITHHELD = replace(CALL, caller_id="", own="")
OTHER = "13800000000"
Says = Sequence[tuple[str, str | None]]


@dataclass(frozen=True)
class Row:
    """says: (a prompt that he hears when he is asked, what he keys), each used once, in any order; silence at any other.

    leaves: number, source and matter of what is left, or what is asked of the book. asterisk_only: means something else at a
    provider, where nobody can be reached by key 0.
    """

    name: str
    says: Says
    leaves: tuple[str, ...]
    call: CallFacts = CALL
    policy: CallerPolicy = POLICY
    outages: tuple[Outage, ...] = ()
    asterisk_only: bool = False
    hears: tuple[str, ...] = ()


ALL = (("offer", "1"), ("matter", "2"), ("region-intro", "22"), ("ask-message", "2"))
KEYED = (("offer", "2"), ("enter-number", OTHER), ("confirm", "1"), ("matter", "3"), ("region-intro", "1"))
MINE = (("offer", "3"), ("more-menu", "1"), ("enter-reference", "654321"))
OWN = "13912345678"
TABLE = (
    Row("own number, matter and region", ALL, (f"{OWN} own bill south",)),
    Row("own number by a key in the phrase", ALL[1:], (f"{OWN} own bill south",), replace(CALL, key="1")),
    Row(
        "another number by a key in the phrase",
        KEYED[1:],
        (f"{OTHER} keyed complaint north",),
        replace(CALL, key="2"),
    ),
    Row("another number", KEYED, (f"{OTHER} keyed complaint north",)),
    Row(
        "another number with #",
        (*KEYED[:1], ("enter-number", f"{OTHER}#"), *KEYED[2:]),
        (f"{OTHER} keyed complaint north",),
    ),
    Row(
        "a local number gets its area code",
        (("offer", "2"), ("enter-number", "88112233"), *KEYED[2:]),
        ("057188112233 keyed complaint north",),
    ),
    Row(
        "a number that was mistyped is keyed again",
        (("offer", "2"), ("enter-number", "13800000001"), ("confirm", "2"), *KEYED[1:]),
        (f"{OTHER} keyed complaint north",),
    ),
    Row("silence at the read-back lets it stand", KEYED[:2], (f"{OTHER} keyed unstated",)),
    Row(
        "a premium number is refused and another one taken",
        (("offer", "2"), ("enter-number", "16812345"), *KEYED[1:]),
        (f"{OTHER} keyed complaint north",),
        hears=("number-refused",),
    ),
    Row(
        "an emergency number is refused",
        (("offer", "2"), ("enter-number", "110"), *KEYED[1:]),
        (f"{OTHER} keyed complaint north",),
    ),
    Row(
        "the hotline's own number is refused",
        (("offer", "2"), ("enter-number", "057188880000"), *KEYED[1:]),
        (f"{OTHER} keyed complaint north",),
    ),
    Row(
        "an international number is refused",
        (("offer", "2"), ("enter-number", "0014155550100"), *KEYED[1:]),
        (f"{OTHER} keyed complaint north",),
    ),
    Row(
        "half a number is refused",
        (("offer", "2"), ("enter-number", "138000"), *KEYED[1:]),
        (f"{OTHER} keyed complaint north",),
    ),
    Row(
        "nothing but refused numbers: the own one stands",
        (("offer", "2"), *[("enter-number", "110")] * 3),
        (f"{OWN} own unstated",),
    ),
    Row(
        "wrong keys, then the right one",
        (("offer", "7"), ("offer", "6"), *ALL),
        (f"{OWN} own bill south",),
        hears=("wrong-key",),
    ),
    Row("nothing but wrong keys: the own number", [("offer", "7")] * 3, (f"{OWN} own unstated",)),
    Row("silence to the end: the own number", (), (f"{OWN} own unstated",), hears=("own-number",)),
    Row("the star repeats", (("offer", "*"), *ALL), (f"{OWN} own bill south",)),
    Row(
        "the matter is not insisted on",
        (("offer", "1"), ("region-intro", "1")),
        (f"{OWN} own unstated north",),
    ),
    Row(
        "a wrong region, then none",
        (
            ("offer", "1"),
            ("matter", "1"),
            ("region-intro", "9"),
            ("region-intro", "9"),
            ("region-intro", "9"),
        ),
        (f"{OWN} own fault",),
    ),
    Row("in the other language", (("offer", "9"), *ALL), (f"{OWN} own bill south en",)),
    Row("there and back again", (("offer", "9"), ("offer", "9"), *ALL), (f"{OWN} own bill south",)),
    Row(
        "a message",
        (*ALL[:3], ("ask-message", "1"), ("leave-message", "7")),
        (f"{OWN} own bill south recorded",),
        hears=("message-kept",),
    ),
    Row(
        "a message of nothing",
        (*ALL[:3], ("ask-message", "1"), ("leave-message", "")),
        (f"{OWN} own bill south",),
    ),
    Row(
        "withheld: a number is asked for",
        (("offer-keyed", "1"), *KEYED[1:]),
        (f"{OTHER} keyed complaint north",),
        WITHHELD,
    ),
    Row("withheld and silent: nothing can be promised", (), (), WITHHELD, hears=("no-number",)),
    Row(
        "withheld, and nothing but refused numbers",
        (("offer-keyed", "2"), *[("enter-number", "110")] * 3),
        ("- none unstated",),
        WITHHELD,
    ),
    Row("short", ALL[:2], (f"{OWN} own bill",), policy=SHORT),
    Row(
        "express",
        (("offer-short", "1"),),
        (f"{OWN} own unstated",),
        policy=replace(POLICY, dialogue="express"),
    ),
    Row(
        "express with another number",
        (("offer-short", "2"), *KEYED[1:3]),
        (f"{OTHER} keyed unstated",),
        policy=replace(POLICY, dialogue="express"),
    ),
    Row("message only", (), (f"{OWN} own unstated",), replace(CALL, length="message"), ADAPTIVE),
    Row(
        "message only, withheld",
        (("offer-short-keyed", "2"), *KEYED[1:3]),
        (f"{OTHER} keyed unstated",),
        replace(WITHHELD, length="message"),
        ADAPTIVE,
    ),
    Row("a notice when it is over", (("offer", "3"), ("more-menu", "3")), (f"notice {OWN} own",)),
    Row(
        "a notice on another number",
        (("offer-keyed", "3"), ("more-menu", "3"), ("enter-number", OTHER), ("confirm", "1")),
        (f"notice {OTHER} keyed",),
        WITHHELD,
    ),
    Row(
        "my promise: cancelled",
        (*MINE, ("promise-menu", "3")),
        (f"cancel 654321 of {OWN}",),
        hears=("no-lookup",),
    ),
    Row(
        "my promise: cancelled and taken back",
        (*MINE, ("promise-menu", "3"), ("undo", "1")),
        (f"cancel 654321 of {OWN}", f"undo 654321 of {OWN}"),
    ),
    Row(
        "my promise: another number",
        (*MINE, ("promise-menu", "2"), ("enter-number", OTHER), ("confirm", "1")),
        (f"change 654321 of {OWN}",),
    ),
    Row("my promise: it stays", (*MINE, ("promise-menu", "1")), ()),
    Row(
        "my promise: a reference that is none",
        (("offer", "3"), ("more-menu", "1"), *[("enter-reference", "12")] * 3),
        (f"{OWN} own unstated",),
    ),
    Row(
        "planned outages, then called back",
        (("offer", "3"), ("more-menu", "2"), ("region-intro", "1"), *ALL),
        (f"{OWN} own bill south",),
        outages=OUTAGES,
        hears=("outage-from", "outage-until"),
    ),
    Row(
        "no planned outage",
        (("offer", "3"), ("more-menu", "2"), *ALL),
        (f"{OWN} own bill south",),
        hears=("outage-none",),
    ),
    Row("back from the menu", (("offer", "3"), ("more-menu", "*"), *ALL), (f"{OWN} own bill south",)),
    Row("danger, later on", (("offer", "1"), ("matter", "8")), (f"{OWN} own danger",)),
    Row("danger with a number keyed before", (*KEYED[:3], ("matter", "8")), (f"{OTHER} keyed danger",)),
    Row("a person, where one is left", (("offer", "0"),), (), replace(CALL, person=True), asterisk_only=True),
    Row(
        "no person is left: a wrong key",
        (("offer", "0"), *ALL),
        (f"{OWN} own bill south",),
        hears=("wrong-key",),
    ),
    Row("hangs up at the offer", (("offer", HANG_UP),), ()),
    Row(
        "hangs up after key 1 in the phrase",
        (("matter", HANG_UP),),
        (f"{OWN} own unstated",),
        replace(CALL, key="1"),
    ),
    Row("hangs up while he keys", (("offer", "2"), ("enter-number", HANG_UP)), (f"{OWN} own unstated",)),
    Row("hangs up at the read-back", (*KEYED[:2], ("confirm", HANG_UP)), (f"{OWN} own unstated",)),
    Row(
        "withheld, hangs up while he keys",
        (("offer-keyed", "2"), ("enter-number", HANG_UP)),
        ("- none unstated",),
        WITHHELD,
    ),
    Row("hangs up at the matter", (("offer", "1"), ("matter", HANG_UP)), (f"{OWN} own unstated",)),
    Row("hangs up at the region", (*ALL[:2], ("region-intro", HANG_UP)), (f"{OWN} own bill",)),
    Row("hangs up at the message", (*ALL[:3], ("ask-message", HANG_UP)), (f"{OWN} own bill south",)),
    Row("hangs up at the reference", (*ALL, ("reference-is", HANG_UP)), (f"{OWN} own bill south",)),
    Row("hangs up in the menu", (("offer", "3"), ("more-menu", HANG_UP)), ()),
    Row(
        "hangs up after the cancel",
        (*MINE, ("promise-menu", "3"), ("undo", HANG_UP)),
        (f"cancel 654321 of {OWN}",),
    ),
)
