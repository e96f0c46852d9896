"""A clock that can be stepped from outside: how far it is off stands in a file."""

import struct
from pathlib import Path


def read_offset(file: Path) -> float:
    """Seconds; 0.0 when nobody has set any."""
    try:
        seconds: float = struct.unpack("d", file.read_bytes())[0]
    except (OSError, struct.error):
        return 0.0
    return seconds


def set_offset(file: Path, seconds: float) -> None:
    """Steps the clock of whoever runs with this file."""
    fresh = file.with_suffix(".new")
    fresh.write_bytes(struct.pack("d", seconds))
    fresh.replace(file)
