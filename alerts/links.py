"""The signed acknowledgement link that every message carries where the site has a public address."""

from itsdangerous import BadSignature, Signer

SALT = "holdfast-alert"


class Links:
    """public_url: of the site as phones reach it, "" when there is none. secret: signs, so that nobody guesses a link."""

    def __init__(self, public_url: str, secret: str) -> None:
        if public_url and not secret:
            raise ValueError("acknowledgement links need a secret to sign with")
        self.public_url = public_url.rstrip("/")
        self._signer = Signer(secret, salt=SALT) if secret else None

    def token(self, short: str) -> str:
        """The signed form of a message's short id; "" when nothing can be signed."""
        return self._signer.sign(short).decode() if self._signer else ""

    def link(self, short: str) -> str:
        """The whole address of the acknowledgement page, "" without a public address."""
        return f"{self.public_url}/ack/{self.token(short)}" if self.public_url and self._signer else ""

    def short(self, token: str) -> str | None:
        """The short id of a token that we have signed; None for any other."""
        if self._signer is None:
            return None
        try:
            return self._signer.unsign(token).decode()
        except BadSignature:
            return None
