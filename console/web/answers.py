"""Fragments that are sent only when they have changed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, request, session
from markupsafe import Markup

from console.web.words import language


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of the page that fetches itself. content: what it shows, where its HTML also carries tokens that
    differ each time; "" means that the HTML says it. html: a function draws it when it is wanted, which it is not while the
    browser has it already: most looks of a page find nothing new.
    """

    html: str | Callable[[], str]
    content: str = ""

    @property
    def tag(self) -> str:
        """Equal while the same person sees the same in the same language."""
        seen = "\0".join((self.content or self.drawn(), language(), str(session.get("who", ""))))
        return hashlib.sha256(seen.encode()).hexdigest()[:32]

    def drawn(self) -> str:
        """Its HTML."""
        return self.html if isinstance(self.html, str) else self.html()

    def __html__(self) -> Markup:
        """For the whole page, which shows it first."""
        return Markup(self.drawn())  # noqa: S704  # rendered by a template that escapes


def unless_same(fragment: Fragment) -> Response:
    """The fragment with its ETag, or 304 when the browser has it already."""
    response = Response()
    response.set_etag(fragment.tag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(["Cookie", "Accept-Language"])
    response.make_conditional(request)
    if response.status_code != 304:
        response.set_data(fragment.drawn())
    return response
