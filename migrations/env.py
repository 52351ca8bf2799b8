"""Alembic's entry: one history for SQLite and PostgreSQL, run on a connection that the product hands over."""

from typing import Any

from alembic import context
from sqlalchemy import Connection
from sqlmodel.sql.sqltypes import AutoString

from bot.store.columns import Cents, Instalments, Sealed, UtcMoment
from bot.store.tables import METADATA


def render(kind: str, item: Any, _: Any) -> str | bool:
    """Write our column types by their plain names into new migrations."""
    if kind == "type" and isinstance(item, (Cents, Sealed, UtcMoment)):
        return f"{type(item).__name__}()"
    if kind == "type" and isinstance(item, Instalments):
        return "sa.Text()"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})"
    return False


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=render,
    )
    with context.begin_transaction():
        context.run_migrations()


migrate(context.config.attributes["connection"])
