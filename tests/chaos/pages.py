"""The page about a run: docs/reliability.md."""

from pathlib import Path

from bench.callers.owed import Due
from bench.callers.reckoning import LOST, TWICE, WRONGLY

from .papers import Outcome, share

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
HEAD = (
    "fault",
    "done",
    "callers on the line",
    "must",
    "found",
    "lost",
    "twice",
    "wrongly there",
    "p99 silence",
)


def write(file: Path, done: Outcome) -> None:
    """Replaces what stands between the marks of the page. Raises OSError when there is no such page."""
    text = file.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    file.write_text(f"{before}{BEGIN}\n{found(done)}\n{END}{after}", encoding="utf-8")


def found(done: Outcome) -> str:
    """The figures of a run, as Markdown."""
    one, quiet = done.whole, done.whole.silences
    tiers = ", ".join(f"{count} by tier {tier}" for tier, count in sorted(one.tiers.items()))
    rows = [
        ("faults", f"{done.faults}, seed {done.seed}, in {done.seconds / 60:.0f} min"),
        ("tree, day, Asterisk", f"{done.version}, run on {done.at:%Y-%m-%d}, {done.asterisk}"),
        (
            "calls placed, answered",
            f"{one.calls}, {one.answered} ({done.rate:g}/s, four times as many under full load)",
        ),
        ("written down", tiers),
        ("must: heard the promise to its end", f"{one.due[Due.MUST]}, found {one.found}"),
        ("may: asked for it, the promise was cut", f"{one.due[Due.MAY]}, of them {one.may_found} kept"),
        ("must not: pressed nothing and left early, or was never answered", f"{one.due[Due.MUST_NOT]}"),
        (
            "**lost, twice, wrongly there**",
            f"**{one.count(LOST)}, {one.count(TWICE)}, {one.count(WRONGLY)}**",
        ),
        (
            "longest silence of a call",
            f"p50 {share(quiet, 0.5):.2f} s, p99 {share(quiet, 0.99):.2f} s, worst {max(quiet, default=0.0):.2f} s",
        ),
        ("after the last fault, all in the book within", f"{done.recovery:.0f} s"),
        ("not done", ", ".join(done.without)),
    ]
    table = [
        (
            *(kind, count, part.calls, part.due[Due.MUST], part.found),
            *(
                part.count(LOST),
                part.count(TWICE),
                part.count(WRONGLY),
                f"{share(part.silences, 0.99):.2f} s",
            ),
        )
        for kind, (count, part) in sorted(done.kinds.items())
    ]
    return "\n".join(
        [
            *("| | |", "|---|---|"),
            *(f"| {name} | {text} |" for name, text in rows),
            *("", f"| {' | '.join(HEAD)} |", "|" + "---|" * len(HEAD)),
            *(f"| {' | '.join(map(str, row))} |" for row in table),
        ]
    )
