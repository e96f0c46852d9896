"""The measures as people read them (requirement G): the page with its charts, and files that no spreadsheet runs."""

import csv
import io
import re
from xml.etree import ElementTree

import pytest
from console_story import KNOWN, PASSWORD
from console_visitor import Visitor
from flask import Flask
from flask.testing import FlaskClient
from measured import AGENT, DAY, MORNING, ZONE, check_vector, tell_morning
from openpyxl import load_workbook

from callbacks.measures import MEASURES
from callbacks.policy import MeasurePolicy
from console.measures import BY, Wrong, asked_for, build
from console.measures.charts import charts
from console.measures.files import safe, to_csv, to_xlsx
from console.web import Site, create_app
from store import Store

pytest_plugins = ["console_fixtures"]
PATH = f"/measures/?from={DAY}&until={DAY}"
NASTY = '=HYPERLINK("http://x","y")'


@pytest.fixture
def leader(client: FlaskClient) -> Visitor:
    """Signed in."""
    visitor = Visitor(client)
    visitor.sign_in()
    return visitor


def cell(page: str, measure: str) -> str:
    """The row of a measure, its tags taken out."""
    row = re.search(rf'<tr id="measure-{measure}">(.*?)</tr>', page, re.DOTALL)
    assert row, measure
    return " ".join(re.sub(r"<[^>]+>", " ", row[1]).split())


def test_a_stranger_sees_no_measure(client: FlaskClient) -> None:
    for path in ("/measures/", "/measures/measures.csv", "/measures/measures.xlsx"):
        assert client.get(path).headers["Location"] == "/login"


def test_measures_are_for_leaders(store: Store) -> None:
    """They tell what single agents do."""
    site = Site(PASSWORD, "k" * 32, KNOWN, leader_password="the leaders' own")
    agent = Visitor(create_app(store, site).test_client())
    agent.sign_in()
    for path in ("/measures/", "/measures/measures.csv", "/measures/measures.xlsx"):
        assert agent.client.get(path).status_code == 403
    assert "/measures/" not in agent.client.get("/").text


def test_each_figure_stands_beside_its_formula_with_the_numbers(leader: Visitor, store: Store) -> None:
    tell_morning(store)
    page = leader.client.get(PATH).text
    level = "Service level 82.7 % answered in 20 s ÷ (answered + abandoned − abandoned in 20 s) 860 ÷ (1,000 + 60 − 20)"
    assert cell(page, "service_level").startswith(level)
    assert cell(page, "busy_estimate").startswith("Percent busies (estimate) estimate 10.0 %")
    assert cell(page, "adherence").startswith("Adherence – s of them signed in")
    assert "cost per call" in page
    for measure in MEASURES:
        cell(page, measure.id)
    assert "20 秒内接通数 ÷ (接通数 + 放弃数 − 20 秒内放弃数)" in leader.client.get(f"{PATH}&lang=zh-CN").text


def test_the_formula_of_the_service_level_can_be_chosen(leader: Visitor, store: Store) -> None:
    tell_morning(store)
    assert "81.1 %" in cell(leader.client.get(f"{PATH}&level=all").text, "service_level")  # 860 ÷ 1,060


@pytest.mark.parametrize("by", BY)
def test_every_division_has_its_tables(leader: Visitor, store: Store, by: str) -> None:
    tell_morning(store)
    page = leader.client.get(f"{PATH}&by={by}").text
    named = {"queue": "power", "agent": AGENT, "day": DAY, "month": DAY[:7], "half-hour": f"{DAY} 08:00"}
    assert f'<th scope="row">{named.get(by, "")}' in page or by == "incident"


def test_charts_are_drawings_with_words_and_without_script(leader: Visitor, store: Store) -> None:
    tell_morning(store)
    answer = leader.client.get(f"{PATH}&by=half-hour")
    drawn = re.findall(r"<svg class=\"chart\".*?</svg>", answer.text, re.DOTALL)
    assert len(drawn) == 2
    for one in drawn:
        chart = ElementTree.fromstring(one)  # noqa: S314  # drawn by us
        space = "{http://www.w3.org/2000/svg}"
        described = [chart.find(f"{space}{name}") for name in ("title", "desc")]
        assert chart.get("aria-labelledby") == " ".join(
            part.get("id", "") for part in described if part is not None
        )
        assert all(part is not None and part.text for part in described)
        assert "style=" not in one
        assert "<script" not in one
    first = ElementTree.fromstring(drawn[0]).find("{http://www.w3.org/2000/svg}desc")  # noqa: S314  # the same
    assert first is not None
    assert (first.text or "").startswith(f"{DAY} 08:00: Answered 180, Abandoned 0, Others 0")


