"""How alembic runs the versions beside this file: in the connection that `twilytics.migrating` hands over, each in a transaction."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema="ops",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
