"""How Alembic meets the database: inside the application, all the way to the newest version in one transaction."""

from contextlib import closing

from alembic import context
from flask import current_app
from sqlalchemy import text

from interview.db import UtcDateTime, write_turn

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(1886547823)")  # two servers may start at once on one PostgreSQL


def render_item(kind, item, _context):
    """Write an instant as the plain type it is stored in, so that a migration needs nothing of the application."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def migrate(database):
    """Run the migrations; SQLite changes a table by making a new one, which must not set off ON DELETE CASCADE."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    with write_turn(database.engine), database.engine.connect().execution_options(writes=True) as connection:
        if is_sqlite:
            with closing(connection.connection.cursor()) as cursor:
                cursor.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_item=render_item,
            transactional_ddl=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            if not is_sqlite:
                connection.execute(ONE_AT_A_TIME)
            context.run_migrations()
        if is_sqlite:
            connection.detach()  # the next user of the pool gets a connection that keeps foreign keys


migrate(current_app.extensions["migrate"].db)
