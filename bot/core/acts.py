"""What outcomes do beyond their data, by name: the acts that the table may call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.core import planning
from bot.core.agreement import Instalment, Offer, PlanStatus, Promise
from bot.core.calendar import Holidays, business_days_later, moment
from bot.core.case import HoldKind, Timer
from bot.core.contact import opt_out_reaches_all
from bot.core.decision import Purpose
from bot.core.draft import Draft
from bot.core.guards import Scene, proposal_of, series_of
from bot.core.plan import next_instalment
from bot.core.promise import resolve_amount
from bot.core.reading import Asked
from bot.core.strategy import reminder_slots


def record_promise(draft: Draft, scene: Scene) -> None:
    """Write the promise that was just made on the file and answer with date and amount written out."""
    amount = resolve_amount(scene.reading.amount, scene.case)
    if amount is not None and scene.reading.date is not None:
        _record(draft, Offer(amount, scene.reading.date), scene)


def record_offer(draft: Draft, scene: Scene) -> None:
    """The customer said yes to what we asked back: that is now the promise."""
    if scene.case.offer is not None:
        _record(draft, scene.case.offer, scene)


def _record(draft: Draft, offer: Offer, scene: Scene) -> None:
    if offer.amount is None or offer.due_on is None:
        return
    before = scene.case.promise
    moved = before.moved + 1 if before is not None and offer.due_on > before.due_on else 0
    draft.record_promise(Promise(offer.amount, offer.due_on, draft.now, later=offer.later, moved=moved))
    if offer.later:
        series = (Instalment(offer.amount, offer.due_on), *offer.later)
        draft.say("series_recorded", Purpose.REPLY, instalments=series)
    else:
        draft.say("promise_recorded", Purpose.REPLY, amount=offer.amount, promised_on=offer.due_on)


def repeat_promise(draft: Draft, scene: Scene) -> None:
    """The customer only affirms what stands: say once more what was promised."""
    if scene.case.promise is not None:
        promise = scene.case.promise
        draft.say("promise_recorded", Purpose.REPLY, amount=promise.amount, promised_on=promise.due_on)


def cancel_promise(draft: Draft, scene: Scene) -> None:
    """The customer takes the promise back: it is cancelled, not broken, and another day is asked for."""
    withdraw_promise(draft, scene)
    draft.ask(Asked.DATE)
    draft.say("promise_cancelled", Purpose.REPLY)


def withdraw_promise(draft: Draft, scene: Scene) -> None:
    """What the customer says now takes the place of what they promised: nobody will call it broken."""
    draft.withdraw_promise()


def offer_plan(draft: Draft, scene: Scene) -> None:
    """Offer what the policy table grants for what was asked, whole and to the cent, and wait for an explicit yes."""
    found = proposal_of(scene)
    if found is not None:
        kind, terms, instalments = found
        planning.propose_from_bot(draft, terms, kind, instalments)


def accept_plan(draft: Draft, scene: Scene) -> None:
    """The customer said yes to the plan that stands offered."""
    planning.accept(draft)


def decline_plan(draft: Draft, scene: Scene) -> None:
    """The customer does not want what was offered: it is off the table, and a person looks for something better."""
    planning.close(draft, PlanStatus.DECLINED)
    draft.ask(None)
    draft.hold(HoldKind.PLAN_REQUEST)


def cancel_plan(draft: Draft, scene: Scene) -> None:
    """The customer takes the plan back: it ends, and reminders begin again."""
    planning.close(draft, PlanStatus.CANCELLED)
    draft.say("plan_cancelled", Purpose.REPLY)
    draft.resume_dunning()


def tell_plan(draft: Draft, scene: Scene) -> None:
    """Say when the next instalment is due."""
    plan = scene.case.plan
    one = next_instalment(plan, scene.rules.plans) if plan is not None else None
    if one is not None:
        draft.say("plan_next", Purpose.REPLY, amount=one.amount - one.paid, promised_on=one.due_on)


def ask_for_more(draft: Draft, scene: Scene) -> None:
    """The sum is less than a promise may be of: name the least, keep the day, and point to help."""
    least = scene.rules.promises.least(scene.case, draft.today)
    day = scene.reading.date or (scene.case.offer.due_on if scene.case.offer else None)
    draft.ask(Asked.AMOUNT, Offer(None, day))
    draft.say("promise_too_small", Purpose.REPLY, least=least)


def offer_promise(draft: Draft, scene: Scene) -> None:
    """Ask back what was understood, with date and amount written out; a missing amount is all that is due now."""
    before, standing = scene.case.offer or Offer(), scene.case.promise
    series = series_of(scene)
    if series:
        draft.ask(Asked.CONFIRM_PROMISE, Offer(series[0].amount, series[0].due_on, series[1:]))
        draft.say("series_offered", Purpose.REPLY, instalments=series)
        return
    said = resolve_amount(scene.reading.amount, scene.case)
    amount = said or before.amount or (standing.amount if standing else scene.case.amount_due)
    due_on = scene.reading.date or before.due_on or (standing.due_on if standing and said else None)
    if due_on is None:
        ask_for_date(draft, scene)
        return
    draft.ask(Asked.CONFIRM_PROMISE, Offer(amount, due_on))
    draft.say("promise_offered", Purpose.REPLY, amount=amount, promised_on=due_on)


def ask_for_date(draft: Draft, scene: Scene) -> None:
    """Money was promised, or nothing but good will: ask for the day and keep what is known."""
    before = scene.case.offer or Offer()
    amount = resolve_amount(scene.reading.amount, scene.case) or before.amount
    draft.ask(Asked.DATE, Offer(amount, None))
    if amount is None:
        draft.say("ask_for_date", Purpose.REPLY)
    else:
        draft.say("ask_for_date_of_amount", Purpose.REPLY, amount=amount)


def stop_texts(draft: Draft, scene: Scene) -> None:
    """Opt-out: one confirmation, everything queued cancelled, and nothing ever after."""
    stop_texts_silently(draft, scene)
    draft.say("opt_out_confirmed", Purpose.OPT_OUT_CONFIRMATION)


def stop_texts_silently(draft: Draft, scene: Scene) -> None:
    """The texts stop and no confirmation goes: the carrier already confirmed, or nobody there may be told anything."""
    if opt_out_reaches_all(draft.case, draft.rules.contact_for(draft.case), draft.now):
        draft.because("opt-out-reaches-all")
    draft.ask(None)
    draft.stop_number("opt_out")


def stop_number(draft: Draft, scene: Scene) -> None:
    """Somebody else has this number: it is never texted again and learns nothing."""
    draft.ask(None)
    draft.change(known=False)
    draft.stop_number("wrong_number")


def allow_texts(draft: Draft, scene: Scene) -> None:
    """The customer wants texts again, in so many words."""
    draft.allow_number()
    draft.lift(HoldKind.OPT_OUT)
    draft.lift(HoldKind.OPT_OUT_DOUBT)
    draft.say("opt_in_confirmed", Purpose.REPLY)
    draft.resume_dunning()


def clear_doubt(draft: Draft, scene: Scene) -> None:
    """The texts may go on: the customer said no when we asked whether they should stop."""
    draft.ask(None)
    draft.lift(HoldKind.OPT_OUT_DOUBT)
    draft.resume_dunning()


def drop_offer(draft: Draft, scene: Scene) -> None:
    """What we understood was not meant: forget it and ask for the day."""
    draft.change(offer=None)
    draft.ask(Asked.DATE)
    draft.say("ask_for_date", Purpose.REPLY)


def watch_ledger(draft: Draft, scene: Scene) -> None:
    """Wait for the payment that the customer says was made: the bank's books take a few business days."""
    contact = draft.rules.contact_for(draft.case)
    days = draft.rules.paid_check_business_days
    day = business_days_later(draft.today, days, contact.holidays if contact else Holidays())
    draft.schedule(Timer.PAID_CHECK, moment(day, draft.now.min.time().replace(hour=10), draft.case.zone))


