"""What Alembic runs: always on a connection that :mod:`care_sync.store.migrate` opened."""

from alembic import context

from care_sync.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
