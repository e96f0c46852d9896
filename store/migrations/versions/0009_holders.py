"""Which bridge holds which Asterisk, by lease and fence, and which of them made a call or opened an incident."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "holder",
        sa.Column("pbx", sa.String(length=80), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("linked", sa.Boolean(), nullable=False),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("pbx", name=op.f("pk_holder")),
    )
    for table in ("attempt", "incident"):
        op.add_column(table, sa.Column("pbx", sa.String(length=80), server_default="", nullable=False))
