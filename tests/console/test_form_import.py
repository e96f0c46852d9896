"""A form is looked at first and then comes in by the spool, once, by command and by page (requirement C2)."""

import csv as csv_module
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from console_story import KNOWN, PASSWORD
from console_visitor import Visitor
from form_story import cells_of, csv, policy, readings, row, xlsx
from typer.testing import CliRunner, Result

from callbacks.importer import Importer
from callbacks.values import Capture, Matter, NumberSource
from config.policy import DEFAULT_POLICY
from console.cli import app
from console.forms.door import FormDoor
from console.forms.site import form_site
from console.web import Site, create_app
from store import Store

pytest_plugins = ["console_fixtures"]
Run = Callable[..., Result]
TODAY = datetime.now(UTC) - timedelta(days=1)
DAY = f"{TODAY:%Y-%m-%d}"


@pytest.fixture
def run(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on a site in a folder."""
    (tmp_path / "spool").mkdir()
    for name, value in {"DATA_DIR": tmp_path, "POLICY_FILE": DEFAULT_POLICY, "AMI_SECRET": "x"}.items():
        monkeypatch.setenv(f"HOLDFAST_{name}", str(value))

    def command(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, [str(one) for one in arguments])

    return command


def write(folder: Path, *rows: list[object], name: str = "form.csv") -> Path:
    path = folder / name
    path.write_bytes(csv(*rows) if name.endswith(".csv") else xlsx(*rows))
    return path


def good(**cells: object) -> list[object]:
    return row(**{"date": DAY, **cells})


def collect(store: Store, folder: Path) -> None:
    (folder / "tier3").mkdir(exist_ok=True)
    Importer(store, folder / "spool", folder / "tier3", "pbx1").run_once(datetime.now(UTC))


def fates(result: Result) -> list[str]:
    return [one["fate"] for one in json.loads(result.stdout)["rows"]]


def open_one(store: Store, number: str) -> int:
    """A promise of somebody who rang."""
    call = Capture(
        *("pbx1:1.1", TODAY, "power", number, number, NumberSource.OWN, Matter.BILL, "zh-CN", 1, True, True)
    )
    store.import_captures([call], "test", 0, TODAY)
    return store.open_promises()[0].id


def test_the_dry_run_says_of_every_row_what_the_real_run_then_does(
    run: Run, store: Store, tmp_path: Path
) -> None:
    joined = open_one(store, "13712341234")
    file = write(
        tmp_path,
        *(good(sheet="S", row="1"), good(sheet="S", row="2", number="13712341234")),
        *(
            good(sheet="S", row="3", time="10:00"),
            good(sheet="S", row="1"),
            good(sheet="S", row="4", number="12"),
        ),
        good(sheet="S", row="5", number="", call="no", matter="danger"),
    )
    said = run("form", "import", file, "--dry-run", "--who", "leader", "--json")
    assert fates(said) == ["new", "joins", "joins", "twice", "wrong", "listed"]
    assert [one["promise"] for one in json.loads(said.stdout)["rows"]] == [
        None,
        joined,
        None,
        None,
        None,
        None,
    ]
    assert list((tmp_path / "spool").iterdir()) == [], "a dry run writes nothing"
    assert len(store.open_promises()) == 1
    done = run("form", "import", file, "--who", "leader", "--json")
    assert (fates(done), done.exit_code) == (fates(said), 1)
    collect(store, tmp_path)
    promises = {one.number: one.captures for one in store.open_promises()}
    assert promises == {"13712341234": 2, "13912341234": 2}
    assert [one.capture.matter for one in store.missed()] == [Matter.DANGER]


def test_the_same_file_again_brings_nothing_again(run: Run, store: Store, tmp_path: Path) -> None:
    file = write(tmp_path, good(sheet="S", row="1"), good(time="10:00"), name="form.xlsx")
    for _ in range(2):
        run("form", "import", file, "--who", "leader")
        collect(store, tmp_path)
    assert fates(run("form", "import", file, "--who", "another", "--dry-run", "--json")) == ["known", "known"]
    assert [one.captures for one in store.open_promises()] == [2]


def test_rows_that_say_more_now_complete_what_was_imported(run: Run, store: Store, tmp_path: Path) -> None:
    run("form", "import", write(tmp_path, good(sheet="S", row="1")), "--who", "leader")
    collect(store, tmp_path)
    more = write(tmp_path, good(sheet="S", row="1", name="Wang", matter="bill"))
    assert fates(run("form", "import", more, "--who", "leader", "--json")) == ["completes"]
    collect(store, tmp_path)
    [capture] = store.captures_of(store.open_promises()[0].id)
    assert (capture.matter, capture.name) == (Matter.BILL, "Wang")


def test_what_was_mended_in_the_rejects_themselves_is_not_lost(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, good(number="12"))
    rejects, next_ones = tmp_path / "form.rejects.csv", tmp_path / "form.rejects-2.csv"
    for _ in range(2):
        run("form", "import", file, "--who", "leader")
        assert not next_ones.exists(), "the same rows again"
    rejects.write_bytes(rejects.read_bytes() + b"mended")
    run("form", "import", file, "--who", "leader")
    assert rejects.read_bytes().endswith(b"mended")
    assert next_ones.exists()


def test_what_is_above_a_limit_is_said_to_wait_for_the_leader(run: Run, store: Store, tmp_path: Path) -> None:
    day = policy().limits.per_prefix_day
    rows = [good(number=f"1391234{n:04}", time=f"{8 + n // 60:02}:{n % 60:02}") for n in range(day + 2)]
    said = fates(run("form", "import", write(tmp_path, *rows), "--who", "leader", "--dry-run", "--json"))
    assert said.count("held") == 2
    assert said.count("new") == day


def test_wrong_rows_never_stop_good_ones_and_can_be_mended(run: Run, store: Store, tmp_path: Path) -> None:
    file = write(tmp_path, good(), good(number="12", name="=HYPERLINK(1)", remarks="-2+3"))
    result = run("form", "import", file, "--who", "leader")
    assert "Telephone number" in result.stdout
    rejects = (tmp_path / "form.rejects.csv").read_bytes()
    head, line = csv_module.reader(io.StringIO(rejects.decode("utf-8-sig")))
    assert not [cell for cell in line if cell.startswith(("=", "+", "-", "@"))], (
        "no program runs what stands there"
    )
    mended = tmp_path / "mended.csv"
    line[head.index("电话号码")] = "13812341234"
    mended.write_text(
        "\n".join(",".join(f'"{cell}"' for cell in one) for one in (head, line)), encoding="gb18030"
    )
    assert fates(run("form", "import", mended, "--who", "leader", "--json")) == ["new"]
    collect(store, tmp_path)
    capture = store.captures_of(store.open_promises()[-1].id)[0]
    assert (capture.name, capture.remarks) == ("=HYPERLINK(1)", "-2+3"), (
        "and what was written comes back whole"
    )


def test_without_the_book_rows_are_safe_all_the_same(run: Run, store: Store, tmp_path: Path) -> None:
    file = write(tmp_path, good(), good(number="12"))
    (tmp_path / "holdfast.db").rename(tmp_path / "away.db")
    result = run("form", "import", file, "--who", "leader", "--json")
    assert fates(result) == ["unsure", "wrong"]
    (tmp_path / "holdfast.db").unlink(missing_ok=True)
    (tmp_path / "away.db").rename(tmp_path / "holdfast.db")
    with Store(f"sqlite:///{tmp_path / 'holdfast.db'}") as book:
        collect(book, tmp_path)
        assert len(book.open_promises()) == 1


def test_a_spool_that_cannot_be_written_is_told_and_loses_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "spool").rmdir()
    (tmp_path / "spool").write_text("no folder")
    result = run("form", "import", write(tmp_path, good()), "--who", "leader")
    assert result.exit_code != 0


def test_rows_that_were_not_kept_are_not_said_to_change_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_SPOOL_DIR", "/proc")  # a folder in which nobody, not even root, makes a file
    result = run("form", "import", write(tmp_path, good()), "--who", "leader")
    assert result.exit_code == 1
    assert "0 rows are safe in the spool, 0 are wrong, 0 change nothing" in result.output
    assert "not kept 1 rows" in result.output
    assert "where none runs" not in result.output


def test_who_imports_is_told_what_brings_the_rows_into_the_book(run: Run, tmp_path: Path) -> None:
    """Without a bridge the list stays empty, and the file looks as if it had brought nothing."""
    file = write(tmp_path, good())
    assert "spool import" not in run("form", "import", file, "--who", "leader", "--dry-run").output
    assert "where none runs: holdfast spool import" in run("form", "import", file, "--who", "leader").output


def test_how_long_is_kept_is_told_with_its_year(run: Run) -> None:
    """Closed promises stay for two years: month and day alone would read as if today's went."""
    shown = run("keep", "--dry-run")
    assert shown.exit_code == 0
    assert f"{datetime.now(UTC).year - 2}-" in shown.output


@pytest.mark.parametrize(
    ("data", "told"), [(b"a,b\n1,2\n", "headings"), (bytes(9 * 1024 * 1024), "MiB"), (b"PK\x03\x04", "XLSX")]
)
def test_a_file_that_cannot_be_read_is_refused_with_a_remedy(
    run: Run, tmp_path: Path, data: bytes, told: str
) -> None:
    (tmp_path / "x.csv").write_bytes(data)
    result = run("form", "import", tmp_path / "x.csv", "--who", "leader")
    assert result.exit_code == 2
    assert told in result.stderr


# -- blanks and sheets


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_blank_that_was_filled_in_comes_in(run: Run, tmp_path: Path, kind: str, language: str) -> None:
    blank = tmp_path / f"blank.{kind}"
    assert run("form", "blank", "--out", blank, "--rows", "2", "--language", language).exit_code == 0
    data = blank.read_bytes()
    rows = (
        cells_of(data) if kind == "xlsx" else list(csv_module.reader(io.StringIO(data.decode("utf-8-sig"))))
    )
    assert len(rows) == 3
    rows[1][2:5] = [DAY, "09:30", "13912341234"]
    read = readings(csv(*rows[1:], head=rows[0]), now=datetime.now(UTC))
    assert [(one.line, one.wrong, bool(one.sheet)) for one in read] == [(2, (), True)]


def test_a_workbook_keeps_digits_as_text() -> None:
    from console.forms.blank import to_xlsx

    data = to_xlsx(form_site(policy()), "S", datetime(2026, 11, 21))  # noqa: DTZ001  # as a file says it
    import openpyxl

    page = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    assert {cell.number_format for line in page["A2:O31"] for cell in line} == {"@"}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_sheet_needs_nothing_but_itself_and_has_every_field(
    run: Run, tmp_path: Path, language: str
) -> None:
    out = tmp_path / "sheet.html"
    assert run("form", "sheet", "--language", language, "--pages", "2", "--out", out).exit_code == 0
    page = out.read_text(encoding="utf-8")
    assert not [
        sign for sign in ("http://", "https://", "src=", "<script", "@import", "url(") if sign in page
    ]
    assert page.count('class="sheet"') == 2
    assert "size: A4" in page
    wanted = (
        ("电话号码", "姓名", "地址", "事由", "登记人", "已复述"),
        ("Telephone number", "Name", "Address", "Matter"),
    )
    assert not [text for text in wanted[language == "en"] if text not in page]


# -- the page


@pytest.fixture
def visitor(store: Store, tmp_path: Path) -> Visitor:
    (tmp_path / "spool").mkdir(exist_ok=True)
    door = FormDoor(policy(), tmp_path / "spool", tmp_path)
    made = create_app(store, Site(password=PASSWORD, secret_key="k" * 32, known=KNOWN, forms=door))
    client = made.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    visitor = Visitor(client)
    visitor.sign_in()
    return visitor


def upload(visitor: Visitor, data: bytes, name: str = "form.csv") -> str:
    fields = {"csrf_token": visitor.token("/form/"), "file": (io.BytesIO(data), name)}
    return visitor.client.post("/form/look", data=fields).text


def test_the_page_shows_each_rows_fate_and_imports_what_was_shown(
    visitor: Visitor, store: Store, tmp_path: Path
) -> None:
    many = [good(remarks="x" * 900, time=f"{10 + n // 60}:{n % 60:02}") for n in range(118)]
    page = upload(visitor, csv(good(), good(number="12"), *many))
    assert "139****1234" in page
    assert "13912341234" not in page
    assert "Import 119 rows" in page, "a file may be larger than what other pages take"
    assert list((tmp_path / "spool").iterdir()) == []
    word = page.split('name="word" value="')[1].split('"')[0]
    done = visitor.post("/form/import", "/form/", word=word).text
    assert "119 rows are safe" in done
    collect(store, tmp_path)
    assert [one.captures for one in store.open_promises()] == [119]
    rejects = done.split("/form/rejects/")[1].split('"')[0]
    assert "12" in visitor.client.get(f"/form/rejects/{rejects}").text
    assert "no longer here" in visitor.post("/form/import", "/form/", word=word).text


def test_what_cannot_be_read_is_told_on_the_page(visitor: Visitor) -> None:
    assert "no row of headings" in upload(visitor, b"a,b\n")
    assert visitor.client.get("/form/rejects/..%2fholdfast.db").status_code == 404
    kind = "multipart/form-data; boundary=x"
    assert (
        visitor.client.post("/form/look", data=bytes(9 * 1024 * 1024), content_type=kind).status_code == 413
    )


@pytest.mark.parametrize("path", ["/form/", "/form/sheet", "/form/blank.csv", "/form/blank.xlsx"])
def test_the_page_has_sheets_and_blanks_to_take_away(visitor: Visitor, path: str) -> None:
    assert visitor.client.get(path).status_code == 200
