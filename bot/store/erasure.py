"""Erasing a customer: their key is destroyed, and what other tables hold of them is emptied. The chain stays whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import String, cast, delete, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.case import HoldKind, State
from bot.store import accesses, cases, merges, outgoing, texts
from bot.store import tables as t
from bot.store.cases import File
from bot.store.journal import append_journal
from bot.store.session import touch

part, correction, draft = t.Part.__table__, t.Correction.__table__, t.Draft.__table__  # type: ignore[attr-defined]
agenda, payment, presence = t.Agenda.__table__, t.Payment.__table__, t.Presence.__table__  # type: ignore[attr-defined]
inbound, outbox, merge = texts.inbound, cases.outbox, merges.merge_table
FINAL = (State.OPTED_OUT, State.WRONG_NUMBER)  # that says something of the number, and stays
GONE = (cases.phone, agenda, correction, draft, part, presence)  # tables whose rows of the customer go


class NotErased(Exception):
    """This customer cannot be erased now; the words say why, and what to do."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What is erased, or would be: how many rows of each table, and the files of numbers that were merged into it."""

    customer_id: int
    rows: dict[str, int]
    merged: tuple[int, ...]
    stays_stopped: bool


async def erase(
    connection: AsyncConnection, customer_id: int, by: str, reason: str, now: datetime, despite_debt: bool = False
) -> Erased:
    """Erase a customer, in a transaction that locks them; raise NotErased, or LookupError where there is none.

    The journal's entries stay as they are, unreadable for good. Sums and days stay for the bank's statistics, without
    a name, number, reference or word beside them. A number that opted out stays stopped, by its hash alone.
    """
    await cases.lock(connection, [customer_id], skip_locked=False)
    loaded = await cases.load(connection, [customer_id], now)
    if customer_id not in loaded:
        raise LookupError(f"there is no customer {customer_id}")
    file = loaded[customer_id]
    await _may_be_erased(connection, file, despite_debt)
    stays = await _stay_stopped(connection, file, now)
    erased = Erased(customer_id, await _rows_of(connection, customer_id), await _merged(connection, customer_id), stays)
    await _empty(connection, customer_id, now)
    file.data_key = None  # what is said from here on is said without content
    await append_journal(connection, [(file, "erased", None)], now)
    await accesses.log_access(connection, by, customer_id, f"erase: {reason}", now)
    touch(connection, [customer_id])
    return erased


async def _may_be_erased(connection: AsyncConnection, file: File, despite_debt: bool) -> None:
    id, case = file.case.customer_id, file.case
    if file.data_key is None:
        raise NotErased("this customer was erased already")
    owes = case.amount_due > 0 or any(account.balance > 0 for account in case.accounts)
    if (owes or case.plan_is_active or case.promise is not None) and not despite_debt:
        raise NotErased(
            "a debt, plan or promise of this customer is still open: let the bank's ledger settle it first, or say "
            "--despite-debt and give the reason, such as an order of the court or the regulator"
        )
    waiting = select(func.count()).where(inbound.c.customer_id == id, inbound.c.state == "pending")
    posted = select(func.count()).where(payment.c.customer_id == id, payment.c.handled_at.is_(None))
    leaving = select(func.count()).where(outbox.c.customer_id == id, outbox.c.state.in_(("submitting", "unknown")))
    for query, what in ((waiting, "a reply"), (posted, "a payment"), (leaving, "a text on its way")):
        if (await connection.execute(query)).scalar_one():
            raise NotErased(f"{what} waits to be handled, and may be an opt-out or its confirmation: try again later")


async def _stay_stopped(connection: AsyncConnection, file: File, now: datetime) -> bool:
    """Whether a number of theirs stays stopped. One that opted out is, also where nobody had stopped the number yet."""
    opted_out = file.case.state is State.OPTED_OUT or file.case.held(HoldKind.OPT_OUT)
    if opted_out and file.number_hash:
        await outgoing.stop_number(connection, file.number_hash, "opt_out", now)
    theirs = select(cases.phone.c.number_hash).where(cases.phone.c.customer_id == file.case.customer_id)
    query = select(func.count()).where(cases.suppression.c.number_hash.in_(theirs))
    return bool((await connection.execute(query)).scalar_one())


async def _rows_of(connection: AsyncConnection, customer_id: int) -> dict[str, int]:
    found = {}
    for table in (*GONE, inbound, outbox, cases.account, cases.plan, cases.handoff):
        query = select(func.count()).select_from(table).where(table.c.customer_id == customer_id)
        found[table.name] = int((await connection.execute(query)).scalar_one())
    return found


async def _merged(connection: AsyncConnection, customer_id: int) -> tuple[int, ...]:
    query = select(merge.c.stranger_id).where(merge.c.customer_id == customer_id).order_by(merge.c.stranger_id)
    return tuple((await connection.execute(query)).scalars())


async def _empty(connection: AsyncConnection, id: int, now: datetime) -> None:
    """Destroy the key and overwrite every word, name, number and reference."""

    async def put(table: Any, **values: Any) -> None:
        own = table.c.id if table is cases.customer else table.c.customer_id
        await connection.execute(update(table).where(own == id).values(**values))

    for table in GONE:
        await connection.execute(delete(table).where(table.c.customer_id == id))
    await connection.execute(delete(merge).where((merge.c.customer_id == id) | (merge.c.stranger_id == id)))
    await put(
        cases.customer, reference=f"erased-{id}", name="", data_key=None, verify_hash="", consents="", place="",
        notice_on=None,
    )  # fmt: skip
    state = cases.case_file.c.state
    theirs = cases.case_file.c.customer_id == id
    await connection.execute(
        update(cases.case_file).where(theirs, state.not_in(FINAL)).values(state=State.SETTLED.value)
    )
    await put(
        cases.case_file, owner="bot", agent_id=None, follow_up_at=None, asked=None, offer_amount=None,
        offer_due_on=None, offer_later=(), preference=None, payday=None, ability=None, annoyed_at=None,
        verified_until_at=None, verify_barred_until_at=None, verify_wrong=0, changed_at=now,
    )  # fmt: skip
    own = cases.account.c.customer_id == id
    await connection.execute(
        update(cases.account).where(own).values(
            reference=literal("erased-") + cast(cases.account.c.id, String), tail="",
            balance=Decimal(0), amount_due=Decimal(0), minimum_due=None,
        )
    )  # fmt: skip
    await put(inbound, sender="", sender_hash="", text="", opinion=None)
    await put(outbox, slots="{}", text="", number_hash=None)
    waits = outbox.c.state.in_(("queued", "held"))
    await connection.execute(
        update(outbox).where(outbox.c.customer_id == id, waits).values(state="cancelled", reason="erased")
    )
    await put(cases.hold, category=None)
    await put(cases.plan, contents="{}")
    await put(cases.handoff, reason="", note=None, pinned_why=None)
    for table, over in ((cases.promise, {"status": "cancelled"}), (cases.plan, {"status": "cancelled"})):
        open_now = table.c.closed_at.is_(None)
        await connection.execute(update(table).where(table.c.customer_id == id, open_now).values(closed_at=now, **over))
    closed = {"closed_at": now, "outcome": "erased"}
    here = (cases.handoff.c.customer_id == id) & cases.handoff.c.closed_at.is_(None)
    await connection.execute(update(cases.handoff).where(here).values(**closed))
