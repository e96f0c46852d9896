"""A site and files for the tests of the manual form."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook, load_workbook

from callbacks.paper import PaperSite, Reading, read
from config.policy import DEFAULT_POLICY, SitePolicy, load_policy
from console.forms.reading import read_file
from console.forms.site import paper_site

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
HEAD = ["sheet", "row", "date", "time", "number", "read_back", "call", "matter", "name", "remarks"]


@cache
def policy() -> SitePolicy:
    return load_policy(DEFAULT_POLICY)


def site(who: str = "leader") -> PaperSite:
    return paper_site(policy(), who)


def row(**cells: Any) -> list[Any]:
    usual: dict[str, Any] = {
        "date": "2026-11-21",
        "time": "09:30",
        "number": "13912341234",
        "read_back": "yes",
    }
    return [(usual | cells).get(name, "") for name in HEAD]


def csv(*rows: Sequence[Any], head: Sequence[str] = HEAD, encoding: str = "utf-8") -> bytes:
    lines = [",".join(f'"{cell}"' for cell in one) for one in (head, *rows)]
    return "\r\n".join(lines).encode(encoding)


def xlsx(*rows: Sequence[Any], head: Sequence[str] = HEAD, merge: Sequence[str] = ()) -> bytes:
    book = Workbook()
    page = book.active
    for one in (head, *rows):
        page.append(list(one))
    for ref in merge:
        page.merge_cells(ref)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def readings(data: bytes, name: str = "form.csv", now: datetime = NOW) -> list[Reading]:
    return read(read_file(data, name).rows, site(), now)


def repacked(data: bytes, part: str, change: Any) -> bytes:
    """A workbook with one part changed."""
    out = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for info in old.infolist():
            body = old.read(info)
            new.writestr(info.filename, change(body) if info.filename == part else body)
    return out.getvalue()


def cells_of(data: bytes) -> list[list[Any]]:
    """The first table of a workbook."""
    page = load_workbook(BytesIO(data)).worksheets[0]
    return [[cell.value or "" for cell in line] for line in page.iter_rows()]
