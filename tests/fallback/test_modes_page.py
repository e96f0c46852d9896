"""The page about modes is what the tables say."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from fallback.modes import COMPUTED

ROOT = Path(__file__).parents[2]


def drawn() -> str:
    spec = spec_from_file_location("draw_modes", ROOT / "docs" / "draw_modes.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.page())


def test_the_page_is_what_the_program_draws_from_the_tables() -> None:
    page = (ROOT / "docs" / "reference" / "modes.md").read_text(encoding="utf-8")
    assert page == drawn(), "run: python -m docs.draw_modes"


def test_every_arrow_of_the_table_is_drawn() -> None:
    lines = drawn().splitlines()
    for mode, row in COMPUTED.items():
        for condition, following in row.items():
            arrows = [line for line in lines if line.strip().startswith(f"{mode} --> {following}:")]
            assert bool(arrows) == (mode is not following)
            assert all(condition in arrow for arrow in arrows)
