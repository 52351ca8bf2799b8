"""Whose customers a person may see. Every query that shows people customers takes a scope, and filters by it in SQL."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t

customer = t.Customer.__table__  # type: ignore[attr-defined]
_them = customer.alias("in_scope")


@dataclass(frozen=True, slots=True)
class Scope:
    """The customers of these teams, or everybody's. One that was told nothing lets nobody be seen.

    The team "" is that of customers without team: whoever has no team sees them, and only them.
    """

    teams: frozenset[str] = frozenset()
    every: bool = False

    def lets(self, team: Any) -> ColumnElement[bool]:
        """That the team in this column is in scope."""
        return true() if self.every else team.in_(sorted(self.teams))

    def lets_id(self, customer_id: Any) -> ColumnElement[bool]:
        """That the customer whose id is in this column is in scope."""
        if self.every:
            return true()
        return exists(select(1).where(_them.c.id == customer_id, self.lets(_them.c.team)))

    async def only(self, connection: AsyncConnection, ids: Collection[int]) -> frozenset[int]:
        """Those of these customers who exist and are in scope."""
        query = select(customer.c.id).where(customer.c.id.in_(ids), self.lets(customer.c.team))
        return frozenset((await connection.execute(query)).scalars())

    async def has(self, connection: AsyncConnection, customer_id: int) -> bool:
        """Whether there is such a customer in scope; one of another team is as if there were none."""
        return bool(await self.only(connection, [customer_id]))


EVERYONE = Scope(every=True)
NOBODY = Scope()
