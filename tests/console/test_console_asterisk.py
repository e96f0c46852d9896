"""From a site's policy to Asterisk's files."""

from pathlib import Path

import pytest

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
