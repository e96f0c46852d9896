"""Counting what was asked for in a day: by caller id, for one number, and by keying numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("ix_promise_number", "promise", ["number", "created_at"], unique=False)
    op.create_index("ix_capture_caller", "capture", ["caller_id", "at"], unique=False)
    op.create_index(
        "ix_capture_keyed",
        "capture",
        ["at", "number", "promise_id"],
        unique=False,
        sqlite_where=sa.text("source = 'keyed'"),
        postgresql_where=sa.text("source = 'keyed'"),
    )
