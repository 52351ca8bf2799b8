"""Drafts: a reply that somebody began, kept for them alone until they send it or empty the box."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.cases import outbox
from bot.store.scope import Scope
from bot.store.session import upsert

draft = t.Draft.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, the template that it began as, and when it was saved."""

    text: str
    template: str
    saved_at: datetime


async def save(connection: AsyncConnection, agent_id: int, customer_id: int, kept: Draft) -> None:
    """Keep this instead of what was kept before; an empty text keeps nothing."""
    if not kept.text:
        await drop(connection, agent_id, customer_id)
        return
    row = {"text": kept.text, "template": kept.template, "saved_at": kept.saved_at}
    put = upsert(connection, draft).values(agent_id=agent_id, customer_id=customer_id, **row)
    await connection.execute(put.on_conflict_do_update(index_elements=["agent_id", "customer_id"], set_=row))


async def drop(connection: AsyncConnection, agent_id: int, customer_id: int) -> None:
    """Keep nothing of what this person began to write to this customer."""
    here = (draft.c.agent_id == agent_id) & (draft.c.customer_id == customer_id)
    await connection.execute(delete(draft).where(here))


async def find(connection: AsyncConnection, scope: Scope, agent_id: int, customer_id: int) -> Draft | None:
    """What this person began to write to this customer. Nobody else's drafts can be asked for."""
    here = (draft.c.agent_id == agent_id) & (draft.c.customer_id == customer_id) & scope.lets_id(draft.c.customer_id)
    row = (await connection.execute(select(draft).where(here))).first()
    return None if row is None else Draft(row.text, row.template, row.saved_at)


async def was_sent(connection: AsyncConnection, customer_id: int, login: str, text: str, after: int) -> bool:
    """Whether this person sent this very text beyond the last seq that their page showed."""
    query = select(outbox.c.text)
    since = query.where(outbox.c.customer_id == customer_id, outbox.c.seq > after, outbox.c.author == login)
    return text in (await connection.execute(since)).scalars().all()
