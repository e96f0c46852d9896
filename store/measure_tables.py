"""The tables of the measures (requirement G), beside those of ``store.tables`` and of the same metadata."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, false, text

from callbacks.measures import COUNTERS, AgentState, CallEnd, Transfer
from store.tables import metadata, promise
from store.types import UtcTime, Word

# Raw: one stay of one call in one queue.
call_record = Table(
    "call_record",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("pbx", String(80), nullable=False),
    Column("queue", String(80), nullable=False),
    Column("joined_at", UtcTime, nullable=False),
    Column("end", Word(CallEnd), nullable=False),
    Column("incident", String(120), nullable=False, server_default=""),
    Column("callback", String(80), nullable=False, server_default=""),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("rang_after", Float),
    Column("wait", Float),
    Column("agent", String(120), nullable=False, server_default=""),
    Column("ring", Float),
    Column("talk", Float),
    Column("hold", Float, nullable=False, server_default="0"),
    Column("transfer", Word(Transfer), nullable=False, server_default=""),
    Column("ended_at", UtcTime),
    Column("cut", Boolean, nullable=False, server_default=false()),
)
Index("ix_call_record_joined", call_record.c.joined_at)
# What a restarted bridge has to look after. Spelled out in queries: a partial index serves only what repeats its condition.
UNENDED = text("\"end\" IN ('waiting', 'talking')")
Index("ix_call_record_unended", call_record.c.pbx, sqlite_where=UNENDED, postgresql_where=UNENDED)

# Raw: what an agent did, and when; each row lies within one half hour of the site's clocks.
agent_span = Table(
    "agent_span",
    metadata,
    Column("pbx", String(80), primary_key=True),
    Column("queue", String(80), primary_key=True),
    Column("agent", String(120), primary_key=True),
    Column("state", Word(AgentState), primary_key=True),
    Column("since", UtcTime, primary_key=True),
    Column("until", UtcTime, nullable=False),
    Column("reason", String(80), nullable=False, server_default=""),
)
Index("ix_agent_span_since", agent_span.c.since)

# Counted: what the raw rows of a half hour come to.
half_hour = Table(
    "half_hour",
    metadata,
    Column("start", UtcTime, primary_key=True),
    Column("pbx", String(80), primary_key=True),
    Column("queue", String(80), primary_key=True),
    Column("agent", String(120), primary_key=True),
    Column("incident", String(120), primary_key=True),
    *(Column(name, Float, nullable=False, server_default="0") for name in COUNTERS),
)
half_hour_wait = Table(
    "half_hour_wait",
    metadata,
    Column("start", UtcTime, primary_key=True),
    Column("pbx", String(80), primary_key=True),
    Column("queue", String(80), primary_key=True),
    Column("agent", String(120), primary_key=True),
    Column("incident", String(120), primary_key=True),
    Column("end", Word(CallEnd), primary_key=True),
    Column("seconds", Integer, primary_key=True, autoincrement=False),
    Column("calls", Integer, nullable=False),
    Column("waited", Float, nullable=False),
)
# Half hours whose raw rows have changed since they were counted. changes: how often; see store.half_hours.
half_hour_due = Table(
    "half_hour_due",
    metadata,
    Column("start", UtcTime, primary_key=True),
    Column("pbx", String(80), primary_key=True),
    Column("changes", Integer, nullable=False, server_default="1"),
)

# Imported: what carriers counted, and who was to work when.
carrier_count = Table(
    "carrier_count",
    metadata,
    Column("carrier", String(80), primary_key=True),
    Column("start", UtcTime, primary_key=True),
    Column("until", UtcTime, nullable=False),
    Column("offered", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
)
Index("ix_carrier_count_start", carrier_count.c.start)
roster = Table(
    "roster",
    metadata,
    Column("agent", String(120), primary_key=True),
    Column("since", UtcTime, primary_key=True),
    Column("until", UtcTime, nullable=False),
)
Index("ix_roster_since", roster.c.since)

# The measures of callbacks look at the promises of a time.
Index("ix_promise_created", promise.c.created_at)
