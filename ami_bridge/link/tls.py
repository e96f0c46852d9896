"""TLS of a manager link to another host: who the other side is has to be proven, or there is no link."""

import ssl
from pathlib import Path


class BadAuthority(ValueError):
    """The file of trusted certificates cannot be used; the text names it and the remedy."""


def tls_context(ca: Path | None) -> ssl.SSLContext:
    """What a link's ``tls`` is given: TLS 1.2 or newer, the certificate checked, with the name or address that we connect to.

    ca: certificates to trust (PEM) instead of the system's; for one that signs itself, that one. Raises BadAuthority.
    """
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadAuthority(
            f"{ca} cannot be used ({why}): give a PEM file with the certificate that signed Asterisk's"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def explain(error: ssl.SSLError, host: str) -> str:
    """What went wrong, for people, with the remedy."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted: {error.verify_message.rstrip('.')}; give the one that signed it as "
            f"HOLDFAST_AMI_CA, and let it be made out to {host} (subjectAltName)"
        )
    return f"TLS: {error.reason or error}; is this the port of tlsbindaddr, with tlsenable=yes?"
