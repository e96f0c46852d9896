"""The decisions as they stand, on this machine's own disk: for a bridge that starts while the shared store is away."""

from collections.abc import Sequence
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from fallback.state import Case, SavedScope

log = structlog.get_logger()

_Kept = tuple[list[SavedScope], list[Case]]
_ADAPTER = TypeAdapter(_Kept)


class KeptState:
    """One file, replaced whole. It is a copy: what cannot be written is only told."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, scopes: Sequence[SavedScope], cases: Sequence[Case]) -> None:
        """Never raises for the disk."""
        draft = self._path.with_name(f".{self._path.name}.draft")
        try:
            draft.write_bytes(_ADAPTER.dump_json((list(scopes), list(cases))))
            draft.chmod(0o600)
            draft.replace(self._path)
        except OSError as problem:
            log.error("decisions are not kept on this machine", reason=problem.strerror or str(problem))

    def load(self) -> _Kept:
        """What was last saved; nothing where there is no such file, or none that can be read."""
        try:
            return _ADAPTER.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return [], []
        except (OSError, ValidationError) as problem:
            log.error("kept decisions cannot be read", reason=str(problem).partition("\n")[0])
            return [], []
