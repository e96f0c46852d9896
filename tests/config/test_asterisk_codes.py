"""Phone codes in the rendered files: no PIN, no codes; and no PIN to be read anywhere."""

from dataclasses import replace
from hashlib import md5
from pathlib import Path

import pytest

from config.asterisk import PIN_FILE, CodeLine, DialplanSite, ScopeLine, SiteInvalid, codes_for, render

PIN = "240816"
PLAIN = DialplanSite(
    scopes=(ScopeLine("power", "power"), ScopeLine("water", "water")),
    prompts_dir=Path("/var/lib/holdfast/prompts"),
    tier3_dir=Path("/var/spool/holdfast/tier3"),
)
SITE = replace(PLAIN, codes=codes_for(["power", "water"]), code_pin=PIN)


def test_each_scope_has_its_codes_and_the_site_its_own() -> None:
    codes = {(one.scope, one.mode): one.code for one in codes_for(["power", "water"])}
    assert codes["power", "EVACUATED"] == "*66011"
    assert codes["water", "END"] == "*66020"
    assert (codes["", "OFF"], codes["", "ON"]) == ("*66001", "*66000")
    assert len(set(codes.values())) == len(codes)


def test_the_pin_stands_nowhere_and_its_hash_in_one_file_only() -> None:
    files = render(SITE)
    assert files[PIN_FILE] == f"holdfast-pin:{md5(PIN.encode(), usedforsecurity=False).hexdigest()}\n"
    assert all(PIN not in text for text in files.values())
    assert PIN not in repr(SITE)
    assert f"Authenticate(/etc/asterisk/holdfast/{PIN_FILE},am,16," in files["extensions_holdfast.conf"]
    assert "exten => *66011,1,Gosub(holdfast-code,s,1(power,EVACUATED))" in files["extensions_holdfast.conf"]


def test_without_codes_there_is_a_context_to_include_and_nothing_in_it() -> None:
    files = render(PLAIN)
    assert PIN_FILE not in files
    assert "[holdfast-codes]" in files["extensions_holdfast.conf"]
    assert "Authenticate" not in files["extensions_holdfast.conf"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"code_pin": ""}, "code_pin"),
        ({"code_pin": "1234"}, "6 to 16 digits"),
        ({"code_pin": "24081a"}, "code_pin"),
        ({"codes": (CodeLine("*66,1", "power", "EVACUATED"),)}, r"\*66,1"),
        ({"codes": (CodeLine("*661", "gas", "EVACUATED"),)}, "gas"),
        ({"codes": (CodeLine("*661", "power", "NORMAL"),)}, "NORMAL"),
        ({"codes": (CodeLine("*661", "power", "OFF"),)}, "OFF"),
        ({"codes": (CodeLine("*661", "power", "END"), CodeLine("*661", "water", "END"))}, "twice"),
        ({"code_lock": 1}, "code_lock"),
        ({"code_pin_file": Path("pin")}, "code_pin_file"),
    ],
)
def test_codes_that_cannot_work_are_refused_with_the_remedy(change: dict[str, object], named: str) -> None:
    with pytest.raises(SiteInvalid, match=named) as refused:
        replace(SITE, **change)  # type: ignore[arg-type]  # wrong on purpose
    assert PIN not in str(refused.value)
