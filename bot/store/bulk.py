"""Many rows in one statement: PostgreSQL gets one array for each column, which spares it a round for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import String, Text, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.sql.sqltypes import AutoString


async def put_many(connection: AsyncConnection, put: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute an INSERT, with or without ON CONFLICT, of rows that all name the same columns; none is nothing to do.

    The database gives what no row names its default; so it must be one of the database's own.
    """
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        await connection.execute(put, list(rows))
        return
    types = {name: _type(put.table.c[name].type) for name in rows[0]}
    arrays = (bindparam(f"b_{name}", type_=ARRAY(type_, dimensions=1)) for name, type_ in types.items())
    columns = (column(name, type_) for name, type_ in types.items())
    given = func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
    values = {f"b_{name}": [row[name] for row in rows] for name in types}
    await connection.execute(put.from_select(list(types), select(given)), values)


def _type(own: Any) -> Any:
    """A column's type for an array of its values: a text's without its length, to which a cast would cut it."""
    return Text() if isinstance(own, String | AutoString) else own
