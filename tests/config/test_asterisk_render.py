"""The rendered dialplan: what may go into it, and that it says what the dialogue and the catalogue say."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from config.asterisk import DialplanSite, ScopeLine, SiteInvalid, render
from config.prompts import wordings
from config.values import Dial
from ivr.agi_call import LONGEST_KEEP
from ivr.dialogue import MATTERS, PROMISES

SITE = DialplanSite(
    scopes=(ScopeLine("power", "power-queue"), ScopeLine("water", "water", "en")),
    prompts_dir=Path("/var/lib/holdfast/prompts"),
    tier3_dir=Path("/var/spool/holdfast/tier3"),
)


def dialplan(site: DialplanSite = SITE) -> str:
    return render(site)["extensions_holdfast.conf"]


def contexts(text: str) -> dict[str, str]:
    """Context → its lines; a context may be opened more than once."""
    found: dict[str, str] = {}
    for name, body in re.findall(r"^\[([a-z-]+)\]\n((?:(?!\[).*\n?)*)", text, re.M):
        found[name] = found.get(name, "") + body
    return found


def test_every_scope_has_its_queue_its_language_and_its_lamp() -> None:
    text = dialplan()
    assert "exten => power,1,Set(hf_queue=power-queue)" in text
    assert "exten => lamp-water,hint,Custom:holdfast-water" in text


def test_every_context_that_is_jumped_to_exists() -> None:
    found = contexts(dialplan())
    jumped = set(re.findall(r"Gosub\((holdfast[a-z-]*),", dialplan()))
    jumped |= set(re.findall(r"hangup_handler_push\)=(holdfast[a-z-]*),", dialplan()))
    assert jumped <= found.keys()
    assert {
        "holdfast",
        "holdfast-queue",
        "holdfast-dial",
        "holdfast-hangup",
    } <= found.keys()


def test_the_pass_path_holds_no_agi_and_no_answer() -> None:
    enter = contexts(dialplan())["holdfast"].split("exten => told,1,")[0]
    assert "exten => enter,1," in enter
    assert "AGI(" not in enter
    assert "Answer(" not in enter


def test_only_the_end_of_a_call_hangs_up_and_no_pattern_matches_h() -> None:
    patterns = re.findall(r"^exten => (_[^,]+),", dialplan(), re.M)
    assert patterns
    assert all(pattern.endswith("].") for pattern in patterns)  # two signs at least


def test_a_call_that_was_never_answered_is_no_key_of_a_context_that_originates_enter() -> None:
    """Asterisk runs the extension "failed" of the originate's context, which a pattern would match."""
    found = contexts(dialplan())
    entered = ("holdfast-dial", "holdfast-alert", "holdfast-customer")
    assert all("exten => failed,1,Hangup()" in found[name] for name in entered)


def test_the_matters_of_tier_3_are_those_of_the_dialogue() -> None:
    in_tier3 = re.findall(r'\$\["\$\{HF_IN\}"="(\d)"\]\?Set\(HF_MATTER=([a-z]+)\)', dialplan())
    assert dict(in_tier3) == MATTERS


def test_every_prompt_that_the_dialplan_plays_is_in_the_catalogue() -> None:
    played = set(re.findall(r"(?:\$\{hf_dir\}|\$\{HF_LANG\})/([a-z-]+[a-z])", dialplan()))
    known = set(wordings("zh-CN"))
    families = {name.rpartition("-")[0] for name in known if name[-1].isdigit()} | {"message"}
    assert {"offer", "promise", "read-back", "confirm", "matter", "no-number"} <= played
    assert played <= known | families


def test_every_number_of_the_site_arrives() -> None:
    text = dialplan(
        replace(
            SITE,
            beat_fresh=7,
            flag_expires=77,
            callback_priority=-3,
            customer_priority=12,
            agi_port=4999,
            shown="95598",
        )
    )
    assert "${hf_age} <= 7 " in text
    assert "${hf_age} > 77 " in text
    assert '"${HF_TURN}"="1"]?12:-3)}' in text
    assert "QUEUE_PRIO=12)" in text
    assert ":4999/capture," in text
    assert "hf_shown=95598" in text


