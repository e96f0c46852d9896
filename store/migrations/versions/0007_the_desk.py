"""The desk's side of a promise: to whom it was handed, what is owed until when, what became of each matter, every touch."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for name in ("assigned", "fault"):
        length = 120 if name == "assigned" else 160
        op.add_column("promise", sa.Column(name, sa.String(length=length), server_default="", nullable=False))
    op.add_column("promise", sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False))
    for name in ("wished_at", "first_by", "answer_by", "first_at", "warned_at"):
        op.add_column("promise", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "matter_outcome",
        sa.Column("capture", sa.String(length=160), nullable=False),
        sa.Column("settled", sa.String(length=24), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("order", sa.String(length=80), server_default="", nullable=False),
        sa.Column("satisfied", sa.Integer(), server_default="0", nullable=False),
        sa.Column("caused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("capture", name=op.f("pk_matter_outcome")),
    )
    op.create_table(
        "touch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("promise_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["promise_id"], ["promise.id"], name=op.f("fk_touch_promise_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touch")),
    )
    op.create_index(op.f("ix_touch_promise_id"), "touch", ["promise_id"], unique=False)
    _indexes()


def _indexes() -> None:
    """Whose turn it is goes by matter now; what is owed, handed over, on a list or of one fault is found without a walk."""
    op.drop_index("ix_promise_turn", table_name="promise")
    op.drop_index("ix_promise_waiting", table_name="promise")
    op.drop_index("ix_promise_closed", table_name="promise")
    op.drop_index("ix_capture_reference", table_name="capture")
    op.drop_index("ix_capture_promise_id", table_name="capture")
    for name, table, columns, condition in _NEW:
        where = sa.text(condition)
        op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)


_NEW = (
    (
        "ix_promise_next",
        "promise",
        ["scope", "matter", "place_at", "id", "due_at"],
        "state = 'open' AND NOT paused AND assigned = ''",
    ),
    (
        "ix_promise_assigned",
        "promise",
        ["assigned", "place_at", "id"],
        "closed_at IS NULL AND assigned <> ''",
    ),
    (
        "ix_promise_waiting",
        "promise",
        ["place_at", "id", "state", "due_at", "scope", "matter", "paused", "closed_at"],
        "closed_at IS NULL",
    ),
    ("ix_promise_first_by", "promise", ["first_by", "id"], "closed_at IS NULL AND first_at IS NULL"),
    ("ix_promise_answer_by", "promise", ["answer_by", "id"], "closed_at IS NULL AND answer_by IS NOT NULL"),
    ("ix_promise_fault", "promise", ["fault"], "closed_at IS NULL AND fault <> ''"),
    ("ix_promise_listed", "promise", ["id"], "attention"),
    (
        "ix_promise_never",
        "promise",
        ["id"],
        "closed_at IS NOT NULL AND tries = 0 AND state NOT IN ('cancelled', 'merged') AND reason <> 'adopted'",
    ),
    ("ix_promise_closed", "promise", ["state", "closed_at", "id"], "closed_at IS NOT NULL"),
    ("ix_capture_promise_id", "capture", ["promise_id"], "promise_id IS NOT NULL"),
    ("ix_capture_reference", "capture", ["reference", "number"], "reference <> ''"),
)
