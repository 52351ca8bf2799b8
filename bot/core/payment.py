"""What follows when a payment is posted. The accounts and the open promise already show the money."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from bot.core import planning
from bot.core.agreement import PlanStatus, PromiseStatus
from bot.core.calendar import local_day
from bot.core.case import Case, HoldKind, Owner, State, Timer
from bot.core.decision import Purpose
from bot.core.draft import Draft
from bot.core.event import PaymentPosted
from bot.core.plan import next_instalment, pay
from bot.core.promise import judge

SILENT = {State.OPTED_OUT, State.WRONG_NUMBER, State.UNKNOWN_SENDER, State.PERSON_ONLY}


def on_payment(draft: Draft, payment: PaymentPosted) -> None:
    """Keep the promise, close the case or go back to reminders; whatever was queued about the debt is out of date."""
    draft.because(f"payment:{payment.amount}")
    draft.cancel_queued("payment-posted")
    if draft.case.held(HoldKind.PAID_CLAIM):  # this is what the customer spoke of, or a person will be told otherwise
        draft.lift(HoldKind.PAID_CLAIM)
        draft.schedule(Timer.PAID_CHECK, None)
    if planning.on_money(draft):
        _thank_for_instalment(draft, payment)
        return
    kept = False
    while (promise := draft.case.promise) is not None:
        if judge(promise, draft.rules.promises) is not PromiseStatus.KEPT:
            break
        draft.keep_promise()
        kept = True
    if draft.case.amount_due <= 0:
        _settle(draft, payment)
    elif kept:
        _thank(draft, "promise_kept", payment)
        if draft.case.state is State.PROMISED and draft.case.promise is None:
            draft.go(State.CONTACTED)
        draft.resume_dunning()
    elif draft.case.promise is None:
        if draft.case.state is State.PAID_CLAIMED:
            draft.go(State.CONTACTED)
        _thank(draft, "payment_received", payment)
        draft.resume_dunning()
    else:
        draft.because("promise-still-open")


def _thank_for_instalment(draft: Draft, payment: PaymentPosted) -> None:
    plan = draft.case.plan
    one = next_instalment(plan, draft.rules.plans) if plan is not None else None
    if one is not None:
        rest = one.amount - one.paid
        if draft.case.state not in SILENT and draft.case.reachable and draft.case.owner is Owner.BOT:
            draft.say(
                "plan_part_paid" if one.paid else "plan_paid",
                Purpose.NOTICE,
                paid=payment.amount,
                amount=rest,
                promised_on=one.due_on,
            )


def _settle(draft: Draft, payment: PaymentPosted) -> None:
    if draft.case.promise is not None:
        draft.close_promise(PromiseStatus.KEPT)
    active = draft.case.plan_is_active
    planning.close(draft, PlanStatus.COMPLETED if active else PlanStatus.CANCELLED)
    draft.ask(None)
    for kind in (HoldKind.PAID_CLAIM, HoldKind.PLAN_REQUEST):
        draft.lift(kind)
    for timer in (Timer.REMINDER, Timer.PAID_CHECK):
        draft.schedule(timer, None)
    _thank(draft, "settled", payment)
    if draft.case.state not in SILENT:
        draft.go(State.SETTLED)


def _thank(draft: Draft, response: str, payment: PaymentPosted) -> None:
    if draft.case.state not in SILENT and draft.case.reachable and draft.case.owner is Owner.BOT:
        draft.say(response, Purpose.NOTICE, amount=payment.amount)


def post_to_ledger(case: Case, account_id: int | None, amount: Decimal, paid_on: date) -> Case:
    """The case with the money on it: the named account first, then the oldest arrears; an open promise counts it too.

    A payment dated before the promise was made is not the promised one.
    """
    left, accounts = amount, []
    for account in sorted(case.accounts, key=lambda a: (a.id != account_id, a.due_on, a.id)):
        part = min(left, account.balance)
        left -= part
        minimum = None if account.minimum_due is None else max(Decimal(0), account.minimum_due - part)
        due = max(Decimal(0), account.amount_due - part)
        accounts.append(replace(account, balance=account.balance - part, amount_due=due, minimum_due=minimum))
    promise = case.promise
    if promise is not None and paid_on >= local_day(promise.made_at, case.zone):
        promise = replace(promise, paid=promise.paid + amount)
    plan = case.plan
    if plan is not None and case.plan_is_active and paid_on >= local_day(plan.made_at, case.zone):
        plan = replace(plan, instalments=pay(plan, amount))
    return replace(case, accounts=tuple(sorted(accounts, key=lambda a: a.id)), promise=promise, plan=plan)
