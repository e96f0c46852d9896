"""Asterisk's side of Holdfast, rendered from a site's values."""

from config.asterisk.render import render
from config.asterisk.site import DialplanSite, ScopeLine, SiteInvalid

__all__ = ["DialplanSite", "ScopeLine", "SiteInvalid", "render"]
