"""A trial: what would be read, decided and sent if a customer in this state wrote this. Nothing is kept or sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from bot.core.agreement import Instalment, Offer, Plan, PlanKind, PlanStatus, Promise
from bot.core.calendar import local, local_day
from bot.core.case import Account, Case, Contact, CreditorRole, Hold, HoldKind, NumberSource, Product, State
from bot.core.contact import Permission, may_text
from bot.core.decide import decide
from bot.core.decision import Decision, Purpose, Say
from bot.core.event import Heard
from bot.core.reading import Asked, Reading
from bot.dialogues import Content
from bot.nlu.read import Reader

SOON, EARLIER = timedelta(days=3), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """A text that the decision asks for, and what the contact rules make of it at that moment."""

    text: str
    response: str
    purpose: Purpose
    permission: Permission


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it."""

    before: Case
    reading: Reading
    decision: Decision
    answers: tuple[Answer, ...]


def hear(case: Case, text: str, content: Content, reader: Reader, now: datetime) -> Trial:
    """Read the text as this customer's reply at this moment and decide, as a turn would; then ask the contact rules.

    An answer to what we verify by is never compared here: otherwise a trial could be used to guess it.
    """
    reading = reader.read(text, local(now, case.zone), case.asked)
    decision = decide(case, Heard(reading), content.rules, now)
    answers = tuple(_answer(one, decision.case, content, now) for one in decision.effects if isinstance(one, Say))
    return Trial(case, reading, decision, answers)


def _answer(say: Say, case: Case, content: Content, now: datetime) -> Answer:
    text = say.text or content.responses.render(say.response, case.language, say.slots, case.currency)
    permission = may_text(case, say.purpose, content.rules.contact_for(case), now, text)
    return Answer(text, say.response, say.purpose, permission)


@dataclass(frozen=True, slots=True)
class Setup:
    """The state of an invented customer, as a form gives it."""

    product: Product
    days_past_due: int
    due: Decimal
    state: State
    jurisdiction: str
    place: str
    zone: str
    language: str
    role: CreditorRole
    reserved: bool
    holds: frozenset[HoldKind]
    reminded_today: int


def invented(setup: Setup, now: datetime) -> Case:
    """A customer in this state; what the state speaks of (a promise, an offer, a plan) is there too."""
    today = local_day(now, setup.zone)
    account = Account(
        1, setup.product, setup.due, setup.due, None, today - timedelta(days=setup.days_past_due), "CNY", "1234"
    )
    source = NumberSource.RESERVED if setup.reserved else NumberSource.CONTRACT
    contacts = tuple(Contact(now - EARLIER) for _ in range(setup.reminded_today))
    case = Case(
        customer_id=1, state=setup.state, language=setup.language, zones=(setup.zone,), accounts=(account,),
        jurisdiction=setup.jurisdiction, place=setup.place, creditor_role=setup.role, number_source=source,
        holds=tuple(Hold(kind) for kind in HoldKind if kind in setup.holds), contacts=contacts,
        known=setup.state is not State.UNKNOWN_SENDER, reachable=setup.state is not State.OPTED_OUT,
    )  # fmt: skip
    whole, soon = account.amount_due, today + SOON
    match setup.state:
        case State.CLARIFYING:
            return replace(case, asked=Asked.DATE)
        case State.PROMISE_OFFERED:
            return replace(case, asked=Asked.CONFIRM_PROMISE, offer=Offer(whole, soon))
        case State.PROMISED:
            return replace(case, promise=Promise(whole, soon, now - EARLIER, id=1))
        case State.PLAN_OFFERED | State.PLAN_ACTIVE:
            active = setup.state is State.PLAN_ACTIVE
            status = PlanStatus.ACTIVE if active else PlanStatus.OFFERED
            plan = Plan(
                PlanKind.EXTENSION, status, "", "interest_by_contract", (Instalment(whole, soon),), now - EARLIER
            )
            return replace(case, plan=plan, asked=None if active else Asked.CONFIRM_PLAN)
        case _:
            return case
