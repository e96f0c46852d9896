"""A document as one HTML page made to be printed: A4, nothing from outside, room to write where something is missing."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from console.records.values import Document

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


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


def style_source(page: bytes) -> str:
    """What a Content-Security-Policy must allow for a page's own style, and nothing else."""
    found = _STYLE.search(page.decode())
    digest = hashlib.sha256((found[1] if found else "").encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