def clarify(draft: Draft, scene: Scene) -> None:
    """Say that it was not understood and keep the question that is open."""
    draft.change(unclear_in_a_row=draft.case.unclear_in_a_row + 1)


def tell_amount(draft: Draft, scene: Scene) -> None:
    """Tell what is due, from the ledger."""
    draft.say("amount_due", Purpose.REPLY, **reminder_slots(draft.case, draft.today))


def note_right_answer(draft: Draft, scene: Scene) -> None:
    """The answer is the customer's: tell what they asked for. It counts for a while, for information only."""
    until = draft.now + draft.rules.verify.lasts
    draft.change(verification=replace(scene.case.verification, wrong=0, until=until, barred_until=None))
    draft.ask(None)
    if scene.case.plan_is_active:
        tell_plan(draft, scene)
    elif scene.case.amount_due > 0:
        tell_amount(draft, scene)
    else:
        draft.say("nothing_due", Purpose.REPLY)


def note_wrong_answer(draft: Draft, scene: Scene) -> None:
    """The answer is not the customer's: count it; it also ends what an earlier answer opened."""
    known = scene.case.verification
    draft.change(verification=replace(known, wrong=known.wrong + 1, until=None))


def stop_verifying(draft: Draft, scene: Scene) -> None:
    """The attempts are used up: nobody is asked again for a while, and the count begins anew after it."""
    barred_until = draft.now + draft.rules.verify.barred
    draft.change(verification=replace(scene.case.verification, wrong=0, until=None, barred_until=barred_until))
    draft.ask(None)


ACTS: dict[str, Callable[[Draft, Scene], None]] = {
    act.__name__: act
    for act in (
        record_promise,
        record_offer,
        offer_promise,
        ask_for_date,
        stop_texts,
        stop_texts_silently,
        stop_number,
        allow_texts,
        clear_doubt,
        drop_offer,
        repeat_promise,
        cancel_promise,
        withdraw_promise,
        ask_for_more,
        offer_plan,
        accept_plan,
        decline_plan,
        cancel_plan,
        tell_plan,
        watch_ledger,
        clarify,
        tell_amount,
        note_right_answer,
        note_wrong_answer,
        stop_verifying,
    )
}
