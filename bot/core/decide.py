"""decide(case, event, rules, now) -> Decision: the whole product's judgement, pure and replayable.

Each kind of event has its own file: heard (what the customer wrote), timer, payment, agent.
"""

from __future__ import annotations

from datetime import datetime

from bot.core import planning
from bot.core.agent import on_agent
from bot.core.case import Case, HoldKind, State
from bot.core.decision import Decision
from bot.core.draft import Draft
from bot.core.event import AgentActed, Event, Heard, NumberRefused, PaymentPosted, SendFailed, TimerDue
from bot.core.heard import on_heard
from bot.core.payment import on_payment
from bot.core.rules import Rules
from bot.core.timer import on_timer


def decide(case: Case, event: Event, rules: Rules, now: datetime) -> Decision:
    """Say what follows from an event. Total: whatever the case and the event, there is a decision."""
    draft = Draft(case, rules, now)
    match event:
        case Heard():
            on_heard(draft, event)
        case TimerDue():
            on_timer(draft, event.timer)
        case PaymentPosted():
            on_payment(draft, event)
        case NumberRefused():
            on_refused(draft, event)
        case SendFailed():
            on_send_failed(draft, event)
        case AgentActed():
            on_agent(draft, event)
    planning.tidy(draft)
    return draft.decision()


def on_refused(draft: Draft, event: NumberRefused) -> None:
    """The carrier refuses this number: as final as the customer's own word, and a person looks for another way."""
    if event.opted_out:
        draft.because("carrier-opt-out")
        draft.hold(HoldKind.OPT_OUT)
        draft.stop_number("opt_out")
        if draft.case.state is not State.WRONG_NUMBER:
            draft.go(State.OPTED_OUT)
    else:
        draft.because("number-dead")
        draft.stop_number("number_dead")
        draft.handoff("contact_data", "number_dead")


def on_send_failed(draft: Draft, event: SendFailed) -> None:
    """A text of ours did not arrive: a person gets to know."""
    draft.because("send-failed")
    draft.handoff("undelivered", event.reason)
