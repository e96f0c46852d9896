"""The link to one Asterisk's manager port, on panoramisk, guarded."""

from ami_bridge.link.action import Headers
from ami_bridge.link.link import Link
from ami_bridge.link.tls import BadAuthority, tls_context
from ami_bridge.link.values import LinkDown, LinkSettings, LinkState, NoReply, NotSent, Reply

__all__ = [
    "BadAuthority",
    "Headers",
    "Link",
    "LinkDown",
    "LinkSettings",
    "LinkState",
    "NoReply",
    "NotSent",
    "Reply",
    "tls_context",
]
