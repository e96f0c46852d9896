"""Where damaged lines are kept for a person to look at; nothing that a caller left is thrown away."""

import os
from collections.abc import Sequence
from pathlib import Path


def set_aside(source: Path, offset: int, damaged: Sequence[tuple[bytes, str]]) -> Path:
    """Keep the lines beside their file, in ``damaged/``; the name holds file and offset, so doing it twice
    is once.

    damaged: the line and what is wrong with it, which goes above it as a comment. Durable when it returns.
    """
    folder = source.parent / "damaged"
    folder.mkdir(exist_ok=True)
    path = folder / f"{source.name}@{offset}"
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("wb") as file:
        for line, why in damaged:
            file.write(f"# {why}\n".encode() + line + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path


def put_aside(path: Path, offset: int, damaged: list[tuple[bytes, str]]) -> str:
    """What was done, in a sentence. A folder that refuses stops nobody: the lines are still in their file."""
    try:
        aside = set_aside(path, offset, damaged)
    except OSError as error:
        return (
            f"{len(damaged)} damaged lines stay in {path}, {trouble('write', path.parent / 'damaged', error)}"
        )
    return f"{len(damaged)} damaged lines of {path.name} are set aside in {aside}"


def trouble(verb: str, path: Path, error: OSError) -> str:
    """What could not be done with a file or a folder, and the remedy."""
    return f"cannot {verb} {path}: {error.strerror or error}; check its owner and rights"
