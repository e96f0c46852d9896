"""Charts as SVG, drawn by us: no script; a title and a description for those who cannot see them, words beside every colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from callbacks.measures import Figure
from console.measures.report import Line, Report
from console.measures.texts import TEXTS

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 960, 260, 56, 12, 30, 54
MOST = 96  # bars; of more, neighbours would not be told apart
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """name: below it. parts: from the bottom up, in the order of the chart's kinds."""

    name: str
    parts: tuple[float, ...]


def charts(report: Report, language: str) -> list[str]:
    """Calls by what became of them, and the service level; none where nothing was counted."""
    lines = report.lines or (report.whole,)
    lines = lines[-MOST:]
    if not any(_sum(line, "total") for line in lines):
        return []
    bars = [Bar(line.name or TEXTS["whole"](language), _parts(line)) for line in lines]
    kinds = [TEXTS[name](language) for name in ("answered", "abandoned", "others")]
    found = [_stacked("calls", TEXTS["calls chart"](language), bars, kinds)]
    levels = [(line.name, _level(line)) for line in lines]
    if len(levels) > 1 and any(level is not None for _, level in levels):
        found.append(_line("level", TEXTS["level chart"](language), levels))
    return found


def _parts(line: Line) -> tuple[float, ...]:
    answered, abandoned = _sum(line, "answered"), _sum(line, "abandoned")
    return answered, abandoned, max(0.0, _sum(line, "total") - answered - abandoned)


def _sum(line: Line, name: str) -> float:
    return line.figures[0].sums.get(name, 0.0) if line.figures else 0.0


def _level(line: Line) -> float | None:
    found: Figure | None = next((one for one in line.figures if one.measure.id == "service_level"), None)
    return found.value if found else None


def _stacked(name: str, title: str, bars: Sequence[Bar], kinds: Sequence[str]) -> str:
    top = _top(max(sum(bar.parts) for bar in bars))
    step = (WIDTH - LEFT - RIGHT) / len(bars)
    drawn = []
    for index, bar in enumerate(bars):
        below = 0.0
        x, width = LEFT + index * step + step * 0.1, step * 0.8
        for kind, part in enumerate(bar.parts):
            if part:
                high = _high(below + part, top)
                told = escape(f"{bar.name}: {kinds[kind]} {part:,.0f}")
                drawn.append(
                    f'<rect class="kind-{kind}" x="{x:.1f}" y="{high:.1f}" width="{width:.1f}" '
                    f'height="{_high(below, top) - high:.1f}"><title>{told}</title></rect>'
                )
            below += part
    said = "; ".join(
        f"{bar.name}: {', '.join(f'{kind} {part:,.0f}' for kind, part in zip(kinds, bar.parts, strict=True))}"
        for bar in bars
    )
    body = [*_grid(top, "{:,.0f}"), *drawn, *_names([bar.name for bar in bars], step), *_legend(kinds)]
    return _svg(name, title, said, body)


def _line(name: str, title: str, levels: Sequence[tuple[str, float | None]]) -> str:
    step = (WIDTH - LEFT - RIGHT) / len(levels)
    points = [
        (LEFT + (index + 0.5) * step, _high(level * 100, 100), label, level)
        for index, (label, level) in enumerate(levels)
        if level is not None
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
    dots = [
        f'<circle class="dot-0" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{escape(f"{label}: {level * 100:.1f} %")}</title></circle>'
        for x, y, label, level in points
    ]
    said = "; ".join(f"{label}: {level * 100:.1f} %" for _, _, label, level in points)
    body = [*_grid(100, "{:.0f} %"), f'<polyline class="line-0" points="{path}"/>', *dots]
    return _svg(name, title, said, [*body, *_names([label for label, _ in levels], step)])


def _svg(name: str, title: str, said: str, body: Sequence[str]) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{name}-title {name}-desc" '
        f'xmlns="http://www.w3.org/2000/svg"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(said)}</desc>'
        f'<text class="head" x="{LEFT}" y="18">{escape(title)}</text>{"".join(body)}</svg>'
    )


def _grid(top: float, shown: str) -> list[str]:
    drawn = []
    for part in range(5):
        value = top * part / 4
        y = _high(value, top)
        drawn.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(
            f'<text class="scale" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{shown.format(value)}</text>'
        )
    return drawn


def _names(names: Sequence[str], step: float) -> list[str]:
    """As many as have room, each whole or cut with a dot behind."""
    every = max(1, round(78 / step)) if step < 78 else 1
    room = max(4, int(step * every / 7))
    return [
        f'<text class="name" x="{LEFT + (index + 0.5) * step:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">'
        f"{escape(_short(name, room))}</text>"
        for index, name in enumerate(names)
        if index % every == 0
    ]


def _short(name: str, room: int) -> str:
    name = name[11:] if len(name) == 16 and name[10:11] == " " else name  # the half hour without its day
    return name if len(name) <= room else f"{name[: room - 1]}…"


def _legend(kinds: Sequence[str]) -> list[str]:
    drawn = []
    for index, kind in enumerate(kinds):
        x = LEFT + index * 150
        drawn.append(f'<rect class="kind-{index}" x="{x}" y="{HEIGHT - 22}" width="14" height="14"/>')
        drawn.append(f'<text class="name" x="{x + 20}" y="{HEIGHT - 10}">{escape(kind)}</text>')
    return drawn


def _high(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(1.0, value / top if top else 0.0)


def _top(most: float) -> float:
    """A round number, a multiple of 4 where it counts things, that nothing is higher than."""
    unit = 1.0
    while True:
        for step in _STEPS:
            if step * unit * 4 >= most and step * unit == int(step * unit):
                return step * unit * 4
        unit *= 10
