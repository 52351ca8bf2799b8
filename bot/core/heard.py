"""What follows from a reply: the cell of state and intent names an outcome, and the outcome is performed."""

from __future__ import annotations

from dataclasses import replace

from bot.core.acts import ACTS, stop_texts_silently
from bot.core.agreement import Promise
from bot.core.case import Case, HoldKind, Owner, State
from bot.core.conversation import Outcome
from bot.core.decision import Purpose, Say
from bot.core.draft import Draft
from bot.core.event import Heard
from bot.core.guards import GUARDS, Scene, is_sure, promise_is_sure
from bot.core.habits import learn
from bot.core.opinion import weigh
from bot.core.promise import resolve_amount
from bot.core.reading import RANK, Asked, Intent

# What fishes for a promise, or asks for one to be made clearer: not on a debt that it would revive.
FISHES = frozenset(
    {"record_promise", "record_offer", "offer_promise", "ask_for_date", "drop_offer", "clarify", "offer_plan"}
)
# What may stand beside an answer to what we verify by: figures among few words read as many a thing. The rest wins.
BESIDE_ANSWER = frozenset(
    {
        Intent.PROMISE_TO_PAY,  # without a day or a sum, or the reply would not count as an answer
        Intent.CONTACT_PREFERENCE,
        Intent.ASK_IDENTITY,
        Intent.ASK_AMOUNT,
        Intent.ASK_HOW_TO_PAY,
        Intent.DENY,
        Intent.AFFIRM,
        Intent.ACKNOWLEDGE,
        Intent.UNCLEAR,
    }
)


def on_heard(draft: Draft, heard: Heard) -> None:
    """The customer wrote: look the cell up, take the first arm whose guard holds, do its outcome."""
    reading, verdict = weigh(heard.reading, heard.second, draft.rules.second)
    if verdict is not None:
        draft.because(f"second:{verdict}")
        heard = replace(heard, reading=reading)
    scene = Scene(draft.case, heard.reading, draft.rules, draft.now)
    draft.change(opened_at=draft.now)
    learn(draft, scene)
    outcome = _without_fishing(draft, scene, _outcome(draft, scene, heard))
    if draft.case.owner is Owner.AGENT and not outcome.by_agents_too:
        draft.because("agent-owns")
        return
    if outcome.act != "clarify":
        draft.change(unclear_in_a_row=0)
    if heard.provider_opted_out and outcome.act == "stop_texts":
        outcome = replace(outcome, act="stop_texts_silently")  # the carrier has confirmed it already
    _perform(draft, scene, outcome)
    if _opt_out_beside(draft, heard):
        draft.because("opt-out-beside")
        draft.hold(HoldKind.OPT_OUT)
        stop_texts_silently(draft, scene)
    if outcome.keeps_promise and heard.reading.has(Intent.PROMISE_TO_PAY):
        _keep_promise(draft, scene)


def _outcome(draft: Draft, scene: Scene, heard: Heard) -> Outcome:
    """Find the outcome of the cell and move to its state. Some replies are answered before the table is asked."""
    table, intent = draft.rules.conversation, heard.reading.primary
    if heard.provider_opted_out and RANK[intent] > RANK[Intent.OPT_OUT]:
        draft.because("carrier-opt-out")
        intent = Intent.OPT_OUT
    elif _doubts_opt_out(scene) and draft.case.asked is Asked.CONFIRM_OPT_OUT:
        draft.because("opt-out-suspected-again")
        intent = Intent.OPT_OUT
    elif _doubts_opt_out(scene) and _may_be_asked(draft.case):
        draft.because("opt-out-suspected")
        return table.outcomes["ask_whether_opt_out"]
    elif heard.verified is not None and draft.case.asked is Asked.VERIFY and intent in BESIDE_ANSWER:
        return _verified(draft, heard.verified)
    elif intent in table.ask_back_when_unsure and not is_sure(scene, intent):
        draft.because(f"unsure:{intent}")
        intent = Intent.UNCLEAR
    draft.because(f"heard:{intent}")
    return _of_cell(draft, scene, intent)


