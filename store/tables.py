"""The tables, as they are now. Migrations (``store/migrations``) lead there; a test holds the two equal."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)

from callbacks.values import (
    Asks,
    Matter,
    NoticeState,
    NumberSource,
    Outcome,
    PromiseState,
    Settled,
    Touched,
)
from store.types import UtcTime, Word

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
OPEN = text("closed_at IS NULL")

promise = Table(
    "promise",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", String(80), nullable=False),
    Column("number", String(40), nullable=False),
    Column("state", Word(PromiseState), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("place_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("line_failures", Integer, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("captures", Integer, nullable=False),
    Column("matter", Word(Matter), nullable=False),
    Column("language", String(16), nullable=False),
    Column("agent", String(120), nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("attempt", String(80), nullable=False, server_default=""),
    Column("holder", String(120), nullable=False, server_default=""),
    Column("claimed_until", UtcTime),
    Column("closed_at", UtcTime),
    Column("attention", Boolean, nullable=False, server_default=false()),
    Column("assigned", String(120), nullable=False, server_default=""),
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("wished_at", UtcTime),
    Column("first_by", UtcTime),
    Column("answer_by", UtcTime),
    Column("first_at", UtcTime),
    Column("warned_at", UtcTime),
    Column("fault", String(160), nullable=False, server_default=""),
    sqlite_autoincrement=True,  # an id is never used twice, so neither is an attempt's key
)
# One open promise per number and scope (requirements C3, E6).
Index(
    "uq_promise_open",
    promise.c.number,
    promise.c.scope,
    unique=True,
    sqlite_where=OPEN,
    postgresql_where=OPEN,
)
# Whose turn it is: one look for each scope and matter, without looking at anything else; the due time beside it, so that those
# who wait for theirs are passed by in the index. A condition of text is spelled out in queries too: a database uses a partial
# index only for a query that repeats its condition.
TURN = text("state = 'open' AND NOT paused AND assigned = ''")
Index(
    "ix_promise_next",
    promise.c.scope,
    promise.c.matter,
    promise.c.place_at,
    promise.c.id,
    promise.c.due_at,
    sqlite_where=TURN,
    postgresql_where=TURN,
)
ASSIGNED = text("closed_at IS NULL AND assigned <> ''")
Index(
    "ix_promise_assigned",
    promise.c.assigned,
    promise.c.place_at,
    promise.c.id,
    sqlite_where=ASSIGNED,
    postgresql_where=ASSIGNED,
)
BUSY = text("state IN ('claimed', 'dialling', 'talking')")
Index("ix_promise_busy", promise.c.state, sqlite_where=BUSY, postgresql_where=BUSY)
# All that are open in any way, in the order of the queue; beside it what they are counted and filtered by, so that this reads
# nothing else. (closed_at too: SQLite asks for it though the condition says it.)
Index(
    "ix_promise_waiting",
    promise.c.place_at,
    promise.c.id,
    promise.c.state,
    promise.c.due_at,
    promise.c.scope,
    promise.c.matter,
    promise.c.paused,
    promise.c.closed_at,
    sqlite_where=OPEN,
    postgresql_where=OPEN,
)
# What is owed: a first attempt, an answer (requirements E2, E3).
UNTRIED = text("closed_at IS NULL AND first_at IS NULL")
Index(
    "ix_promise_first_by",
    promise.c.first_by,
    promise.c.id,
    sqlite_where=UNTRIED,
    postgresql_where=UNTRIED,
)
UNANSWERED = text("closed_at IS NULL AND answer_by IS NOT NULL")
Index(
    "ix_promise_answer_by",
    promise.c.answer_by,
    promise.c.id,
    sqlite_where=UNANSWERED,
    postgresql_where=UNANSWERED,
)
# Reports of the same fault in one place (requirement C3).
FAULTY = text("closed_at IS NULL AND fault <> ''")
Index("ix_promise_fault", promise.c.fault, sqlite_where=FAULTY, postgresql_where=FAULTY)
LISTED = text("attention")
Index("ix_promise_listed", promise.c.id, sqlite_where=LISTED, postgresql_where=LISTED)
# Always empty (requirement E8).
NEVER_DIALLED = text(
    "closed_at IS NOT NULL AND tries = 0 AND state NOT IN ('cancelled', 'merged') AND reason <> 'adopted'"
)
Index("ix_promise_never", promise.c.id, sqlite_where=NEVER_DIALLED, postgresql_where=NEVER_DIALLED)
# How many callbacks were asked for lately, for one number.
Index("ix_promise_number", promise.c.number, promise.c.created_at)
# Closed ones only: an index by state that knows open ones too would be taken for them, and read all.
CLOSED = text("closed_at IS NOT NULL")
Index(
    "ix_promise_closed",
    promise.c.state,
    promise.c.closed_at,
    promise.c.id,
    sqlite_where=CLOSED,
    postgresql_where=CLOSED,
)

capture = Table(
    "capture",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(160), nullable=False, unique=True),
    Column("at", UtcTime, nullable=False),
    Column("scope", String(80), nullable=False),
    Column("caller_id", String(64), nullable=False),
    Column("number", String(40), nullable=False),
    Column("source", Word(NumberSource), nullable=False),
    Column("matter", Word(Matter), nullable=False),
    Column("language", String(16), nullable=False),
    Column("tier", Integer, nullable=False),
    Column("wanted", Boolean, nullable=False),
    Column("promised", Boolean, nullable=False),
    Column("incident", String(120), nullable=False),
    Column("reference", String(12), nullable=False, server_default=""),
    Column("region", String(40), nullable=False, server_default=""),
    Column("recording", String(160), nullable=False, server_default=""),
    Column("asks", Word(Asks), nullable=False, server_default=""),
    Column("about", String(12), nullable=False, server_default=""),
    Column("owner", String(40), nullable=False, server_default=""),
    # What only a manual form has (requirement C2).
    Column("name", String(80), nullable=False, server_default=""),
    Column("address", String(200), nullable=False, server_default=""),
    Column("remarks", Text, nullable=False, server_default=""),
    Column("taken_by", String(80), nullable=False, server_default=""),
    Column("promise_id", ForeignKey("promise.id")),
    Column("imported_at", UtcTime, nullable=False),
)
# What a caller who names his reference looks for. Spelled out in queries, as OF_MODES.
REFERRED = text("reference <> ''")
Index(
    "ix_capture_reference",
    capture.c.reference,
    capture.c.number,
    sqlite_where=REFERRED,
    postgresql_where=REFERRED,
)
# How many callbacks were asked for lately: by one caller id, and by keying numbers.
Index("ix_capture_caller", capture.c.caller_id, capture.c.at)
KEYED = text("source = 'keyed'")
Index(
    "ix_capture_keyed",
    capture.c.at,
    capture.c.number,
    capture.c.promise_id,
    sqlite_where=KEYED,
    postgresql_where=KEYED,
)
# What was asked about a promise, by the reference of the promise.
ABOUT = text("about <> ''")
Index("ix_capture_about", capture.c.about, sqlite_where=ABOUT, postgresql_where=ABOUT)
RECORDED = text("recording <> ''")
Index("ix_capture_recorded", capture.c.at, sqlite_where=RECORDED, postgresql_where=RECORDED)
_GATHERED = text("promise_id IS NOT NULL")
Index("ix_capture_promise_id", capture.c.promise_id, sqlite_where=_GATHERED, postgresql_where=_GATHERED)
_MISSED = text("promise_id IS NULL")
Index("ix_capture_missed", capture.c.at, sqlite_where=_MISSED, postgresql_where=_MISSED)
_OF_INCIDENT = text("incident <> ''")
Index("ix_capture_incident", capture.c.incident, sqlite_where=_OF_INCIDENT, postgresql_where=_OF_INCIDENT)

attempt = Table(
    "attempt",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("promise_id", ForeignKey("promise.id"), nullable=False, index=True),
    Column("scope", String(80), nullable=False),
    Column("number", String(40), nullable=False),
    Column("trunk", String(80), nullable=False),
    Column("agent", String(120), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("line", Word(Outcome)),
    Column("line_ended_at", UtcTime),
    Column("disposition_due", UtcTime),
    Column("disposition", Word(Outcome)),
    Column("who", String(120), nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("outcome", Word(Outcome)),
    Column("ended_at", UtcTime),
    Column("talk_seconds", Float, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("pbx", String(80), nullable=False, server_default=""),  # by which Asterisk
)
# What became of each matter of a promise (requirements E7, E8).
matter_outcome = Table(
    "matter_outcome",
    metadata,
    Column("capture", String(160), primary_key=True),  # its key
    Column("settled", Word(Settled), nullable=False),
    Column("who", String(120), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("order", String(80), nullable=False, server_default=""),
    Column("satisfied", Integer, nullable=False, server_default="0"),
    Column("caused", Boolean, nullable=False, server_default=false()),
)
# Every touch of a promise, in the order in which it happened.
touch = Table(
    "touch",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("promise_id", ForeignKey("promise.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("who", String(120), nullable=False),
    Column("what", Word(Touched), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
)
_UNENDED = text("outcome IS NULL")
Index("ix_attempt_unended", attempt.c.started_at, sqlite_where=_UNENDED, postgresql_where=_UNENDED)

# Danger and fault reports on their way to the duty role, until somebody acknowledges (requirement E0).
duty = Table(
    "duty",
    metadata,
    Column("key", String(160), primary_key=True),  # of the capture
    Column("scope", String(80), nullable=False),
    Column("matter", Word(Matter), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("rounds", Integer, nullable=False, server_default="0"),
    Column("told_at", UtcTime),
    Column("acked_at", UtcTime),
    Column("acked_by", String(120), nullable=False, server_default=""),
)
_UNACKED = text("acked_at IS NULL")
Index("ix_duty_unacked", duty.c.at, sqlite_where=_UNACKED, postgresql_where=_UNACKED)

# Who asked to be told that it is over, and what became of it (requirement B8). One row, one message, ever.
notice = Table(
    "notice",
    metadata,
    Column("key", String(160), primary_key=True),  # of the capture
    Column("scope", String(80), nullable=False),
    Column("number", String(40), nullable=False),
    Column("language", String(16), nullable=False),
    Column("incident", String(120), nullable=False, server_default=""),
    Column("asked_at", UtcTime, nullable=False),
    Column("state", Word(NoticeState), nullable=False),
    Column("way", String(16), nullable=False, server_default=""),
    Column("at", UtcTime),
    Column("detail", Text, nullable=False, server_default=""),
)
_WAITING = text("state = 'waiting'")
Index(
    "ix_notice_waiting", notice.c.scope, notice.c.asked_at, sqlite_where=_WAITING, postgresql_where=_WAITING
)
# How many were asked for lately, for one number, and what became of them.
Index("ix_notice_number", notice.c.number, notice.c.asked_at)

import_offset = Table(
    "import_offset",
    metadata,
    Column("source", String(200), primary_key=True),
    Column("offset", Integer, nullable=False),
    Column("damaged", Integer, nullable=False, server_default="0"),
    Column("at", UtcTime, nullable=False),
)

# Which bridge holds which Asterisk. first: its rows of the moment carry plain names (store.several).
holder = Table(
    "holder",
    metadata,
    Column("pbx", String(80), primary_key=True),
    Column("holder", String(120), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("linked", Boolean, nullable=False),
    Column("first", Boolean, nullable=False),
)

live = Table(
    "live",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("value", JSON, nullable=False),
    Column("at", UtcTime, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("value", Text, nullable=False),
)

# Numbers whose person asked to be forgotten, as keyed digests: what was left until then stays deleted, from whatever old
# file or copy it comes in again (``callbacks.forgotten``). until: aware UTC.
forgotten = Table(
    "forgotten",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("until", UtcTime, nullable=False),
)
