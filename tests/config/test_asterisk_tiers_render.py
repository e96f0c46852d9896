"""What a site gets rendered for danger, tier 2, signed calls and its queues; and what may not go in."""

from dataclasses import replace
from pathlib import Path

import pytest

from config.asterisk import LOCAL, DialplanSite, ScopeLine, SiteInvalid, render
from config.policy import DEFAULT_POLICY, parse_policy
from config.settings import load_settings
from console.commands import asterisk
from ivr.mac import keys_of

SITE = DialplanSite(
    scopes=(ScopeLine("power", "power-queue"), ScopeLine("water", "water", "en")),
    prompts_dir=Path("/var/lib/holdfast/prompts"),
    tier3_dir=Path("/var/spool/holdfast/tier3"),
)
SECRET = "0123456789abcdef"
DEFAULT = DEFAULT_POLICY.read_text(encoding="utf-8")


def dialplan(**changes: object) -> str:
    site = replace(SITE, **changes)  # type: ignore[arg-type]  # any field by name
    return render(site)["extensions_holdfast.conf"]


def test_the_danger_key_is_in_every_way_of_the_site_and_before_the_queue_only_with_somebody_on_call() -> None:
    """B6."""
    oncall = (("PJSIP/8001",),)
    assert (
        dialplan(danger_key="7").count('"="7"]?danger,1)') == 5
    )  # told, its offer, phrase, and two questions of tier 3
    assert dialplan(danger_key="7").count('"="7" & "${HF_MATTER}"!="danger"]?danger,1)') == 1  # the read-back
    assert "exten => normal,1,Answer()" in dialplan(oncall=oncall)
    assert "exten => normal," not in dialplan()
    assert "exten => normal," not in dialplan(oncall=oncall, danger_in_normal=False)
    assert "/danger&" not in dialplan(danger_key="")


def test_a_caller_id_that_is_withheld_is_told_to_be_so_because_the_header_of_agi_has_it_all_the_same() -> (
    None
):
    assert '${IF($["${HF_CALLER}"=""]?,withheld=1)}' in dialplan()


def test_on_call_numbers_go_out_by_every_carrier_link_in_turn_and_dial_strings_as_they_are(
    tmp_path: Path,
) -> None:
    assert DEFAULT.count("  oncall: []") == 1
    text = DEFAULT.replace("  oncall: []", '  oncall: ["13800000000", "PJSIP/8001"]')
    settings = load_settings(data_dir=tmp_path, policy_file=DEFAULT_POLICY, ami_secret="secret")
    site = asterisk.dialplan_site(settings, parse_policy(text))
    assert site.oncall == (
        ("PJSIP/13800000000@carrier-a", "PJSIP/13800000000@carrier-b"),
        ("PJSIP/8001",),
    )
    assert "13800000000" not in repr(site)


def test_the_secret_itself_is_in_no_file_and_its_keys_only_in_the_dial_plan() -> None:
    files = render(replace(SITE, agi_secret=SECRET, local_agi="/etc/asterisk/holdfast/holdfast_local.agi"))
    inner, outer = keys_of(SECRET)
    assert f"mac=${{SHA1({outer}${{SHA1({inner}${{UNIQUEID}})}})}}" in files["extensions_holdfast.conf"]
    assert SECRET not in "".join(files.values())
    assert inner not in files[LOCAL] + files["queues_holdfast.conf"]
    assert "mac=" not in dialplan()


def test_each_queue_apologises_in_the_language_of_its_scope() -> None:
    """B7."""
    queues = render(replace(SITE, apology_after=25))["queues_holdfast.conf"]
    water = queues.split("[holdfast-water](!)")[1]
    assert "periodic-announce = /var/lib/holdfast/prompts/en/apology\n" in water
    assert "periodic-announce-frequency = 25\n" in water
    assert "context = holdfast-exit\n" in water
    assert "periodic" not in render(replace(SITE, apology_after=0))["queues_holdfast.conf"]


def test_the_files_are_for_asterisks_group_alone_whatever_they_were_before(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path = tmp_path_factory.mktemp("r")  # Asterisk takes no long paths
    out = tmp_path / "out"
    out.mkdir()
    (out / "extensions_holdfast.conf").write_text("old")
    (out / "extensions_holdfast.conf").chmod(0o666)
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path / "d"))
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY))
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", "secret")
    monkeypatch.setenv("HOLDFAST_LOCAL_AGI", "true")
    asterisk.render(out)
    modes = {path.name: path.stat().st_mode & 0o777 for path in out.iterdir()}
    assert modes.pop(LOCAL) == 0o750
    assert set(modes.values()) == {0o640}
    assert f"AGI({out}/{LOCAL}," in (out / "extensions_holdfast.conf").read_text()
    assert str(tmp_path / "d/ivr/dialogue.json") in (out / LOCAL).read_text()


def test_without_tier_2_and_without_syncing_nothing_of_them_is_rendered() -> None:
    plain = render(replace(SITE, tier3_sync=False))
    assert LOCAL not in plain
    assert "tier2" not in plain["extensions_holdfast.conf"]
    assert "System(" not in plain["extensions_holdfast.conf"]
    assert "System(sync -d " in dialplan()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"danger_key": "1"}, "danger_key"),
        ({"oncall": (("PJSIP/1&PJSIP/2",),)}, "oncall"),
        ({"oncall": (("PJSIP/1,30",),)}, "oncall"),
        ({"oncall": ((),)}, "oncall"),
        ({"danger_ring": 1}, "danger_ring"),
        ({"local_agi": "holdfast-local-agi"}, "local_agi"),
        ({"local_agi": "/bin/x", "local_start": 0}, "local_start"),
        ({"recordings_dir": Path("/a b")}, "recordings_dir"),
        ({"local_book": Path("/a;b")}, "local_book"),
        ({"apology_after": -1}, "apology_after"),
    ],
)
def test_a_value_that_could_do_harm_is_refused_with_its_name(change: dict[str, object], named: str) -> None:
    with pytest.raises(SiteInvalid, match=named):
        replace(SITE, **change)  # type: ignore[arg-type]  # wrong on purpose


def test_what_digits_alone_tell_is_refused_by_asterisk_too() -> None:
    policy = parse_policy(
        DEFAULT.replace('area_code: ""', 'area_code: "0571"').replace(
            "premium_prefixes: []", 'premium_prefixes: ["168"]'
        )
    )
    site = asterisk.dialplan_site(
        load_settings(data_dir=Path("/tmp/x"), ami_secret="x", policy_file=DEFAULT_POLICY), policy
    )
    assert (site.own_lines, site.premium_prefixes) == (("95598", "057195598"), ("168",))
    refused = dialplan(own_lines=site.own_lines, premium_prefixes=("168",)).partition("[holdfast-refused]\n")[
        2
    ]
    assert refused.splitlines()[:3] == [
        "exten => 95598,1,Return()",
        "exten => 057195598,1,Return()",
        "exten => _168X!,1,Return()",
    ]
    with pytest.raises(SiteInvalid, match=r"premium_prefixes 'X\.': give digits"):
        dialplan(premium_prefixes=("X.",))
