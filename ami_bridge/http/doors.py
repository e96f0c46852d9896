"""The addresses at which others reach the bridge. They are held from its first moment on, so that whoever knocks while what
answers is still being loaded waits and is not refused.
"""

import errno
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

NAME = "bridge.sock"
_LONGEST = 107  # bytes of a socket's path that Linux takes
_WAITING = 128  # who may wait at a door


class CannotServe(OSError):
    """The address cannot be had; the text names it and the remedy."""


class LocalDoor:
    """A socket file that nobody but its owner may open (mode 0600). Open and close once each; both block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.sockets: list[socket.socket] = []
        self._made: tuple[int, int] | None = None  # device and inode of our socket file

    def open(self) -> None:
        """Raises CannotServe when the path is too long, is something else, or another bridge listens there."""
        if len(os.fsencode(self._path)) > _LONGEST:
            raise CannotServe(
                f"{self._path} is too long for a socket: at most {_LONGEST} bytes; shorten data_dir"
            )
        _make_way(self._path)
        self.sockets = [_bound(self._path)]
        made = self._path.stat()
        self._made = made.st_dev, made.st_ino

    def close(self) -> None:
        """Takes the socket file away, if it is still ours."""
        for one in self.sockets:
            one.close()
        with suppress(OSError):
            found = self._path.lstat()
            if self._made == (found.st_dev, found.st_ino):
                self._path.unlink()


class PublicDoor:
    """A host and port. Open and close once each; both block."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self.sockets: list[socket.socket] = []

    def open(self) -> None:
        """On every address of the host. Raises CannotServe."""
        try:
            found = socket.getaddrinfo(
                self._host, self._port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
            for family, address in dict.fromkeys((one[0], one[4]) for one in found):
                self.sockets.append(socket.create_server(address, family=family, backlog=_WAITING))
        except OSError as problem:
            self.close()
            raise CannotServe(
                f"cannot listen for webhooks on {self._host} port {self._port}: {problem}; "
                "stop what listens there, or give another port"
            ) from None

    def close(self) -> None:
        """Stops listening."""
        for one in self.sockets:
            one.close()


Door = LocalDoor | PublicDoor


def _bound(path: Path) -> socket.socket:
    """Its mode is set before it listens, so there is no moment for others."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        door.bind(str(path))
        path.chmod(0o600)
        door.listen(_WAITING)
    except OSError as problem:
        door.close()
        raise CannotServe(f"cannot listen on {path}: {problem.strerror}") from None
    return door


def _make_way(path: Path) -> None:
    """Removes what a killed bridge has left. Raises CannotServe for what is no socket, and for one where somebody answers."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    except OSError as problem:
        raise CannotServe(f"cannot listen on {path}: {problem.strerror}") from None
    if not stat.S_ISSOCK(found.st_mode):
        raise CannotServe(f"{path} is no socket; move it away")
    if found.st_uid != os.geteuid():
        raise CannotServe(f"{path} belongs to another user; remove it, or start the bridge as that user")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
        knock.settimeout(2.0)
        try:
            knock.connect(str(path))
        except OSError as problem:
            if problem.errno != errno.ECONNREFUSED:
                raise CannotServe(f"{path} cannot be asked: {problem.strerror or 'no answer'}") from None
        else:
            raise CannotServe(f"another bridge listens on {path}; stop it first")
    path.unlink()
