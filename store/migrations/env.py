"""Alembic's way in. The connection, with its transaction, is handed over by ``store.schema.migrate``."""

from alembic import context

from store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite can, when the transaction is begun by us: a half-made schema never stays
    render_as_batch=True,
    compare_type=True,
    # where others work meanwhile, no migration holds the tables of the one before
    transaction_per_migration=connection.dialect.name == "postgresql",
)
with context.begin_transaction():
    context.run_migrations()
