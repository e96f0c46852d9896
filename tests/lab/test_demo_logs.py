"""A demo that ends early leaves behind what its programs logged."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab.demo import kept_logs
from lab.errors import LabError
from lab.site import Site


def test_a_demo_that_fails_names_the_folder_with_its_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "bridge.log").write_text("why\n")
    (folder / "full").write_text("what Asterisk saw\n")
    site = SimpleNamespace(folder=folder, lab=SimpleNamespace(log=folder / "full"))

    with pytest.raises(LabError, match="not ready") as told, kept_logs(cast(Site, site)):
        raise LabError("not ready")

    kept = Path(str(told.value).rpartition(" ")[2])
    assert (kept / "bridge.log").read_text() == "why\n"
    assert (kept / "asterisk.log").read_text() == "what Asterisk saw\n"
