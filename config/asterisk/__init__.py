"""Asterisk's side of Holdfast, rendered from a site's values."""

from config.asterisk.codes import PIN_FILE, CodeLine, codes_for
from config.asterisk.render import LOCAL, render
from config.asterisk.site import DialplanSite, ScopeLine, SiteInvalid

__all__ = ["LOCAL", "PIN_FILE", "CodeLine", "DialplanSite", "ScopeLine", "SiteInvalid", "codes_for", "render"]
