"""What each measure counts, as rows: `key`, `customer_id`, `at`, `what` (a word to group by) and `amount`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Select,
    String,
    bindparam,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)

from bot.core.calendar import local_day, moment
from bot.core.case import ContactChannel
from bot.core.decision import COUNTED
from bot.core.kinds import Cap
from bot.store import tables as t
from bot.store.cases import LEFT, account, case_file, contact, customer, handoff, hold, outbox, promise
from bot.store.columns import Cents, UtcMoment
from bot.store.measures.moments import days_before
from bot.store.measures.slices import AGES, Slice

payment = t.Payment.__table__  # type: ignore[attr-defined]
AFTER_CONTACT = timedelta(days=14)  # a payment follows a text that left at most so long before
OVER = ("kept", "partial", "broken")
_NO_AMOUNT = cast(null(), Cents)
_NO_MOMENT = cast(null(), UtcMoment)

Rows = Select[Any]


def left(table: Any) -> Any:
    """That a text left, or may have. Written out, since an index over those rows alone is used only then."""
    return table.c.state.in_(bindparam("left", LEFT, expanding=True, literal_execute=True))


def asked_for(table: Any) -> Any:
    """That a text is one that we began: a reminder, a reminder of a promise, an agent's text."""
    return table.c.purpose.in_([str(purpose) for purpose in COUNTED])


def texted(chosen: Slice) -> Rows:
    """Customers to whom at least one text that we began left in these days."""
    sent = select(outbox.c.customer_id).where(left(outbox), asked_for(outbox), chosen.within(outbox.c.sent_at))
    return _customers(chosen).where(customer.c.id.in_(sent))


def replied(chosen: Slice) -> Rows:
    """Those of the texted who wrote in these days or later."""
    return texted(chosen).where(case_file.c.opened_at >= chosen.since)


def promised(chosen: Slice) -> Rows:
    """Those of the replied who made a promise in these days."""
    made = select(promise.c.customer_id).where(chosen.within(promise.c.made_at))
    return replied(chosen).where(customer.c.id.in_(made))


def kept(chosen: Slice) -> Rows:
    """Those of the promised who have kept a promise of these days by now."""
    done = select(promise.c.customer_id).where(chosen.within(promise.c.made_at), promise.c.status == "kept")
    return promised(chosen).where(customer.c.id.in_(done))


def _customers(chosen: Slice) -> Rows:
    query = _row(customer.c.id, customer.c.id, _NO_MOMENT, case_file.c.state)
    return query.join(case_file, case_file.c.customer_id == customer.c.id).where(*chosen.customers(customer.c.id))


def promises(chosen: Slice) -> Rows:
    """Promises made in these days, whatever became of them."""
    p = promise.c
    query = _row(p.id, p.customer_id, p.made_at, p.status, p.amount).where(chosen.within(p.made_at))
    if chosen.tier:
        first, last = AGES[chosen.tier]
        query = query if first is None else query.where(p.days_past_due >= first)
        query = query if last is None else query.where(p.days_past_due <= last)
    return query.where(*chosen.customers(p.customer_id))


def promises_over(chosen: Slice) -> Rows:
    """Promises made in these days whose outcome is known: kept, kept in part, broken."""
    return promises(chosen).where(promise.c.status.in_(OVER))


def promises_due(chosen: Slice) -> Rows:
    """Open promises whose day is one of these."""
    p = promise.c
    due = (
        (p.due_on >= chosen.first)
        & (p.due_on <= chosen.last)
        & (p.status == bindparam("open", "open", literal_execute=True))
    )
    query = _row(p.id, p.customer_id, p.made_at, p.status, p.amount).where(due)
    return query.where(*chosen.customers(p.customer_id))


def handoffs(chosen: Slice) -> Rows:
    """Calls for a person in these days, by the queue in which they are or ended."""
    return _handoffs(chosen).where(chosen.within(handoff.c.opened_at))


