"""What the host of a virtual machine kept back: while it is much, seconds mean nothing."""

from pathlib import Path

WORTH_SAYING = 0.02


def _jiffies() -> tuple[int, int]:
    """Of all cores since the boot: worked (user, nice, system, interrupts), wanted but not given."""
    user, nice, system, _idle, _waiting, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
    )
    return user + nice + system + irq + softirq, steal


_BEGAN = _jiffies()


def kept_back(began: tuple[int, int], now: tuple[int, int]) -> float:
    """The part of the CPU time that was wanted in between and not given, 0 to 1. Pure."""
    worked, kept = now[0] - began[0], now[1] - began[1]
    return kept / (worked + kept) if worked + kept > 0 else 0.0


def in_words(share: float) -> str:
    """A sentence, or "" where it is too little to change a figure. Pure."""
    if share < WORTH_SAYING:
        return ""
    return f"the host of this machine kept back {share:.0%} of the CPU time that was wanted meanwhile: seconds are too long"


def warning() -> str:
    """The same of the time since this was loaded."""
    return in_words(kept_back(_BEGAN, _jiffies()))
