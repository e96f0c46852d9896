"""The page about the dialogue is what the tables say."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from ivr.dialogue import PASS, SETTLE, TABLE, Answer

ROOT = Path(__file__).parents[2]


def drawn() -> str:
    spec = spec_from_file_location("draw_dialogue", ROOT / "docs" / "draw_dialogue.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.page())


def test_the_page_is_what_the_program_draws_from_the_tables() -> None:
    page = (ROOT / "docs" / "reference" / "dialogue.md").read_text(encoding="utf-8")
    assert page == drawn(), "run: python -m docs.draw_dialogue"


def test_every_way_of_the_tables_is_drawn() -> None:
    lines = [line.strip() for line in drawn().splitlines()]
    for (stage, answer), row in TABLE.items():
        for target in row.to:
            if target is stage or answer in (Answer.DANGER, Answer.PERSON):
                continue  # the page says in words what becomes of these
            (arrow,) = [a for a in lines if a.startswith(f"{stage} -- ") and a.endswith(f" --> {target}")]
            assert answer.value in arrow
    for table in (PASS, SETTLE):
        for stage, way in table.items():
            for target in way.to:
                assert any(a.startswith(f"{stage} -. ") and a.endswith(f" .-> {target}") for a in lines)