def answered(chosen: Slice) -> Rows:
    """Calls of these days that a person came to: not those where one had the customer already."""
    return handoffs(chosen).where(handoff.c.answered_at > handoff.c.opened_at)


def in_time(chosen: Slice) -> Rows:
    """Those of the answered where somebody came by the deadline of the queue."""
    return answered(chosen).where(handoff.c.answered_at <= handoff.c.due_at)


def overdue(chosen: Slice) -> Rows:
    """Calls of these days where somebody came after the deadline, or nobody has come and it is over."""
    h = handoff.c
    missed = h.answered_at.is_(None) & h.closed_at.is_(None) & (h.due_at < chosen.now)
    return handoffs(chosen).where((h.answered_at > h.due_at) | missed)


def open_handoffs(chosen: Slice) -> Rows:
    """Calls that nobody has taken, whenever they were made."""
    h = handoff.c
    query = _handoffs(chosen).join(case_file, case_file.c.customer_id == h.customer_id)
    return query.where(h.closed_at.is_(None), case_file.c.owner == "bot")


def _handoffs(chosen: Slice) -> Rows:
    h = handoff.c
    query = _row(h.id, h.customer_id, h.opened_at, h.queue).where(*chosen.customers(h.customer_id))
    return query if chosen.agent_id is None else query.where(h.agent_id == chosen.agent_id)


def opt_outs(chosen: Slice) -> Rows:
    """Opt-outs of these days."""
    return _begun(chosen, "opt_out")


def complaints(chosen: Slice) -> Rows:
    """Complaints of these days."""
    return _begun(chosen, "complaint")


def _begun(chosen: Slice, kind: str) -> Rows:
    """Holds that began: one that takes the place of another of its kind at the same moment only goes on."""
    h, before = hold.c, hold.alias("before")
    goes_on = exists().where(
        before.c.customer_id == h.customer_id, before.c.kind == h.kind, before.c.lifted_at == h.placed_at
    )
    query = _row(h.id, h.customer_id, h.placed_at, h.kind).where(h.kind == kind, chosen.within(h.placed_at), ~goes_on)
    return query.where(*chosen.customers(h.customer_id))


def texts(chosen: Slice) -> Rows:
    """Texts of every purpose that left in these days, or may have; `amount` is their segments."""
    o = outbox.c
    query = _row(o.id, o.customer_id, o.sent_at, o.purpose, o.segments)
    return query.where(left(outbox), chosen.within(o.sent_at), *chosen.customers(o.customer_id))


def reminded(chosen: Slice) -> Rows:
    """The texts that we began: reminders, reminders of promises, agents' texts."""
    return texts(chosen).where(asked_for(outbox))


def segments(chosen: Slice) -> Rows:
    """The same texts by the currency of the customer, in which their price stands."""
    o = outbox.c
    query = _row(o.id, o.customer_id, o.sent_at, _currency(o.customer_id), o.segments)
    return query.where(left(outbox), chosen.within(o.sent_at), *chosen.customers(o.customer_id))


def payments(chosen: Slice) -> Rows:
    """Payments posted in these days, each within 14 days after a text that we began; `what` is the currency."""
    p, o = payment.c, outbox.alias("said")
    ask = exists().where(
        o.c.customer_id == p.customer_id, left(o), asked_for(o), o.c.sent_at <= p.posted_at,
        o.c.sent_at >= days_before(p.posted_at, AFTER_CONTACT.days),
        # Follows from the above; without it every text that ever left is read.
        o.c.sent_at >= chosen.since - AFTER_CONTACT, o.c.sent_at < chosen.until,
    )  # fmt: skip
    query = _row(p.id, p.customer_id, p.posted_at, _currency(p.customer_id), p.amount)
    return query.where(chosen.within(p.posted_at), ask, *chosen.customers(p.customer_id))


