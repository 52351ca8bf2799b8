"""Which misreadings nobody would notice: what the bot does on a reading when it neither asks nor calls a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from decimal import Decimal

from bot.core.agreement import Offer
from bot.core.case import Account, Case, Product, State, Timer
from bot.core.decide import decide
from bot.core.decision import Decision, OpenHandoff, Schedule
from bot.core.event import Heard
from bot.core.reading import Asked, Reading
from bot.core.rules import Rules
from bot.nlu.evaluate_rows import Row

OWED = Decimal(100_000)  # more than anybody in the rows promises: a sum is never implausible
PAST_DUE = timedelta(days=10)
STATES = {
    None: State.CONTACTED,
    Asked.DATE: State.CLARIFYING,
    Asked.AMOUNT: State.CLARIFYING,
    Asked.CONFIRM_PROMISE: State.PROMISE_OFFERED,
}


@dataclass(frozen=True, slots=True)
class Done:
    """What the bot does on a reading: the outcome of the state table, and whether nobody else hears of it."""

    outcome: str
    silent: bool


def done_on(reading: Reading, row: Row, rules: Rules) -> Done:
    """What follows from this reading. Silent is every decision that neither calls a person nor asks.

    Saying nothing at all is silent too.
    """
    decision = decision_on(reading, row, rules)
    outcome = next((why.removeprefix("outcome:") for why in decision.why if why.startswith("outcome:")), "")
    return Done(outcome or "ask_whether_opt_out", not (calls_a_person(decision) or asks(decision)))


def decision_on(reading: Reading, row: Row, rules: Rules) -> Decision:
    """Ask `decide` what follows from this reading, on the file of an ordinary customer to whom `row.asked` was said.

    The customer is known, reachable, ten days past due, owned by the bot, with no person called.
    """
    now = row.heard_at.replace(tzinfo=UTC)  # the customer's wall clock stands for UTC: only its day matters here
    today = now.date()
    account = Account(1, Product.PERSONAL_LOAN, OWED, OWED, OWED / 10, today - PAST_DUE)
    case = Case(
        customer_id=1,
        state=STATES.get(row.asked, State.CONTACTED),
        language=row.lang,
        zones=("UTC",),
        accounts=(account,),
        asked=row.asked,
        offer=Offer(OWED, today + timedelta(days=3)) if row.asked is Asked.CONFIRM_PROMISE else None,
    )
    no_least = replace(rules, promises=replace(rules.promises, least_share=()))  # nor is any sum too small
    return decide(case, Heard(reading), no_least, now)


def calls_a_person(decision: Decision) -> bool:
    """Somebody at the bank hears of it."""
    return any(isinstance(effect, OpenHandoff) for effect in decision.effects)


def asks(decision: Decision) -> bool:
    """The customer hears of it: a question is open whose answer is waited for, or other words were asked for."""
    return decision.case.unclear_in_a_row > 0 or any(
        isinstance(effect, Schedule) and effect.timer is Timer.ANSWER_WAIT for effect in decision.effects
    )
