"""The documentation hangs together: no page points at nothing, and every page is reached from the index."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]+`(?!\])", re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[tuple[Path, str]]:
    """(file, anchor) of every link into the repository."""
    found = []
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            found.append(((page.parent / path).resolve() if path else page, anchor))
    return found


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in links(page):
        assert target.exists(), f"{page.relative_to(ROOT)} points at {target}, which is not there"
        if anchor:
            assert anchor in anchors(target), (
                f"{page.relative_to(ROOT)}: {target.name} has no heading #{anchor}"
            )


def test_every_page_is_reached_from_the_index() -> None:
    seen = {DOCS / "README.md"}
    ahead = list(seen)
    while ahead:
        for target, _ in links(ahead.pop()):
            if target.suffix == ".md" and target not in seen and target.exists():
                seen.add(target)
                ahead.append(target)
    lost = [str(page.relative_to(ROOT)) for page in DOCS.rglob("*.md") if page not in seen]
    assert lost == []


def test_the_index_names_every_page_that_is_no_decision() -> None:
    named = {target for target, _ in links(DOCS / "README.md")}
    pages = {page for page in DOCS.rglob("*.md") if page.parent.name != "adr"} - {DOCS / "README.md"}
    assert sorted(str(page.relative_to(DOCS)) for page in pages - named) == []


def test_the_decisions_are_listed() -> None:
    named = {target.name for target, _ in links(DOCS / "adr" / "README.md")}
    assert {page.name for page in (DOCS / "adr").glob("0*.md")} <= named
