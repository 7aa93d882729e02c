"""Run by Alembic: hands the store's open transaction to the migrations."""

from alembic import context

from node.store.tables import StoreModel

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=StoreModel.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
