"""When may we text: the next moment named is itself lawful and the earliest, on every clock and over every change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import dialogues
from bot.checker.policy import day_kind
from bot.core.calendar import Holidays
from bot.core.case import (
    Account,
    Case,
    Consent,
    Contact,
    ContactChannel,
    CreditorRole,
    Hold,
    HoldKind,
    NumberSource,
    Preference,
    Product,
)
from bot.core.contact import ContactRules, in_force, may_contact, may_text, open_until, opt_out_reaches_all, outlook
from bot.core.decision import COUNTED, Purpose
from bot.core.kinds import Cap, Head, Hours, NeedsConsent, Rule
from bot.core.service import Service
from bot.dialogues.contact import load_holidays
from tests.core import worlds as w

RULES = dialogues.load().rules
EVERY_DAY = frozenset(range(7))
NIGHT = datetime(2026, 11, 22, 18, 40, tzinfo=UTC)  # 02:40 in Shanghai
CANNOT_WAIT = frozenset({Purpose.SAFETY, Purpose.OPT_OUT_CONFIRMATION})
DUE = (Account(1, Product.PERSONAL_LOAN, Decimal(900), Decimal(900), None, w.TODAY),)
KNOWN = Case(customer_id=1, accounts=DUE)


def rules(*found: Rule) -> ContactRules:
    """Contact rules with nothing but these."""
    return ContactRules("test", "1", in_force(found), Holidays(), CANNOT_WAIT, {}, timedelta(hours=24))


def daytime(opens: time = time(9), closes: time = time(20), days: frozenset[int] = EVERY_DAY, id: str = "DAY") -> Hours:
    """Open from nine to eight."""
    return Hours(Head(id), tuple((opens, closes) if day in days else None for day in range(7)))


def cap(limit: int, days: int, **fields: object) -> Cap:
    """A cap on all texts that count."""
    return Cap(Head(f"CAP-{limit}-{days}", purposes=frozenset(COUNTED)), limit, days, frozenset(COUNTED), **fields)  # type: ignore[arg-type]


hours_rules = st.builds(
    daytime,
    st.sampled_from((time(0), time(1, 30), time(8), time(9))),
    st.sampled_from((time(2, 30), time(12), time(20), time(22))),
    st.sampled_from((EVERY_DAY, frozenset(range(5)), frozenset({6}))),
    st.sampled_from(("A", "B")),
).filter(lambda rule: all(span is None or span[0] < span[1] for span in rule.week))
cap_rules = st.builds(cap, st.integers(1, 3), st.sampled_from((1, 2, 7, 30)))
packs = st.lists(st.one_of(hours_rules, cap_rules), min_size=1, max_size=4)


@w.quick
@given(st.data(), w.cases(known=True, reachable=True), st.sampled_from(Purpose), w.moments)
def test_the_next_moment_named_is_itself_allowed_and_lies_ahead(
    data: st.DataObject, case: Case, purpose: Purpose, now: datetime
) -> None:
    holds = tuple(Hold(hold.kind, now + timedelta(hours=30)) for hold in case.holds)
    case = replace(case, contacts=data.draw(w.histories(now)), holds=holds)
    pack = RULES.contact_for(case)
    verdict = may_text(case, purpose, pack, now)
    assert verdict.allowed == (verdict.rule == "")
    assert verdict.allowed or verdict.reason
    if verdict.next_at is not None:
        assert verdict.next_at > now
        over = tuple(hold for hold in holds if hold.until is not None and hold.until > verdict.next_at)
        assert may_text(replace(case, holds=over), purpose, pack, verdict.next_at).allowed


@w.quick
@given(packs, w.zone_sets, w.moments, st.data())
def test_nothing_before_the_next_moment_named_is_allowed(
    found: list[Rule], zones: tuple[str, ...], now: datetime, data: st.DataObject
) -> None:
    now = now.replace(second=0, microsecond=0, minute=now.minute // 15 * 15)
    case, pack = replace(KNOWN, zones=zones, contacts=data.draw(w.histories(now))), rules(*found)
    verdict = may_text(case, Purpose.REMINDER, pack, now)
    end = verdict.next_at or now + timedelta(days=8)
    if not verdict.allowed:
        steps = min(int((end - now) / timedelta(minutes=15)) - (verdict.next_at is not None), 24 * 4 * 8)
        for step in range(0, steps, 3):
            assert not may_text(case, Purpose.REMINDER, pack, now + step * timedelta(minutes=15)).allowed


@w.quick
@given(packs, packs, w.cases(), st.sampled_from(Purpose), w.moments, st.data())
def test_a_rule_more_never_allows_what_was_forbidden(
    some: list[Rule], more: list[Rule], case: Case, purpose: Purpose, now: datetime, data: st.DataObject
) -> None:
    case = replace(case, contacts=data.draw(w.histories(now)))
    before, after = (may_text(case, purpose, rules(*pack), now) for pack in (some, some + more))
    assert before.allowed or not after.allowed
    if after.next_at is not None and not before.allowed and before.next_at is not None:
        assert after.next_at >= before.next_at


@w.quick
@given(w.cases(), st.sampled_from(Purpose), w.moments, st.data())
def test_a_place_only_ever_adds_to_its_jurisdiction_and_everything_holds_where_it_is_unknown(
    case: Case, purpose: Purpose, now: datetime, data: st.DataObject
) -> None:
    case = replace(case, contacts=data.draw(w.histories(now)))
    for place in ("us-ma", "us-nyc", "ca-on", "ca-qc"):
        base = place.partition("-")[0]
        allowed = [may_text(case, purpose, RULES.contact[name], now).allowed for name in (base, place, f"{base}-*")]
        assert allowed == sorted(allowed, reverse=True)


@pytest.mark.parametrize("jurisdiction", ["cn", "us", "uk", "au", "ca", "in", "nowhere"])
@w.few
@given(w.cases(preference=None), w.moments, st.data())
def test_caps_hold_however_the_texts_and_the_calls_came(
    jurisdiction: str, case: Case, now: datetime, data: st.DataObject
) -> None:
    """Whatever is allowed is sent at once; counted by hand, no cap is ever exceeded."""
    case = replace(case, jurisdiction=jurisdiction, holds=(), accounts=DUE, known=True, reachable=True)
    pack = RULES.contact_for(case)
    assert pack is not None
    for hours in data.draw(st.lists(st.integers(0, 30), min_size=10, max_size=40)):
        now += timedelta(hours=hours)
        if may_text(case, Purpose.REMINDER, pack, now).allowed:
            case = replace(case, contacts=(*case.contacts, Contact(now, accounts=(1,))))
    texts = [contact.at for contact in case.contacts]
    for rule in pack.on(now.date()):
        if isinstance(rule, Cap) and ContactChannel.SMS in rule.head.channels and rule.days > 1:
            length = timedelta(days=rule.days)
            assert all(sum(at - length < other <= at for other in texts) <= rule.limit for at in texts), rule.head.id
    for zone in case.zones:
        days = [at.astimezone(ZoneInfo(zone)).date() for at in texts]
        assert len(days) == len(set(days))


@pytest.mark.parametrize("zone", w.ZONES)
@w.few
@given(w.moments)
def test_what_is_allowed_is_within_hours_on_the_customers_clock(zone: str, now: datetime) -> None:
    case = replace(KNOWN, zones=(zone,))
    for jurisdiction, opens, closes in (("cn", 9, 20), ("us", 9, 20), ("nowhere", 9, 19)):
        pack = RULES.contact_for(replace(case, jurisdiction=jurisdiction, place="us-ca"))
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
    case = replace(KNOWN, zones=(zone,))
    pack = rules(daytime(time(1, 30), time(2, 30)))
    start = datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)
    allowed, named = [], []
    for minute in range(25 * 60):
        at = start + timedelta(minutes=minute)
        wall = at.astimezone(ZoneInfo(zone)).time()
        verdict = may_text(case, Purpose.REMINDER, pack, at)
        assert verdict.allowed == (time(1, 30) <= wall < time(2, 30)), wall
        if verdict.allowed:
            allowed.append(at)
        elif verdict.next_at is not None:
            assert may_text(case, Purpose.REMINDER, pack, verdict.next_at).allowed
            named.append((at, verdict.next_at))
    for at, next_at in named:
        assert next_at == min((moment for moment in allowed if moment > at), default=next_at)


@w.quick
@given(w.zone_sets, w.moments)
def test_with_two_likely_zones_both_must_be_awake(zones: tuple[str, ...], now: datetime) -> None:
    pack = rules(daytime())
    verdict = may_text(replace(KNOWN, zones=zones), Purpose.REPLY, pack, now)
    awake = all(9 <= now.astimezone(ZoneInfo(zone)).hour < 20 for zone in zones)
    assert verdict.allowed == awake
    if verdict.next_at is not None:
        assert all(9 <= verdict.next_at.astimezone(ZoneInfo(zone)).hour < 20 for zone in zones)


def test_zones_that_are_never_awake_together_have_no_lawful_moment() -> None:
    case = replace(KNOWN, zones=("Asia/Shanghai", "America/New_York"))
    verdict = may_text(case, Purpose.REMINDER, rules(daytime()), NIGHT)
    assert (verdict.allowed, verdict.next_at) == (False, None)


@pytest.mark.parametrize("zones", [(), ("Mars/Olympus",), ("Asia/Shanghai", "Nowhere/Land")])
def test_an_unknown_zone_stops_every_text_but_the_two_that_cannot_wait(zones: tuple[str, ...]) -> None:
    case, pack = replace(KNOWN, zones=zones), rules(daytime())
    allowed = {purpose for purpose in Purpose if zones and may_text(case, purpose, pack, w.NOW).allowed}
    assert allowed == (CANNOT_WAIT if zones else set())


def test_without_contact_rules_or_before_any_are_in_force_nothing_may_leave() -> None:
    assert not any(may_text(KNOWN, purpose, None, w.NOW).allowed for purpose in Purpose)
    old = datetime(1999, 5, 5, 3, 0, tzinfo=UTC)
    verdict = may_text(KNOWN, Purpose.REMINDER, RULES.contact["cn"], old)
    assert (verdict.rule, verdict.next_at) == ("no-rules", None)


def test_a_jurisdiction_without_a_pack_is_treated_by_the_strictest_one() -> None:
    sunday = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    assert may_text(KNOWN, Purpose.REMINDER, RULES.contact_for(KNOWN), sunday).allowed
    strict = RULES.contact_for(replace(KNOWN, jurisdiction="nowhere"))
    verdict = may_text(KNOWN, Purpose.REMINDER, strict, sunday)
    assert (verdict.rule, verdict.next_at) == ("DEFAULT-TIME", datetime(2026, 11, 23, 1, 0, tzinfo=UTC))


def test_a_place_that_nobody_knows_falls_under_all_places_of_its_jurisdiction() -> None:
    def pack(jurisdiction: str, place: str) -> str:
        found = RULES.contact_for(replace(KNOWN, jurisdiction=jurisdiction, place=place))
        return found.jurisdiction if found else ""

    assert [pack("us", place) for place in ("", "us-mars", "us-ma", "us-ca", "ca-on")] == [
        "us-*", "us-*", "us-ma", "us", "us-*",
    ]  # fmt: skip
    assert (pack("ca", "ca-qc"), pack("ca", "ca-bc"), pack("uk", "uk-eng"), pack("uk", "")) == (
        "ca-qc",
        "ca",
        "uk",
        "uk",
    )


def test_at_night_an_answer_waits_until_the_bank_opens() -> None:
    verdict = may_text(KNOWN, Purpose.REPLY, RULES.contact["cn"], NIGHT)
    assert (verdict.rule, verdict.next_at) == ("BANK-HOURS", datetime(2026, 11, 23, 1, 0, tzinfo=UTC))


@pytest.mark.parametrize("purpose", sorted(CANNOT_WAIT))
def test_at_night_only_safety_and_the_confirmation_of_an_opt_out_go_at_once(purpose: Purpose) -> None:
    assert may_text(KNOWN, purpose, RULES.contact["cn"], NIGHT).allowed
    assert open_until(KNOWN, purpose, RULES.contact["cn"], NIGHT) is None


def test_a_text_must_not_wait_at_the_gateway_beyond_closing_time() -> None:
    closes = open_until(KNOWN, Purpose.REPLY, RULES.contact["cn"], w.NOW)
    assert closes == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    early = replace(KNOWN, preference=Preference(closes=time(15)))
    assert open_until(early, Purpose.REMINDER, RULES.contact["cn"], w.NOW) == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def test_on_a_holiday_on_which_it_is_closed_the_next_day_is_named() -> None:
    off = Holidays("test", frozenset({w.TODAY, w.TODAY + timedelta(days=1)}))
    pack = rules(replace(daytime(), closed_on_holidays=True, holidays=off))
    verdict = may_text(KNOWN, Purpose.REMINDER, pack, w.NOW)
    assert verdict.next_at == datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


def test_golden_week_is_over_on_the_saturday_that_china_works() -> None:
    pack, holiday = RULES.contact["cn"], datetime(2026, 10, 5, 2, 0, tzinfo=UTC)
    verdict = may_text(KNOWN, Purpose.REMINDER, pack, holiday)
    assert (verdict.rule, verdict.next_at) == ("CN-HOLIDAY", datetime(2026, 10, 8, 1, 0, tzinfo=UTC))
    assert may_text(KNOWN, Purpose.REPLY, pack, holiday).allowed
    nine = datetime(2026, 10, 10, 1, 0, tzinfo=UTC)
    assert may_text(KNOWN, Purpose.REMINDER, pack, nine).allowed  # a Saturday that is worked opens at nine
    assert not may_text(KNOWN, Purpose.REMINDER, pack, nine + timedelta(days=7)).allowed  # another one at ten


def test_the_weekend_within_golden_week_is_part_of_it() -> None:
    pack = RULES.contact["cn"]
    for sunday in (datetime(2026, 10, 4, 4, 0, tzinfo=UTC), datetime(2026, 2, 22, 4, 0, tzinfo=UTC)):
        verdict = may_text(KNOWN, Purpose.REMINDER, pack, sunday)
        assert not verdict.allowed and verdict.rule == "CN-HOLIDAY"
        assert may_text(KNOWN, Purpose.REPLY, pack, sunday).allowed
    thursday, tuesday = datetime(2026, 10, 8, 1, 0, tzinfo=UTC), datetime(2026, 2, 24, 1, 0, tzinfo=UTC)
    assert may_text(KNOWN, Purpose.REMINDER, pack, datetime(2026, 10, 4, 4, 0, tzinfo=UTC)).next_at == thursday
    assert may_text(KNOWN, Purpose.REMINDER, pack, datetime(2026, 2, 21, 4, 0, tzinfo=UTC)).next_at == tuesday
    beside = datetime(2026, 9, 27, 4, 0, tzinfo=UTC)  # the Sunday after Mid-Autumn, a Friday: an ordinary weekend
    assert may_text(KNOWN, Purpose.REMINDER, pack, beside).allowed


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.sampled_from(["cn", "au", "ca-on"]))
def test_a_day_is_off_for_reminders_exactly_where_it_is_for_clocks(day: date, where: str) -> None:
    name = {"cn": "CN", "au": "AU", "ca-on": "CA-ON"}[where]
    calendar, open_ = load_holidays("test", name), (time(9), time(17))
    hours = replace(daytime(), week=(open_,) * 7, closed_on_holidays=True, on_holidays=None, holidays=calendar)
    clock = Service((open_,) * 7, timedelta(minutes=30), 0.75, calendar)
    assert (hours.span(day) is None) == (clock.span(day) is None) == (day_kind(name, day) == "off")


def test_the_second_reminder_of_a_day_waits_for_the_customers_next_day() -> None:
    case = replace(KNOWN, contacts=(Contact(w.NOW - timedelta(minutes=30)),))
    verdict = may_text(case, Purpose.REMINDER, RULES.contact["cn"], w.NOW)
    assert (verdict.rule, verdict.next_at) == ("BANK-1-DAY", datetime(2026, 11, 24, 1, 0, tzinfo=UTC))
    assert may_text(case, Purpose.REPLY, RULES.contact["cn"], w.NOW).allowed


def test_a_rolling_cap_has_room_again_when_the_oldest_text_falls_out_of_it() -> None:
    contacts = tuple(Contact(w.NOW - timedelta(days=days)) for days in (6, 4, 2))
    verdict = may_text(replace(KNOWN, contacts=contacts), Purpose.REMINDER, RULES.contact["cn"], w.NOW)
    assert (verdict.rule, verdict.next_at) == ("BANK-3-WEEK", w.NOW + timedelta(days=1))


def test_calls_and_visits_count_where_a_rule_says_so_and_only_on_their_debt() -> None:
    calls = tuple(Contact(w.NOW - timedelta(days=days), ContactChannel.CALL, "", (2,)) for days in (5, 3))
    other = Account(2, Product.CREDIT_CARD, Decimal(10), Decimal(10), None, w.TODAY)
    in_boston = replace(KNOWN, jurisdiction="us", place="us-ma", zones=("America/New_York",), contacts=calls)
    noon, pack = datetime(2026, 11, 23, 17, 0, tzinfo=UTC), RULES.contact["us-ma"]
    assert may_text(in_boston, Purpose.REMINDER, pack, noon).allowed
    both = replace(in_boston, accounts=(*DUE, other))
    assert may_text(both, Purpose.REMINDER, pack, noon).rule == "US-MA-2-WEEK"
    unknown = replace(in_boston, contacts=tuple(replace(call, accounts=()) for call in calls))
    assert may_text(unknown, Purpose.REMINDER, pack, noon).rule == "US-MA-2-WEEK"


def test_an_agent_answers_freely_within_a_conversation_and_counts_outside_it() -> None:
    contacts = (Contact(w.NOW - timedelta(hours=1)),)
    silent = replace(KNOWN, contacts=contacts)
    assert may_text(silent, Purpose.AGENT, RULES.contact["cn"], w.NOW).rule == "BANK-1-DAY"
    wrote = replace(silent, opened_at=w.NOW - timedelta(minutes=5))
    assert may_text(wrote, Purpose.AGENT, RULES.contact["cn"], w.NOW).allowed


def test_the_seventh_call_of_a_day_is_one_too_many_in_china() -> None:
    pack = RULES.contact["cn"]
    calls = tuple(Contact(w.NOW - timedelta(minutes=m), ContactChannel.CALL, "", reached=False) for m in range(6))
    called = replace(KNOWN, contacts=calls)
    assert may_contact(called, Purpose.AGENT, pack, w.NOW, ContactChannel.CALL).rule == "CN-CALL"
    assert may_contact(replace(called, contacts=calls[1:]), Purpose.AGENT, pack, w.NOW, ContactChannel.CALL).allowed


def test_wished_hours_bind_what_we_begin_and_not_the_answer_to_what_was_just_written() -> None:
    wish = replace(KNOWN, preference=Preference(opens=time(18)), opened_at=w.NOW - timedelta(minutes=1))
    verdict = may_text(wish, Purpose.REMINDER, RULES.contact["cn"], w.NOW)
    assert (verdict.rule, verdict.next_at) == ("preference", datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
    assert may_text(wish, Purpose.REPLY, RULES.contact["cn"], w.NOW).allowed
    assert may_text(wish, Purpose.AGENT, RULES.contact["cn"], w.NOW).allowed


def test_consent_opens_the_night_of_the_law_and_not_that_of_the_bank() -> None:
    late = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)  # 22:30
    hours = Hours(Head("NIGHT"), ((time(8), time(22)),) * 7, unless=Consent.NIGHT_CONTACT)
    agreed = replace(KNOWN, consents=frozenset({Consent.NIGHT_CONTACT}))
    assert not may_text(KNOWN, Purpose.REMINDER, rules(hours), late).allowed
    assert may_text(agreed, Purpose.REMINDER, rules(hours), late).allowed
    assert may_text(agreed, Purpose.REPLY, RULES.contact["cn"], late).rule == "BANK-HOURS"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, ""),
        ({"number_source": NumberSource.UNKNOWN}, "BANK-SOURCE"),
        ({"jurisdiction": "cn", "number_source": NumberSource.UNKNOWN}, "CN-INFO"),
        ({"place": "us-nyc"}, "US-NYC-CONSENT"),
        ({"place": ""}, "US-NYC-CONSENT"),
        ({"place": "us-nyc", "consents": frozenset({Consent.ELECTRONIC_CONTACT})}, ""),
        ({"creditor_role": CreditorRole.THIRD_PARTY}, "US-60D"),
        ({"creditor_role": CreditorRole.THIRD_PARTY, "number_verified_on": w.TODAY - timedelta(days=9)}, "US-VAL"),
        ({"creditor_role": CreditorRole.THIRD_PARTY, "opened_at": w.NOW - timedelta(days=9)}, "US-VAL"),
        ({"creditor_role": CreditorRole.THIRD_PARTY, "number_verified_on": w.TODAY, "notice_on": w.TODAY}, ""),
        ({"accounts": (replace(DUE[0], time_barred=True),)}, "TIME-BARRED"),
        ({"preference": Preference(blocked=frozenset({ContactChannel.SMS}))}, "preference"),
        ({"preference": Preference(opens=time(18))}, "preference"),
        ({"preference": Preference(weekdays=frozenset({6}))}, "preference"),
    ],
)
def test_a_fact_that_is_missing_or_against_it_stops_a_reminder(changes: dict[str, object], rule: str) -> None:
    noon = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    case = replace(KNOWN, **{"jurisdiction": "us", "place": "us-ca", "zones": ("America/New_York",), **changes})  # type: ignore[arg-type]
    if case.jurisdiction == "cn":
        case = replace(case, zones=("Europe/London",))
    verdict = may_text(case, Purpose.REMINDER, RULES.contact_for(case), noon)
    assert verdict.rule == rule


def test_a_third_partys_text_needs_the_words_of_the_law() -> None:
    noon = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    case = replace(
        KNOWN, jurisdiction="us", place="us-ca", zones=("America/New_York",), language="en",
        creditor_role=CreditorRole.THIRD_PARTY, number_verified_on=w.TODAY, notice_on=w.TODAY,
    )  # fmt: skip
    pack = RULES.contact_for(case)

    def rule(text: str) -> str:
        return may_text(case, Purpose.REMINDER, pack, noon, text).rule

    assert rule("Please pay.") == "US-OPTNOTE"
    assert rule("Please pay. Reply STOP to opt out.") == "US-MM"
    assert rule("This is from a debt collector. Please pay. Reply STOP to opt out.") == ""


def test_a_rule_holds_from_its_day_and_until_its_last() -> None:
    dated = NeedsConsent(Head("DATED", since=w.TODAY, until=w.TODAY + timedelta(days=2)), Consent.ELECTRONIC_CONTACT)
    pack = rules(daytime(time(0), time.max), dated)
    assert may_text(KNOWN, Purpose.REMINDER, pack, w.NOW - timedelta(days=1)).allowed
    verdict = may_text(KNOWN, Purpose.REMINDER, pack, w.NOW)
    assert (verdict.rule, verdict.next_at) == ("DATED", datetime(2026, 11, 25, 16, 0, tzinfo=UTC))
    assert may_text(KNOWN, Purpose.REMINDER, pack, w.NOW + timedelta(days=3)).allowed


def test_from_its_day_on_an_opt_out_in_the_us_reaches_all_senders() -> None:
    pack = RULES.contact["us"]
    assert not opt_out_reaches_all(KNOWN, pack, datetime(2027, 1, 30, 5, 0, tzinfo=UTC))
    assert opt_out_reaches_all(KNOWN, pack, datetime(2027, 1, 31, 5, 0, tzinfo=UTC))
    assert opt_out_reaches_all(KNOWN, None, w.NOW)


def test_the_six_days_after_the_letter_run_on_the_customers_calendar() -> None:
    noon = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    case = replace(
        KNOWN, jurisdiction="ca", place="ca-on", zones=("America/Toronto",), creditor_role=CreditorRole.SERVICER,
        notice_on=date(2026, 11, 20),
    )  # fmt: skip
    verdict = may_text(case, Purpose.REMINDER, RULES.contact_for(case), noon)
    assert (verdict.rule, verdict.next_at) == ("CA-ON-LETTER", datetime(2026, 11, 26, 14, 0, tzinfo=UTC))


def test_the_rule_that_forbids_longest_is_named_and_a_hold_before_all() -> None:
    pack = rules(daytime(id="SHORT"), cap(1, 7))
    case = replace(KNOWN, contacts=(Contact(NIGHT - timedelta(days=1)),))
    verdict = may_text(case, Purpose.REMINDER, pack, NIGHT)
    assert (verdict.rule, verdict.next_at) == ("CAP-1-7", datetime(2026, 11, 29, 1, 0, tzinfo=UTC))
    held = replace(case, holds=(Hold(HoldKind.DISPUTE),))
    verdict = may_text(held, Purpose.REMINDER, RULES.contact["cn"], NIGHT)
    assert (verdict.rule, verdict.next_at, verdict.is_hold) == ("hold:dispute", None, True)


def test_the_console_sees_the_next_moment_and_what_is_left_today() -> None:
    pack = RULES.contact["cn"]
    fresh = outlook(KNOWN, pack, w.NOW)
    assert (fresh.next_at, fresh.left_today) == (w.NOW, 1)
    texted = outlook(replace(KNOWN, contacts=(Contact(w.NOW),)), pack, w.NOW)
    assert (texted.next_at, texted.left_today) == (datetime(2026, 11, 24, 1, 0, tzinfo=UTC), 0)
    assert {use.id: (use.used, use.left) for use in texted.caps}["BANK-3-WEEK"] == (1, 2)
    assert outlook(KNOWN, None, w.NOW).left_today == 0


@pytest.mark.parametrize("kind", HoldKind)
def test_every_hold_stops_reminders(kind: HoldKind) -> None:
    verdict = may_text(replace(KNOWN, holds=(Hold(kind),)), Purpose.REMINDER, RULES.contact["cn"], w.NOW)
    assert verdict.is_hold and not verdict.allowed


def test_a_stopped_number_gets_only_the_two_texts_that_cannot_wait_and_a_strangers_not_even_those() -> None:
    stopped = replace(KNOWN, reachable=False)
    pack = RULES.contact["cn"]
    allowed = {p for p in Purpose if may_text(stopped, p, pack, w.NOW).allowed}
    assert allowed == {Purpose.OPT_OUT_CONFIRMATION, Purpose.SAFETY}
    assert not any(may_text(replace(stopped, known=False), p, pack, w.NOW).allowed for p in Purpose)
