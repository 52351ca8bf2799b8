"""A case as the slots of a Rasa tracker, and back: Rasa keeps the conversation, so its slots are the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import EnumType
from typing import Any, TypeVar

from bot.core.agreement import Instalment, Offer, Plan, PlanKind, PlanStatus, Promise
from bot.core.calendar import local_day
from bot.core.case import Account, Case, Hold, HoldKind, NumberSource, Owner, Product, State
from bot.core.reading import Asked, Hardship

T = TypeVar("T")

# Slots that the bank's assistant fills from its books, with their Rasa types. Money and days travel as text.
LEDGER = {
    "amount_due": "any", "balance": "any", "minimum_due": "any", "due_on": "text", "product": "text",
    "currency": "text", "tail": "text", "zone": "text", "jurisdiction": "text", "place": "text",
    "number_reserved": "bool",
}  # fmt: skip
# Slots that a decision moves.
CONVERSATION = {
    "state": "text", "owner": "text", "language": "text", "known": "bool", "reachable": "bool", "asked": "text",
    "offered_amount": "text", "offered_on": "text", "promised_amount": "text", "promised_on": "text",
    "promised_at": "text", "promised_paid": "text",
    "promised_later": "any", "promised_moved": "any", "offered_later": "any",
    "plan": "any", "plans_broken": "any", "broken_in_a_row": "any", "holds": "any", "handoff_queue": "text",
    "unclear_in_a_row": "any", "opened_at": "text",
}  # fmt: skip
# What the last decision did and why, and the texts that it wanted but that may not leave now.
OUTCOME = {"decision": "any", "withheld": "any"}
# What the form collects; the next decision takes it up as an offer and empties it.
FORM = {"promise_date": "text", "promise_amount": "text"}


class BadSlot(Exception):
    """A slot holds what cannot be its value; says which and what would be right."""


def case_of(slots: Mapping[str, Any], now: datetime) -> Case:
    """The case that slots hold at this moment. Raise BadSlot.

    Without `amount_due` and `state` the sender is unknown: an opt-out counts, everything else goes to a person, and
    nothing is told. With it the customer has been contacted. Any other slot may be left empty; a debt without
    `due_on` is due today.
    """
    read = _Slots(slots)
    due = read.get("amount_due", _money)
    amount, day = read.get("promised_amount", _money), read.get("promised_on", date.fromisoformat)
    made_at, zone = read.get("promised_at", _moment), read.text("zone", "Asia/Shanghai")
    promise = None
    if amount is not None and day is not None and made_at is not None:
        paid, later = read.get("promised_paid", _money) or Decimal(0), read.get("promised_later", _instalments) or ()
        promise = Promise(amount, day, made_at, paid, later=later, moved=read.get("promised_moved", int) or 0)
    offer = Offer(
        read.get("promise_amount", _money) or read.get("offered_amount", _money),
        read.get("promise_date", date.fromisoformat) or read.get("offered_on", date.fromisoformat),
        read.get("offered_later", _instalments) or (),
    )
    return Case(
        customer_id=0,
        state=read.get("state", State) or (State.UNKNOWN_SENDER if due is None else State.CONTACTED),
        owner=read.get("owner", Owner) or Owner.BOT,
        language=read.text("language", "zh"),
        zones=(zone,),
        jurisdiction=read.text("jurisdiction", "cn"),
        place=read.text("place", ""),
        known=read.flag("known"),
        reachable=read.flag("reachable"),
        number_source=NumberSource.RESERVED if read.flag("number_reserved") else NumberSource.UNKNOWN,
        accounts=() if due is None else (_account(read, due, local_day(now, zone)),),
        promise=promise,
        broken_in_a_row=read.get("broken_in_a_row", int) or 0,
        plan=read.get("plan", _plan),
        plans_broken=read.get("plans_broken", int) or 0,
        holds=read.get("holds", _holds) or (),
        handoff_queue=read.get("handoff_queue", _string),
        asked=read.get("asked", Asked),
        offer=None if offer == Offer() else offer,
        unclear_in_a_row=read.get("unclear_in_a_row", int) or 0,
        opened_at=read.get("opened_at", _moment),
    )


def slots_of(case: Case) -> dict[str, Any]:
    """The conversation's slots of a case, all of them, as JSON has values; the ledger's are the bank's own."""
    promise, offer = case.promise, case.offer or Offer()
    return {
        "state": case.state.value,
        "owner": case.owner.value,
        "language": case.language,
        "known": case.known,
        "reachable": case.reachable,
        "asked": None if case.asked is None else case.asked.value,
        "offered_amount": _text(offer.amount),
        "offered_on": _text(offer.due_on),
        "offered_later": [_row(one) for one in offer.later] or None,
        "promised_amount": _text(promise.amount if promise else None),
        "promised_on": _text(promise.due_on if promise else None),
        "promised_at": _text(promise.made_at if promise else None),
        "promised_paid": _text(promise.paid if promise else None),
        "promised_later": [_row(one) for one in promise.later] or None if promise else None,
        "promised_moved": promise.moved if promise else None,
        "plan": None if case.plan is None else _plan_row(case.plan),
        "plans_broken": case.plans_broken,
        "broken_in_a_row": case.broken_in_a_row,
        "holds": [
            {
                "kind": hold.kind.value,
                "until": _text(hold.until),
                "review_at": _text(hold.review_at),
                "category": hold.category.value if hold.category else None,
            }
            for hold in case.holds
        ],
        "handoff_queue": case.handoff_queue,
        "unclear_in_a_row": case.unclear_in_a_row,
        "opened_at": _text(case.opened_at),
    }


