"""Which bridge holds which Asterisk, by lease and fence."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nothing yet."""
