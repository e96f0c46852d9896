"""A sheet to be printed and written on by hand: one file that needs nothing else, so that it works with every server away."""

from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from console.forms.site import FormSite
from console.forms.words import heading
from console.records.words import translator

ROWS: Final = 5  # on one page of A4; one less where regions are to be ticked


def to_page(site: FormSite, sheets: list[str], rows: int = 0) -> str:
    """One page for each sheet's id, as one HTML file. rows: 0 as many as fit."""
    say = translator(site.language)

    def translate(text: str, **values: object) -> str:
        return say(text) % values if values else say(text)

    return _template().render(
        site=site,
        sheets=sheets,
        rows=range(1, (rows or ROWS - bool(site.regions)) + 1),
        head=lambda field: heading(field, site.language),
        _=translate,
    )


@cache
def _template() -> Template:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template("sheet.html")
