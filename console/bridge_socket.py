"""The bridge asked directly, over the local socket in its data directory, for when the store is away.

Only whoever runs as the bridge's own user, or root, may open the socket.
"""

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

NAME: Final = "bridge.sock"
PATIENCE: Final = 12.0  # seconds; the bridge itself gives up on a wish after 10
_MOST: Final = 16 * 1024 * 1024  # bytes of an answer


class BridgeAway(Exception):
    """No bridge answers on the socket. The text names the socket and the remedy."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a wish. state: applied, refused or failed; result: one sentence."""

    state: str
    result: str


def socket_path(data_dir: Path) -> Path:
    """Where the bridge of this data directory listens."""
    return data_dir / NAME


def status(path: Path) -> Mapping[str, Any]:
    """The live rows from the bridge's memory, its newest changes, and when. Raises BridgeAway."""
    code, said = _exchange(path, "GET", "/status")
    if code != 200:
        raise BridgeAway(f"the bridge on {path} answered {code}; look into its log")
    return said


def act(path: Path, kind: str, payload: Mapping[str, Any], who: str) -> Answer:
    """Asks the bridge to do something, and waits until it has. Raises BridgeAway."""
    code, said = _exchange(path, "POST", "/intents", {"kind": kind, "payload": dict(payload), "who": who})
    if code == 200:
        return Answer("applied", str(said.get("result", "")))
    if code == 409:
        return Answer("refused", str(said.get("refused", "")))
    return Answer("failed", str(said.get("problem", f"the bridge answered {code}")))


def _exchange(path: Path, method: str, target: str, body: object = None) -> tuple[int, Mapping[str, Any]]:
    connection = _UnixConnection(path)
    raw = None if body is None else json.dumps(body).encode()
    try:
        connection.request(method, target, body=raw, headers={"Content-Type": "application/json"})
        response = connection.getresponse()
        said = json.loads(response.read(_MOST))
    except FileNotFoundError:
        raise BridgeAway(f"there is no {path}; start the bridge with: holdfast bridge") from None
    except ConnectionRefusedError:
        raise BridgeAway(f"no bridge listens on {path}; start it with: holdfast bridge") from None
    except PermissionError:
        raise BridgeAway(
            f"{path} may not be opened by this user; run the command as the bridge's user"
        ) from None
    except TimeoutError:
        raise BridgeAway(
            f"the bridge on {path} did not answer within {PATIENCE:g} s; look into its log"
        ) from None
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise BridgeAway(f"the bridge on {path} did not answer as one: {type(problem).__name__}") from None
    finally:
        connection.close()
    return response.status, said if isinstance(said, Mapping) else {}


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket file."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        """Opens the socket file instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        try:
            self.sock.connect(str(self._path))
        except OSError:
            self.sock.close()
            raise
