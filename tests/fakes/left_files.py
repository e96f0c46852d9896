"""Files as callers leave them behind: the spool of the bridge and the script, and tier 3's lines."""

from collections.abc import Callable
from hashlib import md5
from pathlib import Path

from callbacks.spool_line import encode
from callbacks.values import Capture

Build = Callable[..., Capture]
Folders = tuple[Path, Path]


def t3(unique_id: str, number: str = "13800000000", source: str = "keyed") -> bytes:
    """A line that the dial plan wrote."""
    text = f"hf1|{unique_id}|1763720101|power|13912341234|{number}|{source}|bill|zh-CN|1|1|"
    return f"{text}|{md5(text.encode(), usedforsecurity=False).hexdigest()}\n".encode()


def spool_file(folders: Folders, *captures: Capture, name: str = "20261121T10-1-0.jsonl") -> Path:
    """A file of the spool that holds these captures."""
    path = folders[0] / name
    path.write_bytes(b"".join(encode(one) for one in captures))
    return path
