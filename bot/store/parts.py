"""Long texts that arrive in parts: kept one by one, joined when they are complete or have waited long enough.

A webhook only stores its part. A worker joins under the customer's lock, so parts may come in any order, over several
requests and processes, and more than once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.cases import lock
from bot.store.columns import keyring
from bot.store.session import Database, upsert

part, inbound = t.Part.__table__, t.Inbound.__table__  # type: ignore[attr-defined]

WAIT = timedelta(minutes=3)  # after it, what has come is read without the rest
REPEATED = timedelta(minutes=15)  # a part without id and time that comes again within it is the same part
GAP = "…"  # stands where a part is missing: no letter, no figure, nothing that could be read as an answer


@dataclass(frozen=True, slots=True)
class Piece:
    """One stored part. `has_id`: the provider named it, so equal words under another name are another part."""

    id: int
    reference: str
    number: int
    total: int
    text: str
    received_at: datetime
    has_id: bool = False


@dataclass(slots=True)
class LongText:
    """Parts that belong together, by their number; `copies` are ids of parts that came again."""

    total: int
    pieces: dict[int, Piece] = field(default_factory=dict)
    copies: list[int] = field(default_factory=list)

    @property
    def missing(self) -> list[int]:
        """The numbers that have not come."""
        return [number for number in range(1, self.total + 1) if number not in self.pieces]

    def is_due(self, now: datetime, wait: timedelta) -> bool:
        """Whether to read it now: nothing is missing, or its first part has waited long enough."""
        return not self.missing or min(one.received_at for one in self.pieces.values()) <= now - wait

    def text(self) -> str:
        """The parts in order, a mark where some are missing, and characters that were cut in two made whole."""
        words = [self.pieces[n].text if n in self.pieces else GAP for n in range(1, self.total + 1)]
        words = [word for n, word in enumerate(words, 1) if n in self.pieces or n == 1 or n - 1 in self.pieces]
        return "".join(words).encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")


def long_texts(pieces: Sequence[Piece]) -> list[LongText]:
    """Sort the parts of one sender, destination and channel into texts, whatever their order, however often they came.

    References are used again: a number that is taken by other words, or by another id, begins a new text.
    """
    found: dict[tuple[str, int], list[LongText]] = defaultdict(list)
    for piece in sorted(pieces, key=lambda one: (one.received_at, one.id)):
        same_reference = found[piece.reference, piece.total]
        for one in same_reference:
            taken = one.pieces.get(piece.number)
            if taken is None:
                one.pieces[piece.number] = piece
                break
            if taken.text == piece.text and not (taken.has_id or piece.has_id):
                one.copies.append(piece.id)
                break
        else:
            same_reference.append(LongText(piece.total, {piece.number: piece}))
    return [one for texts in found.values() for one in texts]


async def join_parts(database: Database, now: datetime, wait: timedelta = WAIT, limit: int = 200) -> int:
    """Turn what is complete, and what has waited too long, into replies; how many.

    A reply from an incomplete set says which parts never came in `missing`, such as "2,3/4".
    """
    async with database.write() as connection:
        waiting = select(part.c.customer_id).where(part.c.joined_at.is_(None)).distinct().limit(limit)
        taken = await lock(connection, sorted((await connection.execute(waiting)).scalars()))
        if not taken:
            return 0
        lines: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        query = select(part).where(part.c.joined_at.is_(None), part.c.customer_id.in_(taken)).order_by(part.c.id)
        for row in await connection.execute(query):
            lines[row.customer_id, row.channel, row.sender_hash, row.destination].append(row)
        joined_before = await _joined_before(connection, [row for rows in lines.values() for row in rows])
        replies: list[dict[str, Any]] = []
        done: list[int] = []
        for rows in lines.values():
            by_id = {row.id: row for row in rows}
            repeats = [row.id for row in rows if row.content_key in joined_before and not row.provider_id]
            done += repeats
            pieces = [_piece(row) for row in rows if row.id not in repeats]
            for one in (text for text in long_texts(pieces) if text.is_due(now, wait)):
                replies.append(_reply(one, [by_id[piece.id] for piece in one.pieces.values()]))
                done += [*(piece.id for piece in one.pieces.values()), *one.copies]
        if replies:
            await connection.execute(upsert(connection, inbound).on_conflict_do_nothing(), replies)
        if done:
            # The words now stand in the reply; what is left of a part only tells that it has come.
            over = update(part).where(part.c.id == bindparam("b_id")).values(joined_at=now, text="")
            await connection.execute(over, [{"b_id": id} for id in done])
        return len(replies)


async def waiting_for_parts(connection: AsyncConnection, ids: Sequence[int]) -> set[int]:
    """Which of these customers are in the middle of a long text."""
    query = select(part.c.customer_id).where(part.c.customer_id.in_(ids), part.c.joined_at.is_(None)).distinct()
    return set((await connection.execute(query)).scalars())


async def _joined_before(connection: AsyncConnection, rows: Sequence[Any]) -> set[str]:
    """Contents that were joined a moment ago: a gateway that lost our answer brings them again."""
    bare = [row.content_key for row in rows if not row.provider_id]
    if not bare:
        return set()
    since = min(row.received_at for row in rows) - REPEATED
    query = select(part.c.content_key).where(part.c.content_key.in_(bare), part.c.joined_at > since)
    return set((await connection.execute(query)).scalars())


def _piece(row: Any) -> Piece:
    return Piece(row.id, row.reference, row.number, row.total, row.text, row.received_at, bool(row.provider_id))


def _reply(one: LongText, rows: Sequence[Any]) -> dict[str, Any]:
    missing = one.missing
    first = min(rows, key=lambda row: (row.received_at, row.id))
    return {
        "channel": first.channel,
        "provider_id": None,
        "content_key": keyring().content_hash("parts", *sorted(row.dedup_key for row in rows)),
        "customer_id": first.customer_id,
        "sender": first.sender,
        "sender_hash": first.sender_hash,
        "destination": first.destination,
        "text": one.text(),
        "missing": f"{','.join(map(str, missing))}/{one.total}" if missing else None,
        "provider_opted_out": any(row.provider_opted_out for row in rows),
        "provider_at": min((row.provider_at for row in rows if row.provider_at), default=None),
        "received_at": max(row.received_at for row in rows),
        "state": "pending",
    }
