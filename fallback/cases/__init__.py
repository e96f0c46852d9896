"""Cases: what staff handle of what goes wrong, whom they are told by, and what people do with it.

``decide`` reaches this room only through ``follow``, ``HANDLERS`` and ``deadline``; ``with_cases`` puts saved
cases back after a restart.
"""

from fallback.cases.follow import deadline, follow, with_cases
from fallback.cases.handlers import HANDLERS

__all__ = ["HANDLERS", "deadline", "follow", "with_cases"]
