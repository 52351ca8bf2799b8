"""The contact rules and the checker were written apart from each other: on random customers they come to the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot import dialogues
from bot.checker.check import check
from bot.checker.log import Contacted, Entry, Held, Sent, Wrote
from bot.checker.policy import Policy
from bot.core.case import Case, Contact, ContactChannel, CreditorRole, NumberSource, Owner
from bot.core.contact import may_text
from bot.core.decision import Purpose
from bot.simulate.people import facts
from tests.core import worlds as w

RULES = dialogues.load().rules
POLICY = Policy(dialogues.ROOT)
OTHERS = {"one-text-a-reply", "nothing-due", "ledger", "promise-reminder", "confirmation", "promise-open"}
TEXT = "1200 is due. Reply STOP to opt out."  # whether it has the words that a law asks for is asked of both
made = st.tuples(
    st.integers(1, 31 * 24), st.sampled_from(("reminder", "promise_reminder", "agent", "call", "missed call"))
)


plain = {"creditor_role": CreditorRole.FIRST_PARTY, "number_source": NumberSource.RESERVED, "preference": None}
anybody = w.cases(known=True, reachable=True, owner=Owner.BOT, promise=None)
everyday = w.cases(known=True, reachable=True, owner=Owner.BOT, promise=None, holds=(), **plain)
# The confirmation of an opt-out has rules of its own, and no others.
purposes = st.sampled_from([purpose for purpose in Purpose if purpose is not Purpose.OPT_OUT_CONFIRMATION])


@settings(w.quick, max_examples=600)
@given(
    everyday | everyday | anybody,
    purposes,
    w.moments,
    st.lists(made, max_size=12),
    st.none() | st.integers(0, 40),
)
def test_a_text_is_allowed_if_and_only_if_the_checker_finds_nothing_wrong_with_it(
    case: Case, purpose: Purpose, now: datetime, past: list[tuple[int, str]], wrote: int | None
) -> None:
    wrote_at = None if wrote is None else now - timedelta(hours=wrote)
    case = replace(case, opened_at=wrote_at, holds=tuple(replace(hold, until=None) for hold in case.holds))
    log: list[Entry] = [Held(now - timedelta(days=40), str(hold.kind)) for hold in case.holds]
    contacts = []
    for hours, what in sorted(past, reverse=True):
        at = now - timedelta(hours=hours)
        if what in ("call", "missed call"):
            log.append(Contacted(at, "call", reached=what == "call"))
            contacts.append(Contact(at, ContactChannel.CALL, "agent", _owed(case), reached=what == "call"))
            continue
        log.append(Sent(at, what, TEXT))
        in_answer = wrote_at is not None and timedelta(0) <= at - wrote_at <= timedelta(hours=24)
        contacts.append(Contact(at, ContactChannel.SMS, what, _owed(case), answers=in_answer and what == "agent"))
    if wrote_at is not None:
        log.append(Wrote(wrote_at))
        log.sort(key=lambda entry: (entry.at, not isinstance(entry, Wrote)))
    case = replace(case, contacts=tuple(contacts))
    verdict = may_text(case, purpose, RULES.contact_for(case), now, TEXT)
    found = check(facts(case), [*log, Sent(now, str(purpose), TEXT)], POLICY)
    wrong = [one for one in found if one.at == now and one.rule not in OTHERS]
    assert verdict.allowed == (not wrong), (verdict, wrong)


def _owed(case: Case) -> tuple[int, ...]:
    return tuple(account.id for account in case.accounts if account.amount_due > 0)
