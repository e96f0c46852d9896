"""Reports from rows: what the record knows stands there, what nobody told is a gap, nothing is invented (F1–F4)."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest
import records_story as story
from records_story import EN, KEY, OPENED, ZH, at

from console import records
from console.records import Document, Place
from console.records.gather import load_day
from console.records.notes import NoteRefused, write_note
from console.records.values import Fact, Gap, Remark, Table
from fallback.decision import Change
from fallback.state import Case
from store import Store

pytest_plugins = ["console_fixtures"]


def fact(document: Document, label: str) -> str:
    """The value of the first fact of this label."""
    found = (b for part in document.sections for b in part.blocks if isinstance(b, Fact) and b.label == label)
    return next(found).value


def tables(document: Document, section: int) -> list[tuple[tuple[str, ...], ...]]:
    return [block.rows for block in document.sections[section].blocks if isinstance(block, Table)]


def report_of(store: Store, place: Place = EN) -> Document:
    return records.incident_report(records.load(store, KEY), place)


def test_the_report_has_its_seven_parts_in_both_languages(store: Store) -> None:
    """F1."""
    story.tell_incident(store)
    assert [part.title for part in report_of(store).sections] == [
        "1. Place",
        "2. Time",
        "3. Kind",
        "4. Impact and extent",
        "5. Measures and degree of control",
        "6. Trend, possible loss, further measures",
        "7. Other",
    ]
    chinese = [part.title for part in report_of(store, ZH).sections]
    assert chinese == [
        "一、地点",
        "二、时间",
        "三、种类",
        "四、影响和范围",
        "五、已采取的措施和控制程度",
        "六、发展趋势、可能的损失和进一步措施",
        "七、其他",
    ]


def test_the_report_is_filled_from_the_record(store: Store) -> None:
    story.tell_incident(store)
    report = report_of(store)
    assert fact(report, "Service line") == "power"
    assert fact(report, "Start") == "2026-11-21 18:15:00"  # on the site's clocks
    assert fact(report, "Lasted") == "12 min 0 s"
    assert fact(report, "Kind") == "A3 · network, ACD or telephone system"
    assert fact(report, "What failed") == "A4 carrier-a; A3 power-agents"
    assert (fact(report, "Callers captured"), fact(report, "Asked to be called back")) == ("3", "2")
    assert (fact(report, "Callbacks still open"), fact(report, "Callbacks with a definite end")) == ("1", "1")
    assert fact(report, "Taken on by") == "engineer on duty, 2026-11-21 18:16:35"
    assert fact(report, "In the hands of") == "second engineer"
    capacity, modes = tables(report, 3)
    assert capacity[0][2:4] == ("60/60", "30/60")
    assert modes == (("power", "Outage", "10.0"), ("power", "Recovering", "1.0"))
    switches, told = tables(report, 4)
    assert [one[4] for one in switches] == [
        "a3.engineer",
        "Outage",
        "engineer on duty",
        "second engineer",
        "Recovering",
        "Normal",
    ]
    assert [(one[4], one[5], one[6], one[7]) for one in told] == [
        ("engineer on duty", "SMS", "failed", ""),
        ("engineer on duty", "call", "acknowledged", "2026-11-21 18:16:35"),
    ]
    assert tables(report, 1) == [(("2026-11-21 18:21:40", "2026-11-21 19:15:00", "shift leader"),)]


def test_what_nobody_told_is_a_gap_until_a_leader_writes_it(store: Store) -> None:
    story.tell_incident(store)
    assert {gap.part for gap in report_of(store).gaps} == {
        "cause",
        "extent",
        "trend",
        "loss",
        "further",
        "other",
    }
    for part in ("trend", "loss"):
        write_note(store, KEY, part, f"about {part}", "shift leader", at(800))
    report = report_of(store)
    assert {gap.part for gap in report.gaps} == {"cause", "extent", "further", "other"}
    said = [b for b in report.sections[5].blocks if isinstance(b, Remark)]
    assert [(one.label, one.text, one.by) for one in said] == [
        ("Trend", "about trend", "shift leader, 2026-11-21 18:28:20"),
        ("Possible loss", "about loss", "shift leader, 2026-11-21 18:28:20"),
    ]
    assert "**Further measures**: _(to be filled)_" in records.to_markdown(report)


def test_of_an_open_incident_no_end_is_invented(store: Store) -> None:
    story.tell_incident(store, closed=False)
    report = report_of(store)
    assert fact(report, "Recovery") == "not yet: it is still open"
    assert fact(report, "Degree of control") == "open, and somebody has taken it on"
    assert not any(block.label == "Lasted" for block in report.sections[1].blocks if isinstance(block, Fact))


def test_one_that_a_person_closed_says_who_and_why(store: Store) -> None:
    case = Case("INC-1", "", "A7", "A7 storm", OPENED, "a7", by_hand=True)
    closed = Change(at(60), "incident", "INC-1", "A7", "closed", "the storm is over", "shift leader", "INC-1")
    store.record([], [], [], OPENED, [case])
    store.record([closed], [], [], at(60), [])
    report = records.incident_report(records.load(store, "INC-1"), EN)
    assert fact(report, "Degree of control") == "closed by shift leader: the storm is over"
    assert report.times == "Times in Asia/Shanghai"


def test_an_incident_of_which_little_is_known_says_so(store: Store) -> None:
    store.record(
        [], [], [], OPENED, [Case("INC-1", "", "A7", "A7 storm", OPENED, "a7", by_hand=True, hurt=2)]
    )
    report = records.incident_report(records.load(store, "INC-1"), EN)
    assert fact(report, "Service line") == "the whole site"
    assert fact(report, "People hurt") == "2 people"
    assert fact(report, "Degree of control") == "open, and nobody has taken it on"
    assert fact(report, "Who was told") == "nobody, as far as the record knows"
    assert fact(report, "Callers captured") == "0"


def test_the_fault_form_names_device_start_recovery_and_who_was_told(store: Store) -> None:
    """F2."""
    story.tell_incident(store)
    form = records.fault_form(records.load(store, KEY), EN)
    assert fact(form, "Device") == "A4 carrier-a; A3 power-agents"
    assert (fact(form, "Start"), fact(form, "Recovery")) == ("2026-11-21 18:15:00", "2026-11-21 18:27:00")
    health = tables(form, 0)[0]
    assert [(one[1], one[2]) for one in health] == [
        ("carrier-a", "suspect"),
        ("carrier-a", "down"),
        ("power-agents", "down"),
        ("power-agents", "up"),
    ]
    assert tables(form, 1)[0][0][4] == "engineer on duty"
    assert [gap.part for gap in form.gaps] == ["cause", "repair"]


def test_the_closing_review_has_cause_course_handling_and_what_to_mend(store: Store) -> None:
    """F3."""
    story.tell_incident(store)
    write_note(store, KEY, "mend", "second way to the seats", "shift leader", at(9000))
    review = records.closing_review(records.load(store, KEY), EN)
    assert [part.title for part in review.sections] == [
        "The incident",
        "Cause",
        "Course",
        "Handling",
        "What to mend",
    ]
    course = tables(review, 2)[0]
    assert len(course) == len(story.CHANGES) - 1  # all but the computed mode
    assert [one[0] for one in course] == sorted(one[0] for one in course)
    assert "second way to the seats" in records.to_markdown(review)
    assert ("2026-11-21 18:21:40", "recovery time", "power", "", "2026-11-21 19:15:00") in [
        one[:5] for one in course
    ]


def test_the_leaders_log_holds_the_day_of_the_sites_calendar(store: Store) -> None:
    """F2. 10:15 UTC is 18:15 in Shanghai; what happens after 16:00 UTC belongs to the next day there."""
    story.tell_incident(store)
    late = Change(OPENED + timedelta(hours=6), "link", "manager", "up", "down", "no reply")
    store.record([late], [], [], late.at)
    write_note(store, KEY, "handling", "all seats asked", "shift leader", at(500))
    log = records.leader_log(load_day(store, date(2026, 11, 21), EN.zone), EN)
    (lines,) = tables(log, 1)
    assert [one[0] for one in lines] == sorted(one[0] for one in lines)
    assert "manager" not in {one[2] for one in lines}
    assert ("2026-11-21 18:23:20", "note", "", "Handling: all seats asked", "shift leader", KEY) in lines
    assert ("2026-11-21 18:16:00", "mode", "power", "Normal → Outage: lost: power-agents", "", KEY) in lines
    assert tables(log, 0)[0][0][:2] == (KEY, "power")
    following = records.leader_log(load_day(store, date(2026, 11, 22), EN.zone), EN)
    assert [one[2] for one in tables(following, 1)[0]] == ["manager"]
    quiet = records.leader_log(load_day(store, date(2026, 11, 25), EN.zone), EN)
    assert fact(quiet, "Course") == "nothing was recorded on this day"


def test_an_unknown_incident_is_refused_with_the_known_ones(store: Store) -> None:
    story.tell_incident(store)
    with pytest.raises(records.UnknownIncident) as caught:
        records.load(store, "INC-9")
    assert caught.value.known == (KEY,)


@pytest.mark.parametrize(("part", "text", "field"), [("weather", "x", "--part"), ("loss", "  ", "text")])
def test_a_note_that_cannot_be_kept_is_refused(store: Store, part: str, text: str, field: str) -> None:
    story.tell_incident(store)
    with pytest.raises(NoteRefused) as caught:
        write_note(store, KEY, part, text, "shift leader", OPENED)
    assert caught.value.field == field
    assert store.notes(KEY) == []


EVIL = "<script>alert(1)</script> | **x** =1+1\n# title"


def test_what_people_write_stays_text_in_every_format(store: Store) -> None:
    story.tell_incident(store)
    write_note(store, KEY, "other", EVIL, "=cmd()", at(1))
    report = report_of(store)
    page, markdown = records.to_page(report), records.to_markdown(report)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert r"\<script\>alert(1)\</script\> \| \*\*x\*\* =1+1 \# title" in markdown
    assert r"no reply \| 5 s" in records.to_markdown(records.fault_form(records.load(store, KEY), EN))
    cells = [
        cell for line in csv.reader(io.StringIO(records.to_csv(report).lstrip("\ufeff"))) for cell in line
    ]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    assert EVIL.replace("\n", "\n") in cells


def test_csv_holds_every_fact_and_row_with_its_section(store: Store) -> None:
    story.tell_incident(store)
    text = records.to_csv(report_of(store))
    assert text.startswith("\ufeff")
    lines = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    assert ["3. Kind", "What failed", "A4 carrier-a; A3 power-agents"] in lines
    assert ["6. Trend, possible loss, further measures", "Trend", "(to be filled)"] in lines
    assert ["4. Impact and extent", "power", "Outage", "10.0"] in lines


class Outside(HTMLParser):
    """Collects what a page would fetch, and open tags."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "action", "style")]


def test_the_page_is_made_for_paper_and_fetches_nothing(store: Store) -> None:
    story.tell_incident(store)
    page = records.to_page(report_of(store, ZH))
    seen = Outside()
    seen.feed(page)
    assert seen.fetched == []
    assert not {"script", "img", "link", "iframe"} & set(seen.tags)
    assert "@page { size: A4;" in page
    assert "url(" not in page
    assert '<html lang="zh-CN">' in page
    assert "待填写" in page


def test_a_report_holds_no_callers_number(store: Store) -> None:
    story.tell_incident(store)
    record = records.load(store, KEY)
    for document in (
        records.incident_report(record, EN),
        records.fault_form(record, EN),
        records.closing_review(record, EN),
    ):
        assert "1390000" not in records.to_markdown(document)


def test_a_gap_is_no_fact(store: Store) -> None:
    """A kind that nobody told leaves a gap, not an empty line."""
    store.record([], [], [], OPENED, [Case("INC-1", "power", "", "", OPENED, "")])
    report = records.incident_report(records.load(store, "INC-1"), EN)
    assert {"Kind", "What failed"} <= {gap.label for gap in report.gaps}
    assert Gap("Kind") in report.sections[2].blocks
    assert replace(report, sections=()).gaps == ()
