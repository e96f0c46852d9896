"""Reading every kept line without a book, to say what is damaged and where."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from callbacks.folders import Feed, Listing, Source
from callbacks.lines import DamagedLine, read_chunk


@dataclass(frozen=True, slots=True)
class Checked:
    """One file. whole: lines that can be read; damaged: number of the line, from 1, and what is wrong with it.

    being_written: its last line may not be whole yet, and does not count. trouble: why it could not be read, "" it could.
    """

    path: str
    whole: int = 0
    damaged: tuple[tuple[int, str], ...] = ()
    being_written: bool = False
    trouble: str = ""


def check(feeds: Iterable[Feed]) -> Iterator[Checked]:
    """Every file of these folders, in the order of their names; a folder that cannot be listed is one file with trouble."""
    for feed in feeds:
        try:
            sources = Listing(feed).look()
        except OSError as error:
            yield Checked(str(feed.folder), trouble=error.strerror or str(error))
            continue
        for source in sources:
            try:
                yield _check(source)
            except OSError as error:
                yield Checked(str(source.path), trouble=error.strerror or str(error))


def _check(source: Source) -> Checked:
    written = source.feed.locked and not source.is_left(source.named)
    whole, number, offset = 0, 0, 0
    damaged: list[tuple[int, str]] = []
    while True:
        chunk = read_chunk(source.path, offset)
        last = not chunk.lines
        lines = chunk.lines or ((chunk.rest,) if chunk.rest and not written else ())
        for line in lines:
            number += 1
            try:
                source.feed.parse(line)
            except DamagedLine as error:
                damaged.append((number, str(error)))
            else:
                whole += 1
        if last:
            return Checked(str(source.path), whole, tuple(damaged), written)
        offset = chunk.end
