"""The one place in the bridge where the clocks are read."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from fallback.time import Now

Clock = Callable[[], Now]


def read_clocks() -> Now:
    """Both clocks at this moment: aware UTC wall time and monotonic seconds."""
    return Now(wall=datetime.now(UTC), mono=time.monotonic())
