"""Notices of one number: how many were asked for lately, and whether one of them was told."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_index("ix_notice_number", "notice", ["number", "asked_at"], unique=False)
