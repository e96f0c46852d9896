"""Fragments that are sent only when they have changed."""

import hashlib

from flask import Response, request, session

from console.web.words import language


def unless_same(html: str, content: str = "") -> Response:
    """The fragment with its ETag, or 304 when the browser has it already.

    content: what the fragment shows, where its HTML also carries tokens that differ each time. The reader, his language
    and his theme belong to the tag.
    """
    seen = "\0".join((content or html, language(), str(session.get("who", ""))))
    response = Response(html)
    response.set_etag(hashlib.sha256(seen.encode()).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(["Cookie", "Accept-Language"])
    response.make_conditional(request)
    return response
