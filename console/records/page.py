"""A document as one HTML page made to be printed: A4, nothing from outside, room to write where something is missing."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from console.records.values import Document


@cache
def template(name: str) -> Template:
    """A template of this room; everything that it shows is escaped."""
    loader = FileSystemLoader(Path(__file__).with_name("templates"))
    made = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return made.get_template(name)


def to_page(document: Document) -> str:
    """A whole page."""
    return template("document.html").render(document=document, kind=lambda block: type(block).__name__)
