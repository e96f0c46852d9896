"""Turns a site into Asterisk's files."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from config.asterisk.site import DialplanSite

DIALPLAN = "extensions_holdfast.conf"
MATTERS = (("1", "fault"), ("2", "bill"), ("3", "complaint"), ("4", "tipoff"), ("5", "question"))


def render(site: DialplanSite) -> dict[str, str]:
    """File name → text. Every value of a DialplanSite has been checked, so nothing is escaped here."""
    templates = Environment(
        loader=PackageLoader("config.asterisk"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - this is Asterisk's configuration, not HTML
    )
    return {DIALPLAN: templates.get_template(f"{DIALPLAN}.jinja").render(site=site, matters=MATTERS)}
