"""Records of the queues' calls and agents' times, for the measures."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

COUNTERS = (
    "total", "answered", "abandoned", "left", "unknown", "cut", "answered_waited", "answered_wait_s", "waited", "wait_s",
    "talked", "talk_s", "hold_s", "rung", "ring_s", "queued", "transferred", "callbacks", "callbacks_taken",
    "callback_talk_s", "callback_hold_s", "idle_s", "ringing_s", "call_s", "after_s", "other_s", "paused_s", "away_s",
    "missed", "missed_s", "seen_s", "full_s",
)  # fmt: skip


def _text(name: str, length: int, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False, server_default=default)


def _at(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "call_record",
        _text("key", 200),
        _text("pbx", 80),
        _text("queue", 80),
        _at("joined_at"),
        _text("end", 24),
        _text("incident", 120, ""),
        _text("callback", 80, ""),
        sa.Column("position", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("rang_after", sa.Float()),
        sa.Column("wait", sa.Float()),
        _text("agent", 120, ""),
        sa.Column("ring", sa.Float()),
        sa.Column("talk", sa.Float()),
        sa.Column("hold", sa.Float(), nullable=False, server_default="0"),
        _text("transfer", 24, ""),
        _at("ended_at", nullable=True),
        sa.Column("cut", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_call_record")),
    )
    op.create_index("ix_call_record_joined", "call_record", ["joined_at"])
    unended = sa.text("\"end\" IN ('waiting', 'talking')")
    op.create_index(
        "ix_call_record_unended", "call_record", ["pbx"], sqlite_where=unended, postgresql_where=unended
    )
    op.create_table(
        "agent_span",
        _text("pbx", 80),
        _text("queue", 80),
        _text("agent", 120),
        _text("state", 24),
        _at("since"),
        _at("until"),
        _text("reason", 80, ""),
        sa.PrimaryKeyConstraint("pbx", "queue", "agent", "state", "since", name=op.f("pk_agent_span")),
    )
    op.create_index("ix_agent_span_since", "agent_span", ["since"])
    keys = ("start", "pbx", "queue", "agent", "incident")

    def places() -> list[sa.Column[object]]:
        return [
            _at("start"),
            _text("pbx", 80),
            _text("queue", 80),
            _text("agent", 120),
            _text("incident", 120),
        ]  # type: ignore[list-item]  # columns of several types

    op.create_table(
        "half_hour",
        *places(),
        *(sa.Column(name, sa.Float(), nullable=False, server_default="0") for name in COUNTERS),
        sa.PrimaryKeyConstraint(*keys, name=op.f("pk_half_hour")),
    )
    op.create_table(
        "half_hour_wait",
        *places(),
        _text("end", 24),
        sa.Column("seconds", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("waited", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint(*keys, "end", "seconds", name=op.f("pk_half_hour_wait")),
    )
    op.create_table(
        "half_hour_due",
        _at("start"),
        _text("pbx", 80),
        sa.Column("changes", sa.Integer(), nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("start", "pbx", name=op.f("pk_half_hour_due")),
    )
    op.create_table(
        "carrier_count",
        _text("carrier", 80),
        _at("start"),
        _at("until"),
        sa.Column("offered", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("carrier", "start", name=op.f("pk_carrier_count")),
    )
    op.create_index("ix_carrier_count_start", "carrier_count", ["start"])
    op.create_table(
        "roster",
        _text("agent", 120),
        _at("since"),
        _at("until"),
        sa.PrimaryKeyConstraint("agent", "since", name=op.f("pk_roster")),
    )
    op.create_index("ix_roster_since", "roster", ["since"])
    op.create_index("ix_promise_created", "promise", ["created_at"])
