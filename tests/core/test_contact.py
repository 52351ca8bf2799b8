"""When may we text: the next moment named is itself lawful, on every clock and over every clock change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import dialogues
from bot.core.case import Case, Hold, HoldKind
from bot.core.contact import Cap, ContactRules, Hours, may_text, open_until
from bot.core.decision import Purpose
from tests.core import worlds as w

RULES = dialogues.load().rules
EVERY_DAY = frozenset(range(7))
NIGHT = datetime(2026, 11, 22, 18, 40, tzinfo=UTC)  # 02:40 in Shanghai


def rules(*hours: Hours, caps: tuple[Cap, ...] = (), holidays: frozenset[date] = frozenset()) -> ContactRules:
    """Contact rules with nothing but these."""
    exempt = frozenset({Purpose.SAFETY, Purpose.OPT_OUT_CONFIRMATION})
    return ContactRules("test", "1", hours, caps, holidays, exempt, exempt | {Purpose.REPLY}, {})


def daytime(opens: time = time(9), closes: time = time(20), days: frozenset[int] = EVERY_DAY) -> Hours:
    """Open from nine to eight."""
    return Hours("DAY", opens, closes, days)


@w.quick
@given(w.cases(known=True, reachable=True), st.sampled_from(Purpose), w.moments, st.lists(st.integers(0, 40 * 24), max_size=12))  # fmt: skip  # noqa: E501
def test_the_next_moment_named_is_itself_allowed_and_lies_ahead(
    case: Case, purpose: Purpose, now: datetime, ago: list[int]
) -> None:
    contacts = tuple(sorted(now - timedelta(hours=hours) for hours in ago))
    case = replace(case, contacts=contacts, holds=())
    pack = RULES.contact_for(case)
    verdict = may_text(case, purpose, pack, now)
    assert verdict.allowed == (verdict.rule == "")
    if verdict.next_at is not None:
        assert verdict.next_at > now
        assert may_text(case, purpose, pack, verdict.next_at).allowed


@pytest.mark.parametrize("zone", w.ZONES)
@w.few
@given(w.moments)
def test_what_is_allowed_is_within_hours_on_the_customers_clock(zone: str, now: datetime) -> None:
    case = Case(customer_id=1, zones=(zone,))
    for jurisdiction, opens, closes in (("cn", 9, 20), ("us", 9, 20), ("nowhere", 9, 19)):
        pack = RULES.contact_for(replace(case, jurisdiction=jurisdiction))
        there = now.astimezone(ZoneInfo(zone))
        if may_text(case, Purpose.REMINDER, pack, now).allowed:
            assert opens <= there.hour < closes


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/New_York", date(2026, 3, 8)),
        ("America/New_York", date(2026, 11, 1)),
        ("Europe/London", date(2026, 10, 25)),
        ("Australia/Lord_Howe", date(2026, 10, 4)),
        ("America/Sao_Paulo", date(2018, 11, 4)),
    ],
)
def test_every_minute_of_a_day_on_which_clocks_change_is_judged_by_the_clock_on_the_wall(zone: str, day: date) -> None:
    case = Case(customer_id=1, zones=(zone,))
    pack = rules(Hours("EARLY", time(1, 30), time(2, 30), EVERY_DAY))
    start = datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)
    for minute in range(25 * 60):
        at = start + timedelta(minutes=minute)
        wall = at.astimezone(ZoneInfo(zone)).time()
        verdict = may_text(case, Purpose.REMINDER, pack, at)
        assert verdict.allowed == (time(1, 30) <= wall < time(2, 30)), wall
        if not verdict.allowed:
            assert verdict.next_at is not None and may_text(case, Purpose.REMINDER, pack, verdict.next_at).allowed


@w.quick
@given(w.zone_sets, w.moments)
def test_with_two_likely_zones_both_must_be_awake(zones: tuple[str, ...], now: datetime) -> None:
    pack = rules(daytime())
    verdict = may_text(Case(customer_id=1, zones=zones), Purpose.REPLY, pack, now)
    awake = all(9 <= now.astimezone(ZoneInfo(zone)).hour < 20 for zone in zones)
    assert verdict.allowed == awake
    if verdict.next_at is not None:
        assert all(9 <= verdict.next_at.astimezone(ZoneInfo(zone)).hour < 20 for zone in zones)


def test_zones_that_are_never_awake_together_have_no_lawful_moment() -> None:
    case = Case(customer_id=1, zones=("Asia/Shanghai", "America/New_York"))
    verdict = may_text(case, Purpose.REMINDER, rules(daytime()), NIGHT)
    assert (verdict.allowed, verdict.next_at) == (False, None)


@pytest.mark.parametrize("zones", [(), ("Mars/Olympus",), ("Asia/Shanghai", "Nowhere/Land")])
def test_an_unknown_zone_stops_every_text_but_the_two_that_cannot_wait(zones: tuple[str, ...]) -> None:
    case, pack = Case(customer_id=1, zones=zones), rules(daytime())
    allowed = {purpose for purpose in Purpose if may_text(case, purpose, pack, w.NOW).allowed}
    assert allowed == {Purpose.SAFETY, Purpose.OPT_OUT_CONFIRMATION}


def test_without_contact_rules_nothing_may_leave() -> None:
    assert not any(may_text(Case(customer_id=1), purpose, None, w.NOW).allowed for purpose in Purpose)


def test_a_jurisdiction_without_a_pack_is_treated_by_the_strictest_one() -> None:
    sunday = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    verdict = may_text(Case(customer_id=1), Purpose.REMINDER, RULES.contact_for(Case(customer_id=1)), sunday)
    assert verdict.allowed
    strict = RULES.contact_for(Case(customer_id=1, jurisdiction="nowhere"))
    verdict = may_text(Case(customer_id=1), Purpose.REMINDER, strict, sunday)
    assert (verdict.rule, verdict.next_at) == ("DEFAULT-TIME", datetime(2026, 11, 23, 1, 0, tzinfo=UTC))


def test_at_night_an_answer_waits_until_the_bank_opens() -> None:
    verdict = may_text(Case(customer_id=1), Purpose.REPLY, RULES.contact["cn"], NIGHT)
    assert (verdict.allowed, verdict.next_at) == (False, datetime(2026, 11, 23, 1, 0, tzinfo=UTC))


@pytest.mark.parametrize("purpose", [Purpose.SAFETY, Purpose.OPT_OUT_CONFIRMATION])
def test_at_night_only_safety_and_the_confirmation_of_an_opt_out_go_at_once(purpose: Purpose) -> None:
    assert may_text(Case(customer_id=1), purpose, RULES.contact["cn"], NIGHT).allowed
    assert open_until(Case(customer_id=1), purpose, RULES.contact["cn"], NIGHT) is None


def test_a_text_must_not_wait_at_the_gateway_beyond_closing_time() -> None:
    closes = open_until(Case(customer_id=1), Purpose.REPLY, RULES.contact["cn"], w.NOW)
    assert closes == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_on_a_holiday_on_which_it_is_closed_the_next_day_is_named() -> None:
    hours = replace(daytime(), on_holidays=False)
    pack = rules(hours, holidays=frozenset({w.TODAY, w.TODAY + timedelta(days=1)}))
    verdict = may_text(Case(customer_id=1), Purpose.REMINDER, pack, w.NOW)
    assert verdict.next_at == datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


def test_the_second_reminder_of_a_day_waits_for_the_customers_next_day() -> None:
    case = Case(customer_id=1, contacts=(w.NOW - timedelta(minutes=30),))
    verdict = may_text(case, Purpose.REMINDER, RULES.contact["cn"], w.NOW)
    assert (verdict.rule, verdict.next_at) == ("BANK-1-DAY", datetime(2026, 11, 24, 1, 0, tzinfo=UTC))
    assert may_text(case, Purpose.REPLY, RULES.contact["cn"], w.NOW).allowed


def test_a_rolling_cap_has_room_again_when_the_oldest_text_falls_out_of_it() -> None:
    contacts = tuple(w.NOW - timedelta(days=days) for days in (6, 4, 2))
    verdict = may_text(Case(customer_id=1, contacts=contacts), Purpose.REMINDER, RULES.contact["cn"], w.NOW)
    assert (verdict.rule, verdict.next_at) == ("BANK-3-WEEK", w.NOW + timedelta(days=1))


@pytest.mark.parametrize("kind", HoldKind)
def test_every_hold_stops_reminders(kind: HoldKind) -> None:
    verdict = may_text(Case(customer_id=1, holds=(Hold(kind),)), Purpose.REMINDER, RULES.contact["cn"], w.NOW)
    assert verdict.is_hold and not verdict.allowed


def test_a_stopped_number_gets_only_the_confirmation_and_a_strangers_not_even_that() -> None:
    stopped = Case(customer_id=1, reachable=False)
    pack = RULES.contact["cn"]
    assert [p for p in Purpose if may_text(stopped, p, pack, w.NOW).allowed] == [Purpose.OPT_OUT_CONFIRMATION]
    assert not any(may_text(replace(stopped, known=False), p, pack, w.NOW).allowed for p in Purpose)
