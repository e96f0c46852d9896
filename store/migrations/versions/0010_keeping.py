"""What keeping and forgetting needs, and what only a manual form has."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for name, length in (("name", 80), ("address", 200), ("taken_by", 80)):
        op.add_column("capture", sa.Column(name, sa.String(length=length), server_default="", nullable=False))
    op.add_column("capture", sa.Column("remarks", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "forgotten",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_forgotten")),
    )
