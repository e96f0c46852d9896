"""What the demo's site talks to besides telephones: an application that may be slow, and a chat that takes notes.

By hand: ``python -m lab.demo_peers PORT FILE``.
"""

import json
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

SLOW = 0.6  # seconds; above the policy's limit, below its time-out


class Peers:
    """One web server on loopback; port 0: a free one. slow: the application takes SLOW to answer; texts: notes that came."""

    def __init__(self, port: int = 0) -> None:
        self.slow = False
        self.texts: list[str] = []
        peers = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                time.sleep(SLOW if peers.slow else 0)
                self._well()

            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
                peers.texts.append(f"{said.get('title', '')} {said.get('message', '')}".strip())
                self._well()

            def _well(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass  # the timeline is the demo's own

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._where = f"127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def environment(self) -> dict[str, str]:
        """What the policy refers to: the application for the probe, the chat as Apprise names it."""
        return {
            "HOLDFAST_DEMO_APPLICATION": f"http://{self._where}",
            "HOLDFAST_DEMO_NOTES": f"json://{self._where}",
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def main(port: int, slow: Path) -> None:
    """By hand: the application is slow as long as the file is there, and every note is printed."""
    with Peers(port) as peers:
        told = 0
        while True:
            time.sleep(0.2)
            peers.slow = slow.exists()
            for text in peers.texts[told:]:
                told += 1
                print(f"a note came: {text}", flush=True)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(int(sys.argv[1]), Path(sys.argv[2]))
