"""Who answers at which door of a bridge. Nothing of this is loaded before callers are served."""

from typing import TYPE_CHECKING

from pydantic import SecretStr

from alerts.web import AlertPages
from ami_bridge.http.app import public_app
from ami_bridge.http.local import LocalApi
from ami_bridge.http.server import HttpServer
from ami_bridge.http.spool_door import SpoolDoor

if TYPE_CHECKING:
    from aiohttp import web

    from ami_bridge.assembly import Parts


def servers(parts: "Parts") -> list[HttpServer]:
    """Not yet answering."""
    local = LocalApi(parts.portrait.from_memory, parts.act)
    answering = [HttpServer(local.app, parts.local_door)]
    if parts.public_door is not None:
        answering.append(HttpServer(_public(parts), parts.public_door))
    return answering


def _public(parts: "Parts") -> "web.Application":
    settings, staff = parts.settings, parts.staff
    pages = AlertPages(staff.alerts, staff.links, _plain(settings.twilio_auth_token))
    parts.callers.door = door = _spool_door(parts)
    return public_app(
        _plain(settings.webhook_secret) or None,
        parts.inbox.put_nowait,
        lambda: parts.policy.sources.webhooks,
        parts.clock,
        [*pages.routes(), *(door.routes() if door else [])],
    )


def _spool_door(parts: "Parts") -> SpoolDoor | None:
    """Where the collector of an Asterisk on another host brings what callers left there."""
    secret, callers = _plain(parts.settings.ship_secret), parts.callers
    if not secret:
        return None
    return SpoolDoor(callers.remote, secret, {parts.policy.pbx_id}, parts.clock, callers.file.path)


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
