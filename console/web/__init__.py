"""The live page: modes, trunks, agents, incident line, promises, and an agent's claim of the next one."""

from console.web.app import create_app
from console.web.site import Site

__all__ = ["Site", "create_app"]
