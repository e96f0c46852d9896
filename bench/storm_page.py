"""The curve and the tables of docs/why/storm.md, drawn from a run of bench.storm."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bench.report import quantile
from bench.storm_centre import Tally
from bench.storm_figures import refused, waits
from bench.storm_people import HOUR
from bench.storm_play import FIRST_DAY, OUTAGE, STORM_AT, Moment, Played

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
WIDTH, LEFT, RIGHT, TOP, PANEL, GAP, BOTTOM = 760, 64, 20, 34, 190, 46, 40
HEIGHT = TOP + 2 * PANEL + GAP + BOTTOM
INK = {
    "promises that are open": "#b03a2e",
    "agents on duty": "#7f8c8d",
    "with live callers": "#1f618d",
    "with callbacks": "#b9770e",
}
TIMES = ("first attempt", "half of them within", "nine in ten within", "the last one after", "promises")
LIVE = ("live callers after the outage", "calls", "refused", "gave up", "answered in 20 s", "mean wait")
SPARED = ("lines", "calls a day", "refused", "without callbacks", "late promises")
Spared = tuple[int, int, float, float, int]


def write(folder: Path, ours: Played, without: Played, spared: Sequence[Spared]) -> None:
    """storm.svg anew, and what stands between the marks of storm.md."""
    (folder / "storm.svg").write_text(svg(ours.curve, ours.last), encoding="utf-8")
    page = folder / "storm.md"
    text = page.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{tables(ours, without, spared)}\n{END}{after}", encoding="utf-8")


def tables(ours: Played, without: Played, spared: Sequence[Spared]) -> str:
    """Markdown."""
    times = [
        [name, *(f"{quantile(seconds, share) / HOUR:.1f} h" for share in (0.5, 0.9, 1.0)), str(len(seconds))]
        for name, seconds in waits(ours).items()
        if seconds
    ]
    live = [
        _live(name, refused(played, ours.last + HOUR))
        for name, played in (("with callbacks", ours), ("without", without))
    ]
    kept = [
        [str(lines), str(calls), f"{there:.2%}", f"{base:.2%}", str(missed)]
        for lines, calls, there, base, missed in spared
    ]
    return "\n\n".join(_table(*one) for one in ((TIMES, times), (LIVE, live), (SPARED, kept)))


def _live(name: str, tally: Tally) -> list[str]:
    shares = (tally.refused / tally.calls, tally.abandoned / tally.calls, tally.within / tally.answered)
    wait = f"{tally.waited / tally.answered:.1f} s"
    return [name, str(tally.calls), f"{shares[0]:.2%}", f"{shares[1]:.1%}", f"{shares[2]:.1%}", wait]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def svg(curve: Sequence[Moment], last: float) -> str:
    """Open promises above, what agents do below, from the morning of the storm until the last promise is closed."""
    until = last + 6 * HOUR
    shown = [one for one in curve if one.at <= until]
    most, crew = max(one.open for one in shown), max(one.staff for one in shown)
    lower = TOP + PANEL + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        "<title>A storm day and the days after it: open promises, and what the agents do</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *(_shade(top, until) for top in (TOP, lower)),
        *_levels(TOP, most),
        *_levels(lower, crew),
        *_marks(until),
        _line(shown, until, TOP, most, "promises that are open", lambda one: one.open),
        _line(shown, until, lower, crew, "agents on duty", lambda one: one.staff),
        _line(shown, until, lower, crew, "with live callers", lambda one: one.live),
        _line(shown, until, lower, crew, "with callbacks", lambda one: one.calling),
        *_legend(lower),
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(at: float, until: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * at / until


def _shade(top: int, until: float) -> str:
    """The hour in which no agent could be reached."""
    x, end = _x(STORM_AT, until), _x(STORM_AT + OUTAGE, until)
    return f'<rect x="{x:.1f}" y="{top}" width="{end - x:.1f}" height="{PANEL}" fill="#f5d7d3"/>'


def _levels(top: int, most: int) -> list[str]:
    step = next(one for one in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if most / one <= 6)
    lines = []
    for value in range(0, most + 1, step):
        y = top + PANEL * (1 - value / most)
        lines.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value}</text>')
    return lines


def _marks(until: float) -> list[str]:
    """Every twelve hours, with the day's name at its noon."""
    lines = []
    for half_days in range(int(until // (12 * HOUR)) + 1):
        at = half_days * 12 * HOUR
        day = f"{FIRST_DAY:%A} 12:00" if half_days == 1 else "0:00" if half_days % 2 == 0 else "12:00"
        x = _x(at, until)
        lines.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#eee"/>'
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{day}</text>'
        )
    return lines


def _line(
    curve: Sequence[Moment], until: float, top: int, most: int, name: str, value: Callable[[Moment], int]
) -> str:
    points = " ".join(f"{_x(one.at, until):.1f},{top + PANEL * (1 - value(one) / most):.1f}" for one in curve)
    dash = ' stroke-dasharray="5 4"' if name.endswith("duty") else ""
    return f'<polyline points="{points}" fill="none" stroke="{INK[name]}" stroke-width="1.8"{dash}/>'


def _legend(lower: int) -> list[str]:
    first, *others = INK
    words = [f'<text x="{LEFT + 6}" y="{TOP - 10}" fill="{INK[first]}">{first}</text>']
    for place, name in enumerate(others):
        words.append(f'<text x="{LEFT + 6 + 150 * place}" y="{lower - 10}" fill="{INK[name]}">{name}</text>')
    return words
