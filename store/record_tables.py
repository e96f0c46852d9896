"""The tables of what was decided, told to staff and asked for, beside those of ``store.tables`` and of the same metadata."""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table, Text, false, text

from fallback.modes import Mode
from fallback.state import Health
from store.tables import OPEN, metadata
from store.types import UtcTime, Word

change = Table(
    "change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("old", Text, nullable=False),
    Column("new", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("who", String(120), nullable=False),
    Column("incident", String(120), nullable=False, index=True),
)
Index("ix_change_at", change.c.at)
# What the public notice is made of, without looking at anything else. Spelled out: a database uses a partial index only for
# a query that repeats its condition.
OF_MODES = text("kind IN ('mode', 'computed', 'recovery')")
Index("ix_change_modes", change.c.id, sqlite_where=OF_MODES, postgresql_where=OF_MODES)

# The columns are those of fallback.state.SavedScope.
scope_state = Table(
    "scope_state",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("computed", Word(Mode), nullable=False),
    Column("effective", Word(Mode), nullable=False),
    Column("since", UtcTime),
    Column("override_mode", Word(Mode)),
    Column("override_who", String(120), nullable=False),
    Column("override_why", Text, nullable=False),
    Column("override_since", UtcTime),
    Column("override_until", UtcTime),
    Column("incident_key", String(120), nullable=False),
    Column("incident_kind", String(20), nullable=False),
    Column("incident_opened_at", UtcTime),
    Column("incident_detail", Text, nullable=False),
    Column("recovery_at", UtcTime),
    Column("keyed_at", UtcTime),
    Column("at", UtcTime, nullable=False),
)

component_state = Table(
    "component_state",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("health", Word(Health), nullable=False),
    Column("since", UtcTime),
    Column("detail", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

# Grown to fallback.state.Case; detail is its subject. ladder: NULL for one of which no case was ever recorded.
incident = Table(
    "incident",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("scope", String(80), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    Column("detail", Text, nullable=False),
    Column("ladder", String(80)),
    Column("raised", JSON, nullable=False, server_default="[]"),
    Column("acked_by", String(120), nullable=False, server_default=""),
    Column("owner", String(120), nullable=False, server_default=""),
    Column("drill", String(120), nullable=False, server_default=""),
    Column("parent", String(120), nullable=False, server_default=""),
    Column("climbs_from", UtcTime),
    Column("acked_at", UtcTime),
    Column("by_hand", Boolean, nullable=False, server_default=false()),
    Column("live", Boolean, nullable=False, server_default=false()),
    Column("hurt", Integer, nullable=False, server_default="0"),
    Column(
        "pbx", String(80), nullable=False, server_default=""
    ),  # whose bridge opened it; "" for the first one's
)
Index("ix_incident_opened", incident.c.opened_at)
Index("ix_incident_open", incident.c.key, sqlite_where=OPEN, postgresql_where=OPEN)

# What was sent to staff, and what became of it. No addresses: the journal of alerts holds what sending needs.
message = Table(
    "message",
    metadata,
    Column("key", String(240), primary_key=True),
    Column("incident", String(120), nullable=False),
    Column("rung", String(80), nullable=False),
    Column("role", String(80), nullable=False),
    Column("person", String(120), nullable=False),
    Column("way", String(24), nullable=False),
    Column("words", Text, nullable=False),
    Column("language", String(16), nullable=False),
    Column("reference", String(40), nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("drill", Boolean, nullable=False),
    Column("fate", String(24), nullable=False),
    Column("detail", Text, nullable=False),
    Column("provider_id", String(80), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
    Column("confirmed_at", UtcTime),
)
Index("ix_message_incident", message.c.incident, message.c.due_at)
Index("ix_message_first", message.c.first_at)

note = Table(
    "note",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", String(120), nullable=False, index=True),
    Column("part", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("who", String(120), nullable=False),
    Column("at", UtcTime, nullable=False),
)
Index("ix_note_at", note.c.at)

policy = Table(
    "policy",
    metadata,
    Column("digest", String(80), primary_key=True),
    Column("text", Text, nullable=False),
    Column("who", String(120), nullable=False),
    Column("at", UtcTime, nullable=False),
)

intent = Table(
    "intent",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("who", String(120), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("state", String(20), nullable=False),
    Column("finished_at", UtcTime),
    Column("result", Text, nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
_PENDING = text("state = 'pending'")
Index("ix_intent_pending", intent.c.id, sqlite_where=_PENDING, postgresql_where=_PENDING)
