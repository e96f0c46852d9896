"""The curve and the tables of docs/why/busy-lines.md, drawn from a run of bench.busy."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 380, 64, 24, 52
HEAD = (
    "lines",
    "calls refused",
    "people who never got through",
    "fixed: calls",
    "fixed: people",
    "Erlang B, fixed",
    "dialogues of each length",
)
INK = {
    "fixed dialogue": "#b03a2e",
    "adaptive dialogue": "#1f618d",
    "Erlang B of the fixed one, nobody redials": "#7f8c8d",
}


class Shares(Protocol):
    @property
    def share(self) -> float: ...


class Point(Protocol):
    """See bench.busy."""

    @property
    def lines(self) -> int: ...
    @property
    def ours(self) -> Shares: ...
    @property
    def fixed(self) -> Shares: ...
    @property
    def erlang(self) -> float: ...


def write(
    folder: Path, rows: Sequence[Sequence[str]], took: Mapping[str, float], curve: Sequence[Point]
) -> None:
    """busy-lines.svg anew, and what stands between the marks of busy-lines.md."""
    (folder / "busy-lines.svg").write_text(svg(curve), encoding="utf-8")
    page = folder / "busy-lines.md"
    text = page.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{tables(rows, took)}\n{END}{after}", encoding="utf-8")


def tables(rows: Sequence[Sequence[str]], took: Mapping[str, float]) -> str:
    """Markdown."""
    lengths = [f"| {name} | {seconds:.1f} s |" for name, seconds in took.items()]
    cells = [f"| {' | '.join(row)} |" for row in rows]
    head = [f"| {' | '.join(HEAD)} |", "|" + "---|" * len(HEAD)]
    return "\n".join([*head, *cells, "", "| length | a call takes in the mean |", "|---|---|", *lengths])


def svg(curve: Sequence[Point]) -> str:
    """Share of refused calls over the number of lines."""
    series = {
        "fixed dialogue": [(one.lines, one.fixed.share) for one in curve],
        "adaptive dialogue": [(one.lines, one.ours.share) for one in curve],
        "Erlang B of the fixed one, nobody redials": [(one.lines, one.erlang) for one in curve],
    }
    most = max(one.lines for one in curve)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        "<title>Share of refused calls over the number of lines: 180 people call within five minutes and redial</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *(_level(share / 10) for share in range(0, 11, 2)),
        *(_mark(lines, most) for lines in range(10, most + 1, 10)),
        f'<text x="{WIDTH / 2:.0f}" y="{HEIGHT - 12}" text-anchor="middle">lines</text>',
    ]
    for place, (name, values) in enumerate(series.items()):
        path = " ".join(f"{_x(lines, most):.1f},{_y(share):.1f}" for lines, share in values)
        dash = ' stroke-dasharray="5 4"' if name.startswith("Erlang") else ""
        parts.append(f'<polyline points="{path}" fill="none" stroke="{INK[name]}" stroke-width="2.5"{dash}/>')
        parts.append(f'<text x="{WIDTH - 330}" y="{TOP + 22 + 20 * place}" fill="{INK[name]}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(lines: int, most: int) -> float:
    return LEFT + (WIDTH - LEFT - 20) * lines / most


def _y(share: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)


def _level(share: float) -> str:
    y = _y(share)
    line = f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
    return f'{line}<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'


def _mark(lines: int, most: int) -> str:
    return f'<text x="{_x(lines, most):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{lines}</text>'
