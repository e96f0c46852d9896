"""The work of agents and leaders on the promise book, without pages and without a terminal: both only show this.

``AgentWork`` is what an agent does with the promises that are his, ``LeaderWork`` what a leader does with all of them. Both
answer with values and refuse with words (``NotAllowed``). What may be done with a promise, by whom and in which state, stands in
one table (``allowed``).
"""

from callbacks.work.agent import AgentWork
from callbacks.work.allowed import Do, allowed, is_mine, why_not
from callbacks.work.ground import Ground
from callbacks.work.leader import LeaderWork
from callbacks.work.marks import Mark, mark_of
from callbacks.work.preview import Preview, preview
from callbacks.work.values import Actor, Bulk, Filters, Matters, MatterWord, NotAllowed, Page, When

__all__ = [
    "Actor",
    "AgentWork",
    "Bulk",
    "Do",
    "Filters",
    "Ground",
    "LeaderWork",
    "Mark",
    "MatterWord",
    "Matters",
    "NotAllowed",
    "Page",
    "Preview",
    "When",
    "allowed",
    "is_mine",
    "mark_of",
    "preview",
    "why_not",
]
