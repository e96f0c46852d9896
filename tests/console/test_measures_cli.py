"""``holdfast measures``: the same figures in the terminal, as files and for programs; rosters and carriers' counts imported."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from measured import AGENT, DAY, tell_morning
from openpyxl import load_workbook
from typer.testing import CliRunner

from config.policy import DEFAULT_POLICY, load_policy
from console.cli import app
from console.commands import shared
from store import Store

pytest_plugins = ["console_fixtures"]
READ_ONCE = cache(load_policy)


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", url)
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY))
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", "secret")
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setattr(shared, "load_policy", READ_ONCE)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["measures", *arguments])


def figures(*arguments: str) -> dict[str, Any]:
    result = run("--from", DAY, "--until", DAY, "--json", *arguments)
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.output)
    return told


def test_programs_get_figures_formulas_and_sums(store: Store) -> None:
    tell_morning(store)
    told = figures("--by", "queue")
    assert told["whole"]["service_level"] == pytest.approx(860 / 1040)
    assert told["lines"]["power"]["total"] == 1060
    assert told["formulas"]["service_level"]["over"] == ["answered_in"]
    assert told["sums"]["answered_in"] == 860
    assert figures("--service-level", "all")["whole"]["service_level"] == pytest.approx(860 / 1060)


def test_people_get_a_table_with_formulas_in_their_language(store: Store) -> None:
    tell_morning(store)
    shown = run("--from", DAY, "--until", DAY, "--formula", "--by", "half-hour", "--language", "en").output
    assert "860 ÷ (1,000 + 60 − 20)" in shown
    assert f"{DAY} 08:00" in shown
    assert "Not ours: cost per call" in shown
    assert "服务水平" in run("--from", DAY, "--language", "zh-CN").output


def test_what_the_bridge_has_not_counted_yet_is_counted_first(store: Store) -> None:
    from measured import ZONE, check_vector

    store.put_calls(check_vector(), [], ZONE)
    assert figures()["whole"]["total"] == 1060
    assert run("count", "--from", DAY, "--until", DAY).output.startswith("counted 6 half hours")


def test_files_are_written_whole(store: Store, tmp_path: Path) -> None:
    tell_morning(store)
    table, book = tmp_path / "m.csv", tmp_path / "m.xlsx"
    result = run("--from", DAY, "--until", DAY, "--csv", str(table), "--xlsx", str(book), "--language", "en")
    assert result.exit_code == 0
    assert "Service level" in table.read_text(encoding="utf-8-sig")
    assert load_workbook(book).sheetnames == ["Measures", "Formulas"]
    assert run("--csv", str(tmp_path / "none" / "m.csv")).exit_code == 2


def test_a_roster_gives_adherence(store: Store, tmp_path: Path) -> None:
    tell_morning(store)
    file = tmp_path / "roster.csv"
    file.write_text(f"agent,from,until\n{AGENT},{DAY} 08:00,{DAY} 09:00\n", encoding="utf-8")
    assert run("roster", str(file)).output == "imported 1 shifts\n"
    assert figures("--by", "agent")["lines"][AGENT]["adherence"] == 0.5  # 20 + 10 of 60 minutes
    assert figures("--by", "day")["lines"][DAY]["adherence"] == 0.5


def test_carriers_counts_give_percent_busies_beside_the_estimate(store: Store, tmp_path: Path) -> None:
    tell_morning(store)
    file = tmp_path / "carrier.csv"
    file.write_text(
        f"carrier,from,until,offered,refused\ncarrier-a,{DAY} 08:00,{DAY} 09:00,1100,40\n", encoding="utf-8"
    )
    for _ in range(2):  # again is harmless
        assert run("carrier", str(file)).exit_code == 0
    whole = figures()["whole"]
    assert (whole["busy_share"], whole["busy_estimate"]) == (pytest.approx(40 / 1100), pytest.approx(0.1))


def test_of_a_file_with_a_wrong_line_nothing_is_taken(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(f"agent,from,until\na,{DAY} 08:00,{DAY} 09:00\nb,soon,{DAY}\n", encoding="utf-8")
    result = run("roster", str(file))
    assert result.exit_code == 2
    assert f"{file}:3 from" in result.stderr
    tell_morning(store)
    assert figures()["whole"]["adherence"] is None


@pytest.mark.parametrize(
    "arguments", [("--by", "weather"), ("--from", "soon"), ("--service-level", "best"), ("--language", "fr")]
)
def test_what_cannot_be_told_names_the_option_and_the_remedy(arguments: tuple[str, str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert arguments[0] in result.stderr
