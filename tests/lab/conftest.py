"""The lab's own tests want it without Holdfast, whatever ran before them."""

import pytest

from lab import Lab


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """The run's lab, with none of Holdfast's files loaded."""
    files = list(lab.holdfast_conf_dir.iterdir())
    for file in files:
        file.unlink()
    if files:
        lab.reload()
    return lab