def passing(asterisk_class: str) -> set[str]:
    """The signs that Asterisk's FILTER lets through for a class such as ``0-9a\\x2D``."""
    signs = re.findall(r"\\x[0-9A-F]{2}|.", asterisk_class)
    found, place = set[str](), 0
    while place < len(signs):
        if signs[place + 1 : place + 2] == ["-"] and place + 2 < len(signs):
            found |= {chr(code) for code in range(ord(signs[place]), ord(signs[place + 2]) + 1)}
            place += 3
        else:
            found.add(chr(int(signs[place][2:], 16)) if len(signs[place]) > 1 else signs[place])
            place += 1
    return found


def admitted(sign: str) -> bool:
    try:
        TypeAdapter(Dial).validate_python(f"PJSIP/{sign}{{number}}@carrier")
    except ValidationError:
        return False
    return True


def test_the_promise_of_each_message_is_the_dialogues() -> None:
    chosen = re.findall(
        r'(?:"\$\{HF_MESSAGE\}"="([a-z]+)"(?: \| "\$\{HF_MESSAGE\}"="([a-z]+)")?\]\?(-[a-z]+))', dialplan()
    )
    found = {message: f"promise{ending}" for *messages, ending in chosen for message in messages if message}
    assert found == PROMISES


def test_every_sign_that_the_policy_admits_in_a_dial_template_reaches_dial() -> None:
    (asterisk_class,) = set(re.findall(r"Dial\(\$\{FILTER\(([^,]+),\$\{HF_DIAL\}\)\}", dialplan()))
    wanted = {sign for code in range(256) if admitted(sign := chr(code))}
    assert {"*", "#", "9", "-", "/", "@"} <= wanted
    assert wanted <= passing(asterisk_class)
    assert not passing(asterisk_class) & set("&,()^|;$\"' \n")


def test_a_frozen_bridge_costs_little_and_a_slow_disk_is_no_frozen_bridge() -> None:
    waits = re.findall(r"TIMEOUT\(absolute\)=([1-9]\d*)\)", dialplan().split("; ---- Telling staff")[0])
    assert set(waits) == {"4"}  # before the first step, and after each
    assert all(int(wait) >= LONGEST_KEEP + 1 for wait in waits)


def test_a_site_with_one_language_offers_no_other() -> None:
    text = dialplan(replace(SITE, languages=("zh-CN",), scopes=(ScopeLine("power", "power"),)))
    assert '"9"' not in text
    assert "/language" not in text


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"scopes": ()}, "scopes"),
        ({"scopes": (ScopeLine("a b", "q"),)}, "a b"),
        ({"scopes": (ScopeLine("p", "q\nexten => x"),)}, "queue"),
        ({"scopes": (ScopeLine("p", "q"), ScopeLine("p", "r"))}, "twice"),
        ({"scopes": (ScopeLine("p", "q", "fr"),)}, "fr"),
        ({"prompts_dir": Path("relative")}, "prompts_dir"),
        ({"prompts_dir": Path("/with space")}, "prompts_dir"),
        ({"tier3_dir": Path("/a,b")}, "tier3_dir"),
        ({"tier3_dir": Path("/" + "a" * 90)}, "tier3_dir"),
        ({"agi_host": "x)y"}, "agi_host"),
        ({"agi_port": 0}, "agi_port"),
        ({"timezone": "Asia/Shanghai,x"}, "timezone"),
        ({"languages": ("zh-CN", "en", "fr")}, "languages"),
        ({"shown": "95598&x"}, "shown"),
        ({"callback_priority": 0}, "callback_priority"),
        ({"flag_expires": 5}, "flag_expires"),
    ],
)
def test_a_value_that_asterisk_would_read_as_something_else_is_refused(
    change: dict[str, object], named: str
) -> None:
    with pytest.raises(SiteInvalid, match=named):
        replace(SITE, **change)  # type: ignore[arg-type]  # wrong on purpose


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(SiteInvalid) as refused:
        replace(SITE, agi_port=0, max_tries=0, prompts_dir=Path("x"))
    assert len(refused.value.problems) == 3