def _doubts_opt_out(scene: Scene) -> bool:
    """The texts may be what the customer wants to stop, and nothing graver was said: hold them and ask."""
    reading = scene.reading
    if reading.primary is Intent.OPT_OUT:
        return reading.confidence(Intent.OPT_OUT) < scene.rules.sure_of_opt_out
    return reading.opt_out_suspected and RANK[reading.primary] > RANK[Intent.OPT_OUT]


def _may_be_asked(case: Case) -> bool:
    """A stranger, or a number that is stopped, is asked nothing."""
    return case.reachable and case.state is not State.UNKNOWN_SENDER


def _verified(draft: Draft, right: bool) -> Outcome:
    """The answer to what we asked to verify by was compared: tell, ask again, or stop asking and call a person."""
    table, rules = draft.rules.conversation, draft.rules.verify
    last = draft.case.verification.wrong + 1 >= rules.attempts
    name = "tell_verified" if right else "give_up_verifying" if last else "verify_again"
    draft.because(f"verify:{'right' if right else 'wrong'}")
    draft.because(f"outcome:{name}")
    return table.outcomes[name]


def _of_cell(draft: Draft, scene: Scene, intent: Intent) -> Outcome:
    """The first arm whose guard holds. A state moves only where its outcome is performed."""
    table = draft.rules.conversation
    for arm in table.arms(draft.case.state, intent):
        if arm.guard is None or GUARDS[arm.guard](scene):
            if arm.guard:
                draft.because(f"guard:{arm.guard}")
            draft.because(f"outcome:{arm.outcome}")
            outcome = table.outcomes[arm.outcome]
            if draft.case.owner is Owner.BOT or outcome.by_agents_too:
                draft.go(arm.to)
            return outcome
    raise AssertionError(f"{draft.case.state} x {intent}: no arm holds")  # the check at load makes this unreachable


def _without_fishing(draft: Draft, scene: Scene, outcome: Outcome) -> Outcome:
    """On a time-barred debt nothing is asked or recorded that would revive it: a person is called instead."""
    if not scene.case.time_barred or not (outcome.act in FISHES or outcome.keeps_promise):
        return outcome
    draft.because("time-barred")
    if outcome.act in FISHES:
        draft.go(scene.case.state)
        outcome = draft.rules.conversation.outcomes["leave_to_person"]
    return replace(outcome, keeps_promise=False)


def _perform(draft: Draft, scene: Scene, outcome: Outcome) -> None:
    """Do what an outcome says: hold, call a person, act, answer (an agent answers for themselves), ask."""
    if outcome.hold is not None:
        draft.hold(outcome.hold, scene.reading.hardship if outcome.hold is HoldKind.HARDSHIP else None)
    if outcome.handoff is not None:
        draft.handoff(outcome.handoff, outcome.name)
    if outcome.act is not None:
        ACTS[outcome.act](draft, scene)
    if outcome.say is not None:
        purpose = Purpose.SAFETY if outcome.say == "safety" else Purpose.REPLY
        if draft.case.owner is Owner.BOT or purpose is Purpose.SAFETY:
            draft.say(outcome.say, purpose)
    if outcome.asks is not None:
        draft.ask(outcome.asks, draft.case.offer)
    elif outcome.hold is not None and draft.case.asked is not None:
        draft.ask(None)  # something graver came up: a later "yes" no longer answers our question


def _opt_out_beside(draft: Draft, heard: Heard) -> bool:
    """Texts were refused in the same breath as something graver, which nobody answers by text: the refusal counts.

    The one text to somebody in despair still goes, and the refusal is written on the file beside it.
    """
    said = heard.provider_opted_out or heard.reading.has(Intent.OPT_OUT)
    answered = any(isinstance(effect, Say) and effect.purpose is not Purpose.SAFETY for effect in draft.effects)
    return said and draft.case.reachable and not answered


def _keep_promise(draft: Draft, scene: Scene) -> None:
    """A promise made in the same breath as something graver still stands on the file, without a text of its own."""
    amount, due_on = resolve_amount(scene.reading.amount, scene.case), scene.reading.date
    if amount is None or due_on is None or not promise_is_sure(scene):
        draft.because("promise-beside-unsure")
        return
    draft.because("promise-beside")
    draft.record_promise(Promise(amount, due_on, draft.now))
