"""What callers ask besides a callback, reports on their way to the duty role, and notices that it is over."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for name, length in (("reference", 12), ("region", 40), ("recording", 160), ("asks", 24), ("about", 12)):
        op.add_column(
            "capture", sa.Column(name, sa.String(length=length), server_default="", nullable=False)
        )
    op.create_index(
        "ix_capture_reference",
        "capture",
        ["number", "reference"],
        unique=False,
        sqlite_where=sa.text("reference <> ''"),
        postgresql_where=sa.text("reference <> ''"),
    )
    op.create_index(
        "ix_capture_recorded",
        "capture",
        ["at"],
        unique=False,
        sqlite_where=sa.text("recording <> ''"),
        postgresql_where=sa.text("recording <> ''"),
    )
    op.create_table(
        "duty",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("matter", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rounds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acked_by", sa.String(length=120), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_duty")),
    )
    op.create_index(
        "ix_duty_unacked",
        "duty",
        ["at"],
        unique=False,
        sqlite_where=sa.text("acked_at IS NULL"),
        postgresql_where=sa.text("acked_at IS NULL"),
    )
    op.create_table(
        "notice",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("incident", sa.String(length=120), server_default="", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("way", sa.String(length=16), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notice")),
    )
    op.create_index(
        "ix_notice_waiting",
        "notice",
        ["scope", "asked_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
