"""Turns a site into Asterisk's files."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from config.asterisk.codes import PIN_FILE, pin_file
from config.asterisk.site import DialplanSite
from ivr.mac import keys_of

DIALPLAN = "extensions_holdfast.conf"
QUEUES = "queues_holdfast.conf"
LOCAL = "holdfast_local.agi"
MATTERS = (("1", "fault"), ("2", "bill"), ("3", "complaint"), ("4", "tipoff"), ("5", "question"))


def render(site: DialplanSite) -> dict[str, str]:
    """File name → text, for the eyes of Asterisk and its admin only; LOCAL must be executable.

    Every value has been checked: nothing is escaped here.
    """
    templates = Environment(
        loader=PackageLoader("config.asterisk"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - this is Asterisk's configuration, not HTML
    )
    values = {
        "site": site,
        "matters": MATTERS,
        "mac_keys": keys_of(site.agi_secret) if site.agi_secret else (),
    }
    names = (DIALPLAN, QUEUES, *((LOCAL,) if site.local_agi else ()))
    files = {name: templates.get_template(f"{name}.jinja").render(values) for name in names}
    return files | ({PIN_FILE: pin_file(site.code_pin)} if site.codes else {})