def test_what_cannot_be_told_is_refused_with_a_reason(leader: Visitor) -> None:
    for query in (
        "by=weather",
        "from=soon",
        f"from={DAY}&until=2026-11-01",
        "level=best",
        f"from=2026-01-01&until={DAY}&by=half-hour",
    ):
        assert leader.client.get(f"/measures/?{query}").status_code == 400, query


def test_days_are_those_of_the_sites_clocks_and_the_last_is_included() -> None:
    asked = asked_for(DAY, DAY, "", MORNING, ZONE)
    assert (
        f"{asked.since.isoformat()} {asked.until.isoformat()}"
        == "2026-11-19T16:00:00+00:00 2026-11-20T16:00:00+00:00"
    )
    hours = asked_for(f"{DAY}T08:00", f"{DAY}T10:10", "", MORNING, ZONE)
    assert (hours.since, (hours.until - hours.since).total_seconds()) == (MORNING, 2 * 3600)
    with pytest.raises(Wrong, match="until"):
        asked_for(DAY, "2026-11-19", "", MORNING, ZONE)


def test_the_parts_add_up_to_the_whole_by_everything(store: Store) -> None:
    tell_morning(store)
    for by in ("queue", "day", "month", "half-hour"):
        report = build(store, asked_for(DAY, DAY, by, MORNING, ZONE), MeasurePolicy(), ZONE, MORNING)
        total = sum(line.figures[0].value or 0 for line in report.lines)
        assert total == report.whole.figures[0].value == 1060, by


# -- files


@pytest.mark.parametrize("text", [NASTY, "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "|cmd"])
def test_no_text_can_become_a_formula(text: str) -> None:
    assert safe(text).startswith("'")
    assert safe("power") == "power"
    assert safe("a\x00b") == "ab"


def test_csv_and_xlsx_hold_the_figures_and_run_nothing(store: Store) -> None:
    tell_morning(store, check_vector(queue=NASTY, agent="@agent"))
    for by, name in (("queue", NASTY), ("agent", "@agent")):
        report = build(store, asked_for(DAY, DAY, by, MORNING, ZONE), MeasurePolicy(), ZONE, MORNING)
        rows = list(csv.reader(io.StringIO(to_csv(report, "en").decode("utf-8-sig"))))
        names = {row[0] for row in rows if row}
        assert f"'{name}" in names
        whole = dict(zip(rows[0], next(row for row in rows if row and row[0] == "All"), strict=True))
        assert (float(whole["Total calls"]), float(whole["Service level"])) == (1060, 0.826923)
        assert ["Calls", "Answered share", "94.3 %", "answered ÷ calls", "1,000 ÷ 1,060", ""] in rows
        book = load_workbook(io.BytesIO(to_xlsx(report, "zh-CN")))
        assert book.sheetnames == ["指标", "公式"]
        cells = [one for sheet in book.worksheets for row in sheet.iter_rows() for one in row]
        assert not [one.value for one in cells if one.data_type == "f"]
        assert f"'{name}" in {one.value for one in cells}
        level = next(one for one in book["指标"][1] if one.value == "服务水平")
        last = book["指标"].cell(book["指标"].max_row, level.column)
        assert (last.value, last.number_format) == (0.826923, "0.0%")


def test_a_time_without_records_is_said_to_have_none(leader: Visitor, store: Store) -> None:
    tell_morning(store)
    said = "There are no records from"
    assert said in leader.client.get("/measures/?from=2030-01-01&until=2030-01-02").text
    assert said not in leader.client.get(PATH).text


def test_files_are_offered_under_a_name_of_their_own(leader: Visitor, store: Store) -> None:
    tell_morning(store)
    answer = leader.client.get(f"/measures/measures.csv?from={DAY}&until={DAY}&by=day")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="measures-20261120-20261121.csv"'
    assert answer.mimetype == "text/csv"
    assert leader.client.get("/measures/measures.xlsx").data[:2] == b"PK"


def test_names_in_charts_are_text(store: Store) -> None:
    tell_morning(store, check_vector(queue="<script>alert(1)</script>"))
    report = build(store, asked_for(DAY, DAY, "queue", MORNING, ZONE), MeasurePolicy(), ZONE, MORNING)
    assert "<script" not in "".join(charts(report, "en"))


def test_many_lines_are_a_chart_of_those_that_fit(store: Store, app: Flask) -> None:
    tell_morning(store)
    report = build(
        store, asked_for("2026-10-25", DAY, "half-hour", MORNING, ZONE), MeasurePolicy(), ZONE, MORNING
    )
    assert len(report.lines) < 10, "half hours without a call are not made up"
