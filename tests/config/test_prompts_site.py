"""A site's own words: spoken in place of the catalogue's, for one scope or for all, and shown wherever wording is shown (B3)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from sounds import put, tone, wav
from typer.testing import CliRunner

from config.explaining import Asked, lines, told
from config.policy import DEFAULT_POLICY, SitePolicy, parse_policy
from config.prompts import build, catalogue, file_of, import_recordings, prompts_with, wordings
from config.site_prompts import needed, site_prompts
from console.commands.prompts import app
from fallback.modes import Mode

DATA = yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8"))
OWN = {
    "message-fault": {"en": "All lines have a fault."},
    "message-fault@power": {"en": "The power line has a fault."},
    "region-north": {"zh-CN": "北区", "en": "the north"},
}
REGIONS = {**DATA["caller"], "regions": [{"id": "north", "key": "1"}, {"id": "south", "key": "2"}]}
FEW = {
    key: prompt
    for key, prompt in prompts_with(OWN, ["region-south"]).items()
    if "message-fault" in key[1] or "region-" in key[1]
}


def site(**sections: Any) -> SitePolicy:
    return parse_policy(json.dumps({**DATA, **sections}))


@pytest.fixture
def speaker(tmp_path: Path) -> str:
    """A speech program that notes what it is to say, and makes a tone of it."""
    sound = put(tmp_path / "tone.wav", wav(tone(0.5, 16000), rate=16000))
    script = tmp_path / "speak.sh"
    script.write_text(f'echo "$1" >> {tmp_path}/said\ncp {sound} "$2"\n')
    return f"sh {script} {{text}} {{out}}"


def said(tmp_path: Path) -> list[str]:
    """What was spoken since the last look."""
    file = tmp_path / "said"
    words = sorted(file.read_text(encoding="utf-8").splitlines()) if file.exists() else []
    file.unlink(missing_ok=True)
    return words


# -- words


def test_b3_the_site_s_words_win_and_a_scope_s_own_win_over_them() -> None:
    assert wordings("en", OWN)["message-fault"] == "All lines have a fault."
    assert wordings("en", OWN, "power")["message-fault"] == "The power line has a fault."
    assert wordings("en", OWN, "water")["message-fault"] == "All lines have a fault."
    assert wordings("zh-CN", OWN, "power")["message-fault"] == wordings("zh-CN")["message-fault"]
    assert not [name for name in wordings("en", OWN, "power") if "@" in name]


def test_b3_the_public_and_the_explanation_use_the_words_that_callers_hear() -> None:
    ours = site(prompts=OWN)
    assert (
        ours.notices.wording(ours.fallback.scopes["power"], Mode.OUTAGE, "en")
        == "The power line has a fault."
    )
    story = told(ours, Asked(at=datetime(2026, 11, 20, 2, tzinfo=UTC), lost=("power-agents",)))
    assert any("The power line has a fault." in line for line in lines(ours, story, "en"))


def test_a_site_needs_words_for_its_regions_and_for_every_message_of_its_policy() -> None:
    planned = [
        {
            "name": "x",
            "title": "x",
            "scopes": ["power"],
            "message": "works",
            "start": "2027-01-01 22:00",
            "lasts": "1h",
        }
    ]
    names = needed(site(caller=REGIONS, planned=planned))
    assert {"region-north", "region-south", "message-works", "message-fault", "message-evacuation"} <= set(
        names
    )
    prompts = site_prompts(site(caller=REGIONS, prompts=OWN))
    assert prompts["en", "region-north"].text == "the north"
    assert prompts["en", "region-south"].text == ""  # nobody has written it
    assert prompts["zh-CN", "region-north"].voice == catalogue()["zh-CN", "offer"].voice


# -- building


def test_a_scope_s_own_words_are_built_to_the_place_where_the_dial_plan_looks_first(
    tmp_path: Path, speaker: str
) -> None:
    built = build(tmp_path / "out", ["en"], speaker, prompts=FEW)
    assert {"All lines have a fault.", "The power line has a fault.", "the north"} <= set(said(tmp_path))
    assert (
        file_of(tmp_path / "out", "en", "message-fault@power") == tmp_path / "out/en/message-fault@power.wav"
    )
    assert (tmp_path / "out/en/message-fault@power.wav").exists()
    assert built.wordless == ("en/region-south",)


def test_words_that_change_are_spoken_again_and_withdrawn_ones_are_taken_away(
    tmp_path: Path, speaker: str
) -> None:
    build(tmp_path / "out", ["en"], speaker, prompts=FEW)
    said(tmp_path)
    changed = {**OWN, "message-fault": {"en": "Another fault."}}
    del changed["message-fault@power"]
    fewer = {key: prompt for key, prompt in prompts_with(changed).items() if key in FEW}
    build(tmp_path / "out", ["en"], speaker, prompts=fewer)
    assert said(tmp_path) == ["Another fault."]
    assert not (tmp_path / "out/en/message-fault@power.wav").exists()  # callers would go on hearing it


def test_a_build_leaves_what_was_imported_until_it_is_deleted(tmp_path: Path, speaker: str) -> None:
    out = tmp_path / "out"
    build(out, ["en"], speaker, prompts=FEW)
    recording = put(tmp_path / "message-fault.wav", wav(tone(1.0)))
    import_recordings(recording, out, FEW, ("power",), "en")
    import_recordings(recording, out, FEW, ("power",), "en", "message-fault@power")
    file, ours = out / "en/message-fault.wav", out / "en/message-fault@power.wav"
    assert file.read_bytes()[-8000:] == ours.read_bytes()[-8000:] == recording.read_bytes()[-8000:]
    said(tmp_path)
    changed = {
        key: prompt for key, prompt in prompts_with({"message-fault": {"en": "New."}}).items() if key in FEW
    }
    assert build(out, ["en"], speaker, prompts=changed).made == 0
    assert ours.exists()
    file.unlink()
    said(tmp_path)
    build(out, ["en"], speaker, prompts=changed)
    assert said(tmp_path) == ["New."]


# -- the command


def run(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, list(words))
    return answer.exit_code, answer.output + str(answer.exception or "")


@pytest.fixture
def policy(tmp_path: Path) -> str:
    return str(
        put(tmp_path / "policy.yaml", json.dumps({**DATA, "caller": REGIONS, "prompts": OWN}).encode())
    )


def test_import_reports_every_file_and_ends_with_1_when_one_is_refused(tmp_path: Path, policy: str) -> None:
    put(tmp_path / "in/en/message-fault@power.wav", wav(tone(1.0)))
    where = (str(tmp_path / "in"), "--dir", str(tmp_path / "out"), "--policy", policy)
    code, output = run("import", *where)
    assert code == 0
    assert "as en/message-fault@power" in output
    assert "1 taken, 0 refused" in output
    put(tmp_path / "in/en/ofer.wav", wav(tone(1.0)))
    code, output = run("import", *where)
    assert code == 1
    assert "Did you mean 'offer'?" in output
    assert "1 taken, 1 refused" in output


def test_import_of_a_folder_takes_no_id(tmp_path: Path, policy: str) -> None:
    code, output = run("import", str(tmp_path), "--id", "offer", "--dir", str(tmp_path), "--policy", policy)
    assert code == 1
    assert "names one prompt" in output


def test_check_says_which_words_of_regions_are_missing(tmp_path: Path, policy: str) -> None:
    code, output = run("check", "--dir", str(tmp_path / "out"), "--policy", policy)
    assert code == 1
    assert "prompts.region-south.en" in output
    assert "prompts.region-north" not in output


def test_list_gives_every_text_of_this_site_to_a_studio(tmp_path: Path, policy: str) -> None:
    put(tmp_path / "out/en/offer.wav", wav(tone(1.0)))
    code, output = run("list", "--dir", str(tmp_path / "out"), "--policy", policy, "--language", "en")
    assert code == 0
    assert "en,region-north,the north,no" in output
    assert next(line for line in output.splitlines() if line.startswith("en,offer,")).endswith(",yes")


def test_without_any_policy_the_catalogue_alone_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOLDFAST_POLICY_FILE", raising=False)
    monkeypatch.delenv("HOLDFAST_ENV_FILE", raising=False)
    code, output = run("list", "--dir", str(tmp_path))
    assert code == 0
    assert len(output.splitlines()) == len(catalogue()) + 1