def limit_use(chosen: Slice) -> Rows:
    """Customers with contacts that the cap of the slice counts now; `what` is how many, on the debt that has most where
    the cap is one of each debt by itself."""
    cap = chosen.cap
    if cap is None:
        return _customers(chosen).where(false())
    o, c = outbox.c, contact.c
    said = select(o.customer_id, o.accounts).join(customer, customer.c.id == o.customer_id)
    said = said.where(left(outbox), o.purpose.in_(sorted(cap.counts)), _recent(chosen, cap, o.sent_at))
    other = select(c.customer_id, c.accounts).join(customer, customer.c.id == c.customer_id)
    other = other.where(c.channel.in_(sorted(cap.head.channels)), _recent(chosen, cap, c.at))
    if cap.spares_answers is not None:
        said, other = said.where(~o.answers), other.where(~c.answers)
    if cap.only_reached:
        other = other.where(c.reached)
    counted = union_all(said, other).subquery() if ContactChannel.SMS in cap.head.channels else other.subquery()
    used = (_by_debt(counted) if cap.per_account else _by_customer(counted)).subquery()
    query = _row(customer.c.id, customer.c.id, _NO_MOMENT, cast(used.c.used, String))
    if chosen.places:
        query = query.where(tuple_(customer.c.jurisdiction, customer.c.place).in_(chosen.places))
    return query.join(used, used.c.customer_id == customer.c.id).where(*chosen.customers(customer.c.id))


def _by_customer(counted: Any) -> Rows:
    return select(counted.c.customer_id, func.count().label("used")).group_by(counted.c.customer_id)


def _by_debt(counted: Any) -> Any:
    """How many contacts speak of the debt that has most; one that names no account speaks of all. Where nothing is owed
    all count together."""
    about = (counted.c.accounts == "") | (literal(" ") + counted.c.accounts + " ").contains(
        literal(" ") + cast(account.c.id, String) + " "
    )
    owed = (account.c.customer_id == counted.c.customer_id) & (account.c.amount_due > Decimal(0))
    each = select(counted.c.customer_id, func.count().label("used")).join(account, owed & about)
    found = each.group_by(counted.c.customer_id, account.c.id).subquery()
    most = select(found.c.customer_id, func.max(found.c.used).label("used")).group_by(found.c.customer_id)
    return most.union_all(_by_customer(counted).where(~exists().where(owed)))


def _recent(chosen: Slice, cap: Cap, at: Any) -> Any:
    """That a contact lies in the time that a cap looks back: so many days, or the local day of any of their zones."""
    if cap.days > 1:
        return (at > chosen.now - timedelta(days=cap.days)) & (at <= chosen.now)
    begun = [
        (customer.c.zones == zones)
        & (at >= min(moment(local_day(chosen.now, z), time(0), z) for z in zones.split(",")))
        for zones in chosen.zones
    ]
    return or_(false(), *begun) & (at <= chosen.now)


def _row(key: Any, customer_id: Any, at: Any, what: Any, amount: Any = _NO_AMOUNT) -> Rows:
    return select(
        key.label("key"), customer_id.label("customer_id"), at.label("at"), what.label("what"), amount.label("amount")
    )


def _currency(customer_id: Any) -> Any:
    """A customer's currency: all accounts of one customer share it."""
    query = select(func.min(account.c.currency)).where(account.c.customer_id == customer_id)
    return func.coalesce(query.correlate_except(account).scalar_subquery(), "")


ROWS: Mapping[str, Callable[[Slice], Rows]] = {
    make.__name__: make
    for make in (
        texted,
        replied,
        promised,
        kept,
        promises,
        promises_over,
        promises_due,
        handoffs,
        answered,
        in_time,
        overdue,
        open_handoffs,
        opt_outs,
        complaints,
        texts,
        reminded,
        segments,
        payments,
        limit_use,
    )
}


def rows(name: str, chosen: Slice) -> Rows:
    """The rows of a measure, with the word that is chosen. Raise KeyError where there is no such measure."""
    query = ROWS[name](chosen)
    if not chosen.what:
        return query
    found = query.subquery()
    return select(found).where(found.c.what == chosen.what)
