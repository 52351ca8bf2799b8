"""Everything in dialogues/ that decisions are made by, loaded and checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from bot.core.agreement import Instalment
from bot.core.decision import Slot
from bot.core.rules import Rules
from bot.core.template import LEDGER, PROMISED
from bot.core.wording import Finding, Wording
from bot.dialogues.briefing import Briefing, load_briefing, load_second
from bot.dialogues.bundle import Bundle
from bot.dialogues.contact import load_contact
from bot.dialogues.content import ROOT, ContentError
from bot.dialogues.fields import Fields, duration
from bot.dialogues.plans import load_plans
from bot.dialogues.policies import (
    load_handoffs,
    load_holds,
    load_promises,
    load_service,
    load_stops,
    load_strategy,
    load_verify,
)
from bot.dialogues.resolutions import Resolutions, load_resolutions
from bot.dialogues.responses import DAYS, MONEY, Responses, load_responses
from bot.dialogues.table import load_conversation
from bot.dialogues.wording import check_wording, load_wording

DIALOGUE_NAMES = (
    "version",
    "answer_wait",
    "paid_check_business_days",
    "unclear_for_a_person",
    "sure_of_opt_out",
    "sure_enough",
)
NUMBERS = {"hotline": "95000", "crisis_line": "12356", "emergency": "120"}
ROUTES = {"zh": "手机银行、网上银行或任一网点", "en": "in the app, in online banking or at any branch"}
BANK = {
    "zh": {"bank": "示例银行", "pay_routes": ROUTES["zh"], **NUMBERS},
    "en": {"bank": "Example Bank", "pay_routes": ROUTES["en"], **NUMBERS},
}
# Responses that are chosen in code rather than by an outcome's `say`, and what is known where each is said.
SAID_BY_CODE = {
    "promise_recorded": PROMISED,
    "promise_cancelled": frozenset[str](),
    "promise_too_small": LEDGER | {"least"},
    "plan_offered": frozenset({"instalments", "amount", "interest"}),
    "extension_offered": frozenset({"promised_on", "amount", "interest"}),
    "plan_recorded": PROMISED | {"instalments"},
    "plan_next": PROMISED,
    "plan_part_paid": PROMISED | {"paid"},
    "plan_paid": PROMISED | {"paid"},
    "plan_reminder": PROMISED,
    "plan_missed": PROMISED,
    "plan_cancelled": LEDGER,
    "series_recorded": frozenset({"instalments"}),
    "series_offered": frozenset({"instalments"}),
    "promise_offered": PROMISED,
    "ask_for_date": frozenset[str](),
    "ask_for_date_of_amount": frozenset({"amount"}),
    "promise_reminder": PROMISED,
    "promise_due_today": PROMISED,
    "promise_broken": PROMISED | LEDGER | {"paid"},
    "promise_partial": PROMISED | LEDGER | {"paid"},
    "promise_kept": LEDGER | {"amount"},
    "payment_received": LEDGER | {"amount"},
    "settled": frozenset({"amount"}),
    "payment_not_found": LEDGER,
    "payment_found": frozenset[str](),
    "amount_due": LEDGER,
    "opt_out_confirmed": frozenset[str](),
    "opt_in_confirmed": frozenset[str](),
}
# Queues that are chosen in code rather than by an outcome or a tier.
CALLED_BY_CODE = ("undelivered", "contact_data", "broken_promises", "paid_claim", "review", "poisoned", "plan")


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """The rules of the conversation, its wording, and what a second reader is told."""

    rules: Rules
    responses: Responses
    briefing: Briefing
    wording: Wording
    resolutions: Resolutions
    warnings: dict[tuple[str, str], tuple[Finding, ...]]  # by language and response: what is doubtful and may stay
    files: Bundle  # as they were written


def load(root: Path = ROOT, bank: Mapping[str, dict[str, str]] = BANK) -> Content:
    """Load and check; raise ContentError with the file and the cure."""
    files = Bundle.of(root)
    dialogue = Fields.of(root / "policies" / "dialogue.yml").only(*DIALOGUE_NAMES)
    sure_enough = float(dialogue.share("sure_enough", "0.5"))
    contact, places = load_contact(root, load_stops(root))
    rules = Rules(
        conversation=load_conversation(root),
        contact=contact,
        places=places,
        strategy=load_strategy(root),
        promises=load_promises(root),
        plans=load_plans(root),
        holds=load_holds(root),
        handoffs=load_handoffs(root),
        service=load_service(root),
        answer_wait=dialogue.get("answer_wait", duration, "24 hours"),
        paid_check_business_days=dialogue.number("paid_check_business_days", 1, 30),
        unclear_for_a_person=dialogue.number("unclear_for_a_person", 1),
        sure_enough=sure_enough,
        sure_of_opt_out=float(dialogue.share("sure_of_opt_out", "0.6")),
        second=load_second(root, sure_enough),
        verify=load_verify(root),
        version=files.rules,
    )
    responses = load_responses(root, dict(bank), rules.plans.clauses)
    _check_references(rules, responses)
    wording = load_wording(root, rules.strategy)
    said = frozenset(name for ladder in rules.strategy.ladders.values() for step in ladder for name in step.responses)
    warnings = check_wording(responses, wording, said, sample())
    return Content(rules, responses, load_briefing(root), wording, load_resolutions(root), warnings, files)


def said_by(rules: Rules, responses: Responses) -> dict[str, str]:
    """Every response with what says it: a tier, an outcome, the code, or agents who choose it."""
    ladders = rules.strategy.ladders.values()
    said = {name: f"tier {step.name}" for ladder in ladders for step in ladder for name in step.responses}
    said |= {o.say: f"outcome {name}" for name, o in rules.conversation.outcomes.items() if o.say}
    return said | dict.fromkeys(SAID_BY_CODE, "the code") | dict.fromkeys(responses.titles["zh"], "agents")


def _check_references(rules: Rules, responses: Responses) -> None:
    known = responses.texts["zh"].keys()
    said = said_by(rules, responses)
    for response, where in said.items():
        if response not in known:
            raise ContentError(f"dialogues/responses: {response!r} is needed by {where} and is missing")
    for response in known - said.keys():
        raise ContentError(f"dialogues/responses: {response!r} is never said; take it out")
    steps = [step for ladder in rules.strategy.ladders.values() for step in ladder]
    reminders = {
        name: LEDGER | ({"able"} if name == step.in_parts else set()) for step in steps for name in step.responses
    }
    for response in known:
        agents = LEDGER | PROMISED if response in responses.titles["zh"] else frozenset[str]()
        there = reminders.get(response) or SAID_BY_CODE.get(response, agents)
        if not_there := responses.needs(response) - there:
            raise ContentError(
                f"dialogues/responses: {response!r}: {sorted(not_there)} is not known where this is said; "
                f"known there are {', '.join(sorted(there | responses.bank['zh'].keys()))}"
            )
    queues = {o.handoff: f"outcome {name}" for name, o in rules.conversation.outcomes.items() if o.handoff}
    queues |= {s.handoff: f"tier {s.name}" for ladder in rules.strategy.ladders.values() for s in ladder if s.handoff}
    queues |= {rule.reviewed_by: f"the review of {kind}" for kind, rule in rules.holds.items()}
    queues |= dict.fromkeys(CALLED_BY_CODE, "the code")
    for queue, where in queues.items():
        if queue not in rules.handoffs:
            raise ContentError(
                f"dialogues/policies/handoffs.yml: the queue {queue!r} is needed by {where} and is missing"
            )


def sample() -> dict[str, Slot]:
    """Values for every slot, as long as they get in practice: for checking lengths and for showing wording."""
    day, sum_ = date(2026, 12, 28), Decimal("128888.88")
    money: dict[str, Slot] = dict.fromkeys(MONEY, sum_)
    days: dict[str, Slot] = dict.fromkeys(DAYS, day)
    several = tuple(Instalment(sum_, day) for _ in range(4))
    return {
        **money,
        **days,
        "instalments": several,
        "interest": "interest_by_contract",
        "days_past_due": 120,
        "product": "business_loan",
        "tail": "8888",
    }
