"""The page served on loopback by a real threaded server, and a headless Chromium that looks at it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

CHROMIUM: Final = Path("/usr/bin/chromium")
ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The app on a free port of the loopback address; its URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="page", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@contextmanager
def browser() -> Iterator[Browser]:
    """Headless Chromium as Debian ships it."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS, headless=True)
        try:
            yield chromium
        finally:
            chromium.close()


def sign_in(page: Page, url: str, password: str, who: str = "shift leader") -> None:
    """Through the form, as a person does."""
    page.goto(f"{url}/login")
    page.get_by_label("Your name").or_(page.get_by_label("您的姓名")).fill(who)
    page.get_by_label("Password of the console").or_(page.get_by_label("控制台密码")).fill(password)
    page.get_by_role("button").first.click()
    page.wait_for_url(f"{url}/")
