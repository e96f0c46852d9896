"""The record: incidents as staff handle them, messages to staff, notes, and the policies that were in force."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("scope_state", sa.Column("keyed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("incident", sa.Column("ladder", sa.String(length=80), nullable=True))
    op.add_column("incident", sa.Column("raised", sa.JSON(), server_default="[]", nullable=False))
    for name in ("acked_by", "owner", "drill", "parent"):
        op.add_column("incident", sa.Column(name, sa.String(length=120), server_default="", nullable=False))
    op.add_column("incident", sa.Column("climbs_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("incident", sa.Column("acked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("incident", sa.Column("by_hand", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("incident", sa.Column("live", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("incident", sa.Column("hurt", sa.Integer(), server_default="0", nullable=False))
    op.create_index(
        "ix_incident_open",
        "incident",
        ["key"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_change_at", "change", ["at"], unique=False)
    op.create_index(
        "ix_change_modes",
        "change",
        ["id"],
        unique=False,
        sqlite_where=sa.text("kind IN ('mode', 'computed', 'recovery')"),
        postgresql_where=sa.text("kind IN ('mode', 'computed', 'recovery')"),
    )
    op.create_index(
        "ix_capture_incident",
        "capture",
        ["incident"],
        unique=False,
        sqlite_where=sa.text("incident <> ''"),
        postgresql_where=sa.text("incident <> ''"),
    )
    op.create_table(
        "message",
        sa.Column("key", sa.String(length=240), nullable=False),
        sa.Column("incident", sa.String(length=120), nullable=False),
        sa.Column("rung", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("way", sa.String(length=24), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("fate", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_message")),
    )
    op.create_index("ix_message_incident", "message", ["incident", "due_at"], unique=False)
    op.create_index("ix_message_first", "message", ["first_at"], unique=False)
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident", sa.String(length=120), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index(op.f("ix_note_incident"), "note", ["incident"], unique=False)
    op.create_index("ix_note_at", "note", ["at"], unique=False)
    op.create_table(
        "policy",
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_policy")),
    )
