"""From a site's policy to Asterisk's files."""

from pathlib import Path

import pytest

from config.asterisk import PIN_FILE
from config.policy import DEFAULT_POLICY, parse_policy
from config.settings import load_settings
from console.commands.asterisk import files_for

DEFAULT = DEFAULT_POLICY.read_text(encoding="utf-8")


@pytest.mark.parametrize("shown", ["", "95598", "+8657195598"])
def test_people_who_are_called_back_see_the_caller_id_of_the_policy(shown: str, tmp_path: Path) -> None:
    assert DEFAULT.count('shown: ""') == 1
    policy = parse_policy(DEFAULT.replace('shown: ""', f'shown: "{shown}"'))
    settings = load_settings(data_dir=tmp_path, policy_file=DEFAULT_POLICY, ami_secret="secret")
    dialplan = files_for(settings, policy)["extensions_holdfast.conf"]
    assert policy.callbacks.shown == shown
    assert f'ExecIf($["${{hf_shown}}"=""]?Set(hf_shown={shown}))' in dialplan


def test_with_a_pin_the_phone_codes_of_every_scope_are_rendered_beside_its_hash(tmp_path: Path) -> None:
    settings = load_settings(
        data_dir=tmp_path, policy_file=DEFAULT_POLICY, ami_secret="secret", code_pin="240816"
    )
    folder = Path("/etc/asterisk/holdfast.d")
    files = files_for(settings, parse_policy(DEFAULT), folder)
    assert "exten => *66011,1,Gosub(holdfast-code,s,1(power,EVACUATED))" in files["extensions_holdfast.conf"]
    assert f"Authenticate({folder}/{PIN_FILE},am" in files["extensions_holdfast.conf"]
    assert PIN_FILE in files
    assert "240816" not in "".join(files.values())


def test_without_a_pin_there_are_no_codes(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, policy_file=DEFAULT_POLICY, ami_secret="secret")
    files = files_for(settings, parse_policy(DEFAULT), tmp_path)
    assert "[holdfast-codes]" in files["extensions_holdfast.conf"]
    assert "*66" not in files["extensions_holdfast.conf"]
    assert PIN_FILE not in files
