"""The live page: modes, trunks, agents, incident line, promises, and an agent's claim of the next one."""

from console.web.app import create_app
from console.web.site import Shelf, Site

__all__ = ["Shelf", "Site", "create_app"]
