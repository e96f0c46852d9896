"""``holdfast policy explain|apply|diff`` at the command line."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from config.policy import DEFAULT_POLICY, load_policy
from console.cli import app
from store import Store, migrate

POLICY = str(DEFAULT_POLICY)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store that the commands use."""
    url = f"sqlite:///{tmp_path}/holdfast.db"
    for name, value in {
        "DATA_DIR": str(tmp_path),
        "POLICY_FILE": POLICY,
        "AMI_SECRET": "x",
        "DATABASE_URL": url,
    }.items():
        monkeypatch.setenv(f"HOLDFAST_{name}", value)
    monkeypatch.setattr("console.commands.shared.WAIT_SECONDS", 0.0)
    migrate(url)
    return Store(url)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["policy", *words])


def test_explain_says_what_happens_in_words_and_as_values() -> None:
    words = run("explain", POLICY, "--lost", "power-agents", "--at", "2026-11-23 11:00")
    assert (words.exit_code, "NORMAL → OUTAGE" in words.stdout) == (0, True)
    values = json.loads(
        run("explain", POLICY, "--mode", "OUTAGE", "--waiting", "power=7", "--lasts", "2min", "--json").stdout
    )
    assert (values["modes"], values["waiting"], values["lasts"]) == ({"power": "OUTAGE"}, {"power": 7}, 120.0)


def test_explain_takes_the_site_s_own_file(store: Store) -> None:
    assert "Nothing is taken as lost" in run("explain").stdout


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--lost", "carrier-z"), "--lost"),
        (("--at", "tomorrow"), "--at"),
        (("--at", "25:00"), "--at"),
        (("--mode", "BROKEN"), "--mode"),
        (("--mode", "gas=OUTAGE"), "--mode"),
        (("--waiting", "many"), "--waiting"),
        (("--declare", "A99"), "--declare"),
        (("--lasts", "9d"), "--lasts"),
        (("--lasts", "soon"), "--lasts"),
        (("--language", "de"), "--language"),
    ],
)
def test_a_slip_at_the_command_line_is_told_with_its_remedy(words: tuple[str, ...], field: str) -> None:
    answer = run("explain", POLICY, *words)
    assert answer.exit_code == 2
    assert answer.stderr.startswith(f"{field}:")
    assert len(answer.stderr.splitlines()) == 2


def test_apply_keeps_the_text_and_asks_the_bridge(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(DEFAULT_POLICY.read_text(encoding="utf-8").replace("boot_grace: 30s", "boot_grace: 40s"))
    answer = run("apply", str(file), "--who", "leader")
    assert answer.exit_code == 0
    assert "put it there too" in answer.stdout
    digest = load_policy(file).digest
    (kept,) = store.policies()
    assert (kept.digest, kept.text, kept.who) == (digest, file.read_text(encoding="utf-8"), "leader")
    (intent,) = store.pending_intents()
    assert (intent.kind, dict(intent.payload), intent.who) == (
        "policy-apply",
        {"digest": digest, "pbx": "pbx1"},
        "leader",
    )


def test_apply_refuses_a_wrong_file_and_keeps_nothing(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text("armed: maybe\n")
    assert run("apply", str(file)).exit_code == 2
    assert store.policies() == []


def test_diff_names_every_value_and_shows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_NOTE_A", "mailto://user:hunter2@mail.example")
    text = DEFAULT_POLICY.read_text(encoding="utf-8")
    file = tmp_path / "new.yaml"
    people = "  people: {A: {reaches: [{note: '${HOLDFAST_NOTE_A}'}]}}\n"
    file.write_text(text.replace("boot_grace: 30s", "boot_grace: 40s").replace("  people: {}\n", people))
    answer = run("diff", POLICY, str(file))
    assert answer.exit_code == 1
    assert "fallback.boot_grace\n  - 30.0\n  + 40.0\n" in answer.stdout
    assert "alerts.people.A.reaches[0].address\n  + (not shown)\n" in answer.stdout
    assert "hunter2" not in answer.stdout
    assert run("diff", POLICY, POLICY).exit_code == 0


def test_check_notes_what_callers_would_miss_though_nothing_is_wrong(tmp_path: Path) -> None:
    """B6, E0: nobody on call, nobody on duty, a region that nobody has named."""
    data = yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8"))
    data["caller"]["regions"] = [{"id": "north", "key": "1"}]
    data["prompts"] = {"region-north": {"en": "the north"}}
    file = tmp_path / "policy.yaml"
    file.write_text(json.dumps(data), encoding="utf-8")
    output = " ".join(run("check", str(file)).output.split())
    assert "nobody has written region-north (zh-CN): write them under prompts" in output
    assert "nobody is on call for danger" in output
    assert "nobody holds the role duty" in output
    assert "nobody holds the role leader: nobody is told before a callback is late" in output
    data["prompts"]["region-north"]["zh-CN"] = "北区"
    data["danger"]["oncall"] = ["PJSIP/8001"]
    data["alerts"] |= {
        "people": {"A": {"reaches": [{"call": "8001"}]}},
        "roles": {"duty": ["A"], "leader": ["A"]},
    }
    file.write_text(json.dumps(data), encoding="utf-8")
    assert "nobody" not in run("check", str(file)).output
