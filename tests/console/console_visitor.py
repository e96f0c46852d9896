"""A person without JavaScript: follows forms as a browser does, with their CSRF tokens."""

import re
from dataclasses import dataclass

from console_story import PASSWORD
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


@dataclass
class Visitor:
    """One browser."""

    client: FlaskClient

    def token(self, path: str = "/") -> str:
        """The CSRF token of a page."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(path).text)
        assert found, f"no form at {path}"
        return found[1]

    def post(self, path: str, page: str = "/", **fields: str) -> TestResponse:
        """Send a form of a page."""
        return self.client.post(path, data={"csrf_token": self.token(page), **fields})

    def sign_in(self, who: str = "shift leader", password: str = PASSWORD) -> TestResponse:
        """Through the form."""
        return self.post("/login", "/login", who=who, password=password)

    def sit_at(self, member: str) -> "Visitor":
        """Sign in and choose a telephone."""
        self.sign_in(member.partition("/")[2])
        assert self.post("/desk/extension", member=member).status_code == 303
        return self
