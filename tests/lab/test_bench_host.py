"""What a benchmark says of the machine that it ran on."""

import pytest

from bench import host


@pytest.mark.parametrize(
    ("began", "now", "share"), [((10, 5), (40, 15), 0.25), ((10, 5), (10, 5), 0.0), ((10, 5), (20, 5), 0.0)]
)
def test_what_was_kept_back_is_a_part_of_what_was_wanted(
    began: tuple[int, int], now: tuple[int, int], share: float
) -> None:
    assert host.kept_back(began, now) == share


def test_only_what_changes_the_figures_is_told() -> None:
    assert host.in_words(0.01) == ""
    assert "kept back 33%" in host.in_words(1 / 3)
    assert 0.0 <= host.kept_back((0, 0), host._jiffies()) < 1.0
