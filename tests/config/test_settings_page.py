"""The page about settings names every setting."""

import re
from pathlib import Path

from callbacks import ship_settings
from config.settings import ENV_FILE, PREFIX, Settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_the_page_names_every_setting_and_its_plain_default() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert ENV_FILE in page
    for name, field in Settings.model_fields.items():
        assert f"`{PREFIX}{name.upper()}`" in page
        if isinstance(field.default, str | int | float):
            assert f"`{field.default}`" in page


def test_the_page_names_every_setting_of_the_collector() -> None:
    page = PAGE.read_text(encoding="utf-8").partition("## The collector's")[2]
    source = Path(ship_settings.__file__).read_text(encoding="utf-8")
    names = {one for pair in re.findall(r'get\["(\w+)"\]|get\.get\("(\w+)"', source) for one in pair if one}
    assert {"ship_url", "tier3_dir"} <= names
    assert [name for name in sorted(names) if f"`{PREFIX}{name.upper()}`" not in page] == []
