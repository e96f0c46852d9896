"""A certificate authority of a test's own, made with openssl."""

import ssl
import subprocess
from pathlib import Path


class Authority:
    """ca: its certificate, to be trusted by whoever should."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ca, self._key = folder / "ca.pem", folder / "ca.key"
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
            *("-subj", "/CN=test authority", "-keyout", self._key, "-out", self.ca),
            *("-addext", "keyUsage=critical,keyCertSign"),
        )

    def certificate(self, name: str) -> tuple[Path, Path]:
        """A certificate made out to ``name`` (``IP:127.0.0.1``, ``DNS:pbx.example``) and its key."""
        stem = self._folder / name.replace(":", "-")
        cert, key, request = stem.with_suffix(".pem"), stem.with_suffix(".key"), stem.with_suffix(".csr")
        extension = stem.with_suffix(".ext")
        extension.write_text(f"subjectAltName={name}\n")
        _openssl(
            *(
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=asterisk",
                "-keyout",
                key,
                "-out",
                request,
            )
        )
        _openssl(
            *("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self._key, "-CAcreateserial"),
            *("-days", "2", "-extfile", extension, "-out", cert),
        )
        return cert, key

    def server(self, name: str) -> ssl.SSLContext:
        """What a server with such a certificate listens with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate(name))
        return context


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)
