"""The measures of a hotline (requirement G): what was counted of calls, agents and promises, and each formula as data. Pure."""

from callbacks.measures.formulas import (
    GROUPS,
    MEASURES,
    NOT_OURS,
    SERVICE_LEVELS,
    Figure,
    Measure,
    Unit,
    figures,
)
from callbacks.measures.half_hours import HALF_HOUR, half_hour_of, half_hours, parts
from callbacks.measures.records import (
    AFTER_CALL_REASONS,
    SITE_STATES,
    AgentSpan,
    AgentState,
    CallEnd,
    CallRecord,
    Transfer,
    is_open,
)
from callbacks.measures.tally import COUNTERS, Row, RowKey, Sums, Waits, added, rows_of, wait_sums

__all__ = [
    "AFTER_CALL_REASONS",
    "COUNTERS",
    "GROUPS",
    "HALF_HOUR",
    "MEASURES",
    "NOT_OURS",
    "SERVICE_LEVELS",
    "SITE_STATES",
    "AgentSpan",
    "AgentState",
    "CallEnd",
    "CallRecord",
    "Figure",
    "Measure",
    "Row",
    "RowKey",
    "Sums",
    "Transfer",
    "Unit",
    "Waits",
    "added",
    "figures",
    "half_hour_of",
    "half_hours",
    "is_open",
    "parts",
    "rows_of",
    "wait_sums",
]
