"""The checker can fail: each kind of wrong text is found, by the rule that forbids it; a right one is left alone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import dialogues
from bot.checker.check import check
from bot.checker.log import (
    Allowed,
    Contacted,
    Debt,
    Entry,
    Held,
    Lifted,
    Owes,
    Person,
    Promised,
    Sent,
    Stopped,
    TakenOver,
    Wish,
    Wrote,
)
from bot.checker.policy import CannotJudge, Policy

POLICY = Policy(dialogues.ROOT)
LOAN = Debt(1, "personal_loan", Decimal("1200"))
CARD = Debt(1, "credit_card", Decimal("1200"))
CHINA = Person(7, (LOAN,))
OPT_OUT = "Reply STOP to opt out."


def at(written: str, zone: str = "Asia/Shanghai") -> datetime:
    """A moment on the customer's clock."""
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


NOON = at("2026-11-24T12:00")


def reminder(moment: datetime, text: str = "1200 is due", response: str = "reminder_m1_late") -> Sent:
    return Sent(moment, "reminder", text, response)


def rules_broken(person: Person, *entries: Entry) -> set[str]:
    """The rules that a log offends against."""
    return {violation.rule for violation in check(person, entries, POLICY)}


def american(place: str = "us-ca", zone: str = "America/New_York", **facts: object) -> Person:
    return replace(CHINA, jurisdiction="us", place=place, zones=(zone,), language="en", **facts)  # type: ignore[arg-type]


def test_a_lawful_course_of_events_offends_against_nothing() -> None:
    """Reminder, reply, answer, promise, its two reminders, payment, thanks, opt-out, one confirmation."""
    assert not rules_broken(
        CHINA,
        reminder(at("2026-11-23T10:00")),
        Wrote(at("2026-11-23T21:30")),
        Held(at("2026-11-23T21:30"), "promise_open"),
        Promised(at("2026-11-23T21:30"), (date(2026, 11, 27),)),
        Sent(at("2026-11-24T09:00"), "reply", "noted"),
        Sent(at("2026-11-26T10:00"), "promise_reminder", "tomorrow"),
        Sent(at("2026-11-27T10:00"), "promise_reminder", "today"),
        Owes(at("2026-11-27T14:00"), {1: Decimal(700)}),
        Promised(at("2026-11-27T14:00")),
        Lifted(at("2026-11-27T14:00"), "promise_open"),
        Sent(at("2026-11-27T14:00"), "notice", "thanks"),
        reminder(at("2026-12-02T10:00"), "700 is due"),
        Wrote(at("2026-12-02T23:00"), opted_out=True),
        Stopped(at("2026-12-02T23:00"), "opt_out"),
        Held(at("2026-12-02T23:00"), "opt_out"),
        Sent(at("2026-12-02T23:01"), "opt_out_confirmation", "stopped"),
    )


@pytest.mark.parametrize(
    ("person", "moment", "rule"),
    [
        (CHINA, at("2026-11-24T22:00"), "CN-TIME"),
        (CHINA, at("2026-11-24T07:59"), "CN-TIME"),
        (CHINA, at("2026-11-24T20:00"), "BANK-HOURS"),
        (CHINA, at("2026-10-01T12:00"), "CN-HOLIDAY"),  # the National Day
        (CHINA, at("2026-11-28T09:30"), "CN-HOLIDAY"),  # a Saturday that nobody works: from ten
        (american(), at("2026-11-24T07:30", "America/New_York"), "US-TIME"),
        (american(zone="America/Los_Angeles"), at("2026-11-24T10:00", "America/New_York"), "US-TIME"),
        (american(zone="Mars/Olympus"), NOON, "zone-unknown"),
        (replace(CHINA, zones=()), NOON, "zone-unknown"),
        (replace(CHINA, jurisdiction="nowhere"), at("2026-11-29T12:00"), "DEFAULT-TIME"),  # a Sunday
        (replace(CHINA, jurisdiction="ca", place="ca-qc", zones=("America/Toronto",)),
         at("2026-11-29T12:00", "America/Toronto"), "CA-QC-TIME"),
        (replace(CHINA, jurisdiction="ca", place="ca-on", zones=("America/Toronto",)),
         at("2026-12-25T12:00", "America/Toronto"), "CA-ON-TIME"),
        (replace(CHINA, jurisdiction="in", zones=("Asia/Kolkata",)), at("2026-11-24T19:30", "Asia/Kolkata"),
         "IN-RBI-TIME"),
        (replace(CHINA, number_source="unknown"), NOON, "BANK-SOURCE"),
        (replace(CHINA, debts=(replace(LOAN, time_barred=True),)), NOON, "TIME-BARRED"),
        (replace(CHINA, wish=Wish(time(18), time(20))), NOON, "wish"),
        (replace(CHINA, wish=Wish(blocked=frozenset({"sms"}))), NOON, "wish"),
        (american("us-nyc"), at("2026-11-24T12:00", "America/New_York"), "US-NYC-CONSENT"),
        (american(""), at("2026-11-24T12:00", "America/New_York"), "US-NYC-CONSENT"),  # the place is not known
        (american(role="third_party"), at("2026-11-24T12:00", "America/New_York"), "US-MM"),
        (american(role="third_party"), at("2026-11-24T12:00", "America/New_York"), "US-60D"),
        (american(role="third_party"), at("2026-11-24T12:00", "America/New_York"), "US-VAL"),
        (american(role="servicer"), at("2026-11-24T12:00", "America/New_York"), "US-OPTNOTE"),
    ],
)  # fmt: skip
def test_a_reminder_at_the_wrong_time_or_to_the_wrong_customer_is_found(
    person: Person, moment: datetime, rule: str
) -> None:
    assert rule in rules_broken(person, reminder(moment))


