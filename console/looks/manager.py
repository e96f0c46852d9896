"""The manager port: our account, and through it whether Asterisk reads what was rendered for it."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from config.asterisk.render import DIALPLAN, QUEUES
from config.settings import Settings
from console.looks.values import NotWell, Place, Warned

PATIENCE: Final = 3.0  # seconds
END: Final = b"\r\n\r\n"
MOST: Final = 1024 * 1024
EXIT: Final = "holdfast-exit"  # the context that a queue takes over from our template


@dataclass(slots=True)
class Session:
    """One logged-in connection. hello: what the port says first."""

    connection: socket.socket
    hello: str = ""
    _left: bytes = field(default=b"", repr=False)

    def greet(self) -> str:
        """The first line."""
        while b"\r\n" not in self._left:
            self._more()
        line, _, self._left = self._left.partition(b"\r\n")
        self.hello = line.decode(errors="replace")
        return self.hello

    def ask(self, action: str, **headers: str) -> Mapping[str, str]:
        """The answer's headers; those of other messages are passed over. Raises OSError."""
        fields = {"Action": action, "ActionID": action, **headers}
        self.connection.sendall(
            "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + b"\r\n"
        )
        while True:
            while END not in self._left:
                self._more()
            message, _, self._left = self._left.partition(END)
            found = _headers(message)
            if "Response" in found and found.get("ActionID", action) == action:
                return found

    def _more(self) -> None:
        data = self.connection.recv(65536)
        if not data or len(self._left) > MOST:
            raise ConnectionError("it closed the connection")
        self._left += data


def account(place: Place) -> str:
    """Login, not only the port: a wrong secret is the silent reason why a bridge sees nothing."""
    with _session(place.settings) as session:
        _log_in(session, place.settings)
        return f"{session.hello} at {_where(place.settings)}, logged in as {place.settings.ami_username}"


def included(place: Place) -> str:
    """The rendered dial plan is loaded, and every queue takes over its template."""
    with _session(place.settings) as session:
        _log_in(session, place.settings)
        said = session.ask("Getvar", Variable="DIALPLAN_EXISTS(holdfast,enter,1)")
        if said.get("Response") != "Success" or said.get("Value") != "1":
            what = f"Asterisk has no context holdfast: {DIALPLAN} is not included, or not loaded"
            raise NotWell("dial plan", what, "#include it in extensions.conf; asterisk -rx 'dialplan reload'")
        queues = sorted({scope.queue for scope in place.policy.fallback.scopes.values()})
        contexts = {queue: _context(session, queue) for queue in queues}
    lost = [queue for queue, context in contexts.items() if not context]
    if lost:
        what = f"in queues.conf {', '.join(lost)} does not take over its template: no keys while waiting, no apology"
        remedy = f"#include {QUEUES} and write [{lost[0]}](holdfast-SCOPE), as docs/how-to/dialplan.md says"
        raise NotWell("queues", what, remedy)
    own = {context for context in contexts.values() if context != EXIT}
    if own:
        what = f"queues have contexts of their own ({', '.join(sorted(own))}), which were not looked into"
        raise Warned("queues", what, f"each of them must hold: include => {EXIT}")
    return f"Asterisk has loaded {DIALPLAN}, and {', '.join(queues)} takes over {QUEUES}"


def _context(session: Session, queue: str) -> str:
    """The context whose keys leave the queue, "" none. A line of its own stands below that of the template, and wins."""
    said = session.ask("GetConfig", Filename="queues.conf", Category=queue)
    if said.get("Response") != "Success":
        what = f"Asterisk does not tell of {queue} in queues.conf: {said.get('Message', 'no reason given')}"
        raise Warned("queues", what, f"look yourself whether it takes over {QUEUES}: docs/how-to/dialplan.md")
    lines = [value.replace(" ", "") for name, value in said.items() if name.startswith("Line-")]
    contexts = [line.partition("=")[2].lstrip(">") for line in lines if line.startswith("context=")]
    return contexts[-1] if contexts else ""


@contextmanager
def _session(settings: Settings) -> Iterator[Session]:
    where = _where(settings)
    try:
        with socket.create_connection((settings.ami_host, settings.ami_port), PATIENCE) as plain:
            plain.settimeout(PATIENCE)
            with _secured(plain, settings) as connection:
                session = Session(connection)
                if not session.greet().startswith("Asterisk Call Manager"):
                    what = f"what answers at {where} is no Asterisk manager"
                    raise NotWell("ami_port", what, "set HOLDFAST_AMI_PORT")
                yield session
    except ssl.SSLError as problem:
        remedy = (
            "give the certificate that signed Asterisk's as HOLDFAST_AMI_CA; the port is that of tlsbindaddr"
        )
        raise NotWell("ami_tls", f"no TLS at {where}: {problem}", remedy) from None
    except OSError as problem:
        remedy = "start Asterisk; see manager.conf for bindaddr and port"
        raise NotWell("ami_port", f"no manager at {where}: {problem}", remedy) from None


def _secured(plain: socket.socket, settings: Settings) -> socket.socket:
    if not settings.ami_tls:
        return plain
    trusted = None if settings.ami_ca is None else str(settings.ami_ca)
    return ssl.create_default_context(cafile=trusted).wrap_socket(plain, server_hostname=settings.ami_host)


def _log_in(session: Session, settings: Settings) -> None:
    secret = settings.ami_secret.get_secret_value()
    said = session.ask("Login", Username=settings.ami_username, Secret=secret, Events="off")
    if said.get("Response") != "Success":
        what = (
            f"Asterisk refuses the account {settings.ami_username}: {said.get('Message', 'no reason given')}"
        )
        remedy = (
            "include manager_holdfast.conf in manager.conf (same secret, this host permitted); manager reload"
        )
        raise NotWell("ami_secret", what, remedy)


def _headers(message: bytes) -> dict[str, str]:
    lines = message.decode(errors="replace").split("\r\n")
    return {name: value.strip() for name, mark, value in (line.partition(":") for line in lines) if mark}


def _where(settings: Settings) -> str:
    return f"{settings.ami_host} port {settings.ami_port}"
