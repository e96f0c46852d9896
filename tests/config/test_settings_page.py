"""The page about settings names every setting."""

from pathlib import Path

from config.settings import ENV_FILE, PREFIX, Settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_the_page_names_every_setting_and_its_plain_default() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert ENV_FILE in page
    for name, field in Settings.model_fields.items():
        assert f"`{PREFIX}{name.upper()}`" in page
        if isinstance(field.default, str | int | float):
            assert f"`{field.default}`" in page
