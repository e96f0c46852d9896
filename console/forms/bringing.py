"""From a filled-in file to the spool: looked at first, then done; the same for the command and for the page."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path

from callbacks.forgotten import KeyMissing, who_is_forgotten
from callbacks.paper import read
from callbacks.values import Capture
from config.policy import SitePolicy
from console.forms.plan import COMES_IN, Fate, Keeper, Planned, carry_out, plan
from console.forms.reading import read_file
from console.forms.rejects import to_csv
from console.forms.site import form_site, paper_site
from console.records.archive import write_whole
from store import Store

_INCIDENTS = 500


@dataclass(frozen=True, slots=True)
class Brought:
    """What became, or would become, of a file. failed: rows that could not be made durable, and why (problem). rejects: where
    wrong rows were written, None there were none; unwritten: why they were not. unread: tables that are none of ours.
    """

    rows: tuple[Planned, ...]
    unread: tuple[str, ...] = ()
    rehearsal: bool = True
    failed: tuple[Planned, ...] = ()
    problem: str = ""
    rejects: Path | None = None
    unwritten: str = ""
    language: str = "zh-CN"

    @property
    def coming(self) -> int:
        """Rows that came in, or would."""
        return sum(one.fate in COMES_IN for one in self.rows) - len(self.failed)

    @property
    def wrong(self) -> int:
        """Rows that cannot come in."""
        return sum(one.fate is Fate.WRONG for one in self.rows)


def nobody(_capture: Capture) -> bool:
    """Nobody asked to be forgotten."""
    return False


def forgotten_by(store: Store, folder: Path) -> Callable[[Capture], bool]:
    """Whether a row's person had himself deleted since. folder: of the site's data. Raises StoreProblem."""
    try:
        known = who_is_forgotten(store, folder)
    except (KeyMissing, OSError, ValueError):
        return nobody  # told by whoever imports, and by the doctor
    return nobody if known is None else lambda one: known.scrub(one) != one


def dry_run(
    data: bytes,
    name: str,
    store: Store | None,
    policy: SitePolicy,
    who: str,
    now: datetime,
    is_forgotten: Callable[[Capture], bool] = nobody,
) -> Brought:
    """What would become of every row. Writes nothing. store: None while it is away.

    Raises Unreadable for a file that cannot be taken at all, and StoreProblem.
    """
    filled = read_file(data, name)
    incidents = store.incidents(_INCIDENTS) if store is not None else []
    readings = read(filled.rows, paper_site(policy, who, incidents), now)
    rows = plan(filled.rows, readings, store, policy.limits, now, is_forgotten)
    return Brought(tuple(rows), filled.unread, language=form_site(policy).language)


def bring(looked: Brought, spool: Keeper, rejects: Path) -> Brought:
    """Do it: what comes in is durable in the spool when this returns; wrong rows are written down to be mended."""
    failed = tuple(carry_out(looked.rows, spool))
    done = replace(looked, rehearsal=False, failed=failed, problem=spool.figures.problem if failed else "")
    wrong = [one for one in looked.rows if one.fate is Fate.WRONG]
    if not wrong:
        return done
    text = to_csv(wrong, looked.language)
    try:
        rejects = _free(rejects, text)
        write_whole(rejects, text)
    except OSError as error:  # they stand in the file itself, and everything else is done
        return replace(done, unwritten=f"{rejects} cannot be written: {error.strerror or error}")
    return replace(done, rejects=rejects)


def _free(file: Path, text: bytes) -> Path:
    """The name, or the next of its kind (``form.rejects-2.csv``): whoever mends the rows of a former import loses nothing."""
    names = (file.with_stem(f"{file.stem}-{number}") if number > 1 else file for number in count(1))
    return next(one for one in names if not one.exists() or one.read_bytes() == text)