class _Slots:
    """The slots of a tracker, each converted when it is asked for; an empty one is None."""

    def __init__(self, slots: Mapping[str, Any]):
        self.slots = slots

    def get(self, name: str, convert: Callable[[Any], T]) -> T | None:
        value = self.slots.get(name)
        if value is None or value == "":
            return None
        try:
            return convert(value)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, InvalidOperation):
            raise BadSlot(f"slot {name!r} cannot be {value!r}; write {_wanted(convert)}, or empty it") from None

    def text(self, name: str, default: str) -> str:
        return self.get(name, _string) or default

    def flag(self, name: str) -> bool:
        """These are doubts about a number: left empty there are none."""
        return self.get(name, _boolean) is not False


def _wanted(convert: Callable[[Any], Any]) -> str:
    if isinstance(convert, EnumType):
        return "one of " + ", ".join(convert)
    return f"for example {EXAMPLES[convert]}"


def _account(read: _Slots, due: Decimal, today: date) -> Account:
    return Account(
        id=0,
        product=read.get("product", Product) or Product.PERSONAL_LOAN,
        balance=max(due, read.get("balance", _money) or due),
        amount_due=due,
        minimum_due=read.get("minimum_due", _money),
        due_on=read.get("due_on", date.fromisoformat) or today,
        currency=read.text("currency", "CNY"),
        tail=read.text("tail", ""),
    )


def _money(value: Any) -> Decimal:
    """Text or a number; a float is read as it is written, never by its binary fraction."""
    amount = Decimal(str(value))
    if isinstance(value, bool) or not amount.is_finite() or not 0 <= amount < 10**12:
        raise ValueError(value)
    return amount


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment


def _holds(value: list[dict[str, Any]]) -> tuple[Hold, ...]:
    return tuple(_hold(one) for one in value)


def _hold(one: dict[str, Any]) -> Hold:
    until, review_at = (_moment(one[name]) if one.get(name) else None for name in ("until", "review_at"))
    category = Hardship(one["category"]) if one.get("category") else None
    return Hold(HoldKind(one["kind"]), until, review_at, category)


def _instalments(value: list[dict[str, Any]]) -> tuple[Instalment, ...]:
    return tuple(
        Instalment(_money(one["amount"]), date.fromisoformat(one["due_on"]), _money(one.get("paid", 0)))
        for one in value
    )


def _plan(value: dict[str, Any]) -> Plan:
    words = {name: _string(value.get(name, "")) for name in ("proposed_by", "approved_by", "agreed_by")}
    return Plan(
        PlanKind(value["kind"]), PlanStatus(value["status"]), _string(value["terms"]), _string(value["interest"]),
        _instalments(value["instalments"]), _moment(value["made_at"]), **words,
    )  # fmt: skip


def _plan_row(plan: Plan) -> dict[str, Any]:
    return {
        "kind": plan.kind.value, "status": plan.status.value, "terms": plan.terms, "interest": plan.interest,
        "instalments": [_row(one) for one in plan.instalments], "made_at": _text(plan.made_at),
        "proposed_by": plan.proposed_by, "approved_by": plan.approved_by, "agreed_by": plan.agreed_by,
    }  # fmt: skip


def _row(one: Instalment) -> dict[str, str | None]:
    return {"amount": _text(one.amount), "due_on": _text(one.due_on), "paid": _text(one.paid)}


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


EXAMPLES: dict[Callable[[Any], Any], str] = {
    _money: "1200.00",
    _moment: "2026-11-23T02:00:00+00:00",
    _holds: '[{"kind": "dispute", "until": null}]',
    _instalments: '[{"amount": "500.00", "due_on": "2026-12-04"}]',
    _plan: "the plan as a decision gave it",
    _string: "some text",
    _boolean: "true or false",
    date.fromisoformat: "2026-11-27",
    int: "0",
}


def _text(value: Decimal | date | datetime | None) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else str(value)
