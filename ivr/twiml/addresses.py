"""Our own addresses, as the provider is told them."""

from dataclasses import dataclass
from urllib.parse import urlencode

RETRY = "#rc=2&rp=5xx,ct,rt"
"""Asks Twilio to try again where a process of ours died; others ignore what stands behind the "#"."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """public_url: under which the provider reaches us, without a slash at its end."""

    public_url: str

    def place(self, place: str, token: str, **more: str) -> str:
        """Where a call goes on."""
        return f"{self.public_url}/{place}?{urlencode({'t': token, **more})}{RETRY}"

    def recording(self, name: str) -> str:
        """Where it is told that a recording is ready."""
        return f"{self.public_url}/recording?{urlencode({'name': name})}{RETRY}"

    def on_call(self, place: str, language: str) -> str:
        """What somebody on call hears, on his own leg of the call."""
        return f"{self.public_url}/{place}?{urlencode({'lang': language})}{RETRY}"
