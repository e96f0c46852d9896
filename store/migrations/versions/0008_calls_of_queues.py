"""Records of the queues' calls and agents' times, for the measures."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Nothing yet."""