def test_two_likely_zones_must_both_be_open() -> None:
    both = american(zone="America/New_York")
    both = replace(both, zones=("America/New_York", "America/Los_Angeles"))
    assert "US-TIME" in rules_broken(both, reminder(at("2026-11-24T10:30", "America/New_York")))
    assert not rules_broken(both, reminder(at("2026-11-24T13:30", "America/New_York")))


def test_consent_opens_the_night_only_where_the_law_says_so() -> None:
    consenting = replace(CHINA, consents=frozenset({"night_contact"}))
    assert rules_broken(consenting, reminder(at("2026-11-24T23:00"))) == {"BANK-HOURS", "CN-HOLIDAY"}


def test_a_make_up_workday_in_china_is_a_workday() -> None:
    """2026-09-20 is a Sunday that is worked for the National Day; an ordinary Sunday opens at ten."""
    assert not rules_broken(CHINA, reminder(at("2026-09-20T09:30")))
    assert rules_broken(CHINA, reminder(at("2026-09-13T09:30"))) == {"CN-HOLIDAY"}


@pytest.mark.parametrize(
    ("person", "days", "rule"),
    [
        (CHINA, [0, 0], "BANK-1-DAY"),
        (CHINA, [0, 1, 2, 3], "BANK-3-WEEK"),
        (CHINA, [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 29], "BANK-10-MONTH"),
        (replace(CHINA, jurisdiction="nowhere"), [0, 2, 4], "DEFAULT-2-WEEK"),
        (replace(CHINA, jurisdiction="us", place="us-ma"), [0, 2, 4], "US-MA-2-WEEK"),
    ],
)
def test_one_text_too_many_is_found(person: Person, days: list[int], rule: str) -> None:
    sent = [reminder(NOON + timedelta(days=day, minutes=n)) for n, day in enumerate(days)]
    assert rule in rules_broken(person, *sent)
    assert rule not in rules_broken(person, *sent[:-1])


def test_calls_count_beside_texts_and_are_limited_themselves() -> None:
    calls = [Contacted(at(f"2026-11-24T{hour}:00"), "call") for hour in range(10, 17)]
    assert rules_broken(CHINA, *calls) == {"CN-CALL"}
    assert not rules_broken(CHINA, *calls[:6])
    assert "BANK-4-ANY-WEEK" in rules_broken(CHINA, *calls[:4], reminder(at("2026-11-25T12:00")))


def test_what_an_agent_writes_counts_unless_it_answers() -> None:
    own = [Sent(NOON + timedelta(days=n), "agent", "hello") for n in range(4)]
    assert rules_broken(CHINA, *own) == {"BANK-3-WEEK"}
    talk = [entry for text in own for entry in (Wrote(text.at - timedelta(hours=1)), text)]
    assert not rules_broken(CHINA, *talk)


@pytest.mark.parametrize("kind", sorted(POLICY.stops))
def test_a_reminder_during_any_hold_is_found_and_none_after_it(kind: str) -> None:
    held = Held(NOON - timedelta(days=1), kind)
    assert f"hold:{kind}" in rules_broken(CHINA, held, reminder(NOON))
    assert not rules_broken(CHINA, held, Lifted(NOON - timedelta(hours=1), kind), reminder(NOON))
    assert not rules_broken(CHINA, replace(held, until=NOON), reminder(NOON))


def test_after_an_opt_out_nothing_leaves_but_one_confirmation_within_five_minutes() -> None:
    stop = Wrote(NOON, opted_out=True)
    confirmed = Sent(NOON + timedelta(minutes=5), "opt_out_confirmation", "stopped")
    assert not rules_broken(CHINA, stop, confirmed)
    assert "confirmation" in rules_broken(CHINA, stop, replace(confirmed, at=NOON + timedelta(minutes=6)))
    assert "confirmation" in rules_broken(CHINA, stop, confirmed, Wrote(confirmed.at), confirmed)
    assert "confirmation" in rules_broken(CHINA, Wrote(NOON), confirmed)
    later = NOON + timedelta(days=1)
    for purpose in ("reminder", "promise_reminder", "reply", "agent", "notice", "safety"):
        assert "number-stopped:opt_out" in rules_broken(CHINA, stop, confirmed, Sent(later, purpose, "1200"))
    assert not rules_broken(CHINA, stop, confirmed, Allowed(later), reminder(later))


