"""The number of the promise that a request is about, and finding requests by the promise's reference."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("capture", sa.Column("owner", sa.String(length=40), server_default="", nullable=False))
    op.create_index(
        "ix_capture_about",
        "capture",
        ["about"],
        unique=False,
        sqlite_where=sa.text("about <> ''"),
        postgresql_where=sa.text("about <> ''"),
    )