def test_help_reaches_whoever_despairs_and_refuses_texts_in_one_breath_and_nobody_later() -> None:
    stop, help_ = Wrote(NOON, opted_out=True), Sent(NOON, "safety", "help")
    assert not rules_broken(CHINA, stop, help_)
    assert "number-stopped:opt_out" in rules_broken(
        CHINA, stop, Wrote(NOON + timedelta(days=1)), replace(help_, at=NOON + timedelta(days=1))
    )


@pytest.mark.parametrize("reason", ["wrong_number", "number_dead"])
def test_a_stopped_number_gets_nothing_at_all(reason: str) -> None:
    for purpose in ("reminder", "reply", "opt_out_confirmation", "safety"):
        found = rules_broken(CHINA, Stopped(NOON, reason), Sent(NOON, purpose, "1200"))
        assert f"number-stopped:{reason}" in found


def test_a_reply_is_answered_once() -> None:
    answer = Sent(NOON, "reply", "yes")
    assert not rules_broken(CHINA, Wrote(NOON), answer)
    assert rules_broken(CHINA, answer) == {"one-text-a-reply"}
    assert rules_broken(CHINA, Wrote(NOON), answer, answer) == {"one-text-a-reply"}


def test_the_bot_is_silent_while_a_person_answers() -> None:
    taken = TakenOver(NOON - timedelta(hours=1), by_agent=True)
    assert rules_broken(CHINA, taken, reminder(NOON)) == {"agent-owns"}
    assert not rules_broken(CHINA, taken, Sent(NOON, "agent", "hello", by_agent=True))
    assert not rules_broken(CHINA, taken, Sent(NOON, "reply", "we can offer", by_agent=True))
    assert not rules_broken(CHINA, taken, replace(taken, by_agent=False), reminder(NOON))


def test_a_promise_stops_reminders_and_has_its_own_on_the_day_and_the_day_before() -> None:
    promised = Promised(NOON - timedelta(days=1), (date(2026, 11, 26),))
    assert rules_broken(CHINA, promised, reminder(NOON)) == {"promise-open"}
    right = Sent(at("2026-11-25T10:00"), "promise_reminder", "tomorrow")
    assert not rules_broken(CHINA, promised, right)
    assert rules_broken(CHINA, promised, right, replace(right, at=NOON + timedelta(days=1))) == {"promise-reminder"}
    for wrong in (NOON, NOON + timedelta(days=3)):
        assert rules_broken(CHINA, promised, replace(right, at=wrong)) == {"promise-reminder"}
    assert rules_broken(CHINA, right) == {"promise-reminder"}


def test_nothing_is_asked_for_after_settlement_and_no_other_sum_than_the_ledgers() -> None:
    assert rules_broken(CHINA, Owes(NOON, {1: Decimal(0)}), reminder(NOON)) == {"nothing-due"}
    assert rules_broken(CHINA, Owes(NOON, {1: Decimal("700.50")}), reminder(NOON)) == {"ledger"}
    assert not rules_broken(CHINA, Owes(NOON, {1: Decimal("1700.50")}), reminder(NOON, "¥1,700.50 is due"))


def test_what_it_does_not_know_it_does_not_judge() -> None:
    for entry in (Held(NOON, "siesta"), Sent(NOON, "small_talk", "hello")):
        with pytest.raises(CannotJudge, match="cannot judge"):
            check(CHINA, [entry], POLICY)
    with pytest.raises(CannotJudge, match="back in time"):
        check(CHINA, [reminder(NOON), Wrote(NOON - timedelta(days=1))], POLICY)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("contact/cn.yml", "kind: number_source", "kind: moon_phase", "cannot judge rule kind 'moon_phase'"),
        ("contact/cn.yml", "kind: number_source,", "kind: number_source, carrier: any,", "cannot judge carrier"),
        ("contact/bank.yml", "cannot_wait: [", "cannot_wait: [birthday, ", "cannot judge the purpose birthday"),
        ("contact/uk.yml", "holidays: GB", "holidays: GB\nuntil: 2027", "cannot judge until"),
        ("holds.yml", "{lasts: 30 days,", "{lasts: 30 days, softly: true,", "cannot judge softly"),
        ("holds.yml", "stops: [reminder]", "stops: [reminder, visit]", "cannot judge the purpose visit"),
    ],
)
def test_a_policy_that_says_more_than_it_knows_stops_it(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    root = Path(shutil.copytree(dialogues.ROOT, tmp_path / "dialogues"))
    path = root / "policies" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CannotJudge, match=said):
        Policy(root)


def test_a_missing_or_broken_file_stops_it(tmp_path: Path) -> None:
    root = Path(shutil.copytree(dialogues.ROOT, tmp_path / "dialogues"))
    (root / "policies/holds.yml").write_text("a: [", encoding="utf-8")
    with pytest.raises(CannotJudge, match=r"holds\.yml"):
        Policy(root)
    (root / "policies/contact/default.yml").unlink()
    with pytest.raises(CannotJudge, match=r"default\.yml is missing"):
        Policy(root)
