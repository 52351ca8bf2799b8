"""What the bank knows of a customer beside the ledger: imported, refused where it is wrong, and in the case."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import insert, update

from bot import dialogues
from bot.core.case import Consent, Contact, ContactChannel, CreditorRole, NumberSource, Preference
from bot.intake import PORTFOLIO, Defaults, take
from bot.store import cases
from bot.store.session import Database

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)
STRATEGY = dialogues.load().rules.strategy
ROW = {
    "customer": "C1", "name": "Ann", "phone": "+14155550123", "account": "A1", "product": "personal_loan",
    "balance": "1200.00", "amount_due": "1200.00", "due_date": "2026-10-20", "jurisdiction": "us",
    "zone": "America/New_York", "place": "us-NYC", "creditor_role": "third_party", "number_source": "contract",
    "number_verified": "2026-11-01", "consents": "electronic_contact night_contact", "notice_date": "2026-11-02",
    "time_barred": "yes",
}  # fmt: skip


async def test_facts_reach_the_case_and_a_later_file_replaces_them(database: Database) -> None:
    report = await take(database, PORTFOLIO, iter([(1, ROW)]), Defaults(), STRATEGY, NOW)
    assert (report.created, report.problems) == (1, [])
    async with database.read() as connection:
        [file] = (await cases.load(connection, [1], NOW)).values()
    case = file.case
    assert (case.place, case.creditor_role, case.number_source) == (
        "us-nyc", CreditorRole.THIRD_PARTY, NumberSource.CONTRACT,
    )  # fmt: skip
    assert (case.number_verified_on, case.notice_on) == (date(2026, 11, 1), date(2026, 11, 2))
    assert case.consents == frozenset(Consent) and case.time_barred and not case.number_reserved
    less = {**ROW, "consents": "", "number_source": "", "time_barred": "no"}
    await take(database, PORTFOLIO, iter([(1, less)]), Defaults(), STRATEGY, NOW)
    async with database.read() as connection:
        case = (await cases.load(connection, [1], NOW))[1].case
    assert (case.consents, case.number_reserved, case.time_barred) == (frozenset(), True, False)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("place", "ca-on", "no place within us"),
        ("place", "us-", "no place within us"),
        ("creditor_role", "friend", "first_party, third_party, servicer"),
        ("number_source", "bought", "'bought' is unknown"),
        ("number_verified", "yesterday", "no day"),
        ("consents", "everything", "'everything' is unknown"),
        ("notice_date", "2026-13-01", "no day"),
        ("time_barred", "maybe", "yes or no"),
    ],
)
async def test_a_wrong_fact_is_refused_with_its_column(database: Database, column: str, value: str, words: str) -> None:
    report = await take(database, PORTFOLIO, iter([(1, {**ROW, column: value})]), Defaults(), STRATEGY, NOW)
    [problem] = report.problems
    assert (problem.line, problem.column) == (1, column) and words in problem.problem


async def test_noted_calls_and_the_customers_own_ways_are_part_of_the_case(database: Database) -> None:
    await take(database, PORTFOLIO, iter([(1, ROW)]), Defaults(), STRATEGY, NOW)
    wish = Preference(time(18), time(20, 30), frozenset({5, 6}), frozenset({ContactChannel.CALL}))
    calls = [
        {"customer_id": 1, "channel": "call", "at": NOW - timedelta(days=ago), "accounts": "1 7", "reached": False,
         "answers": False, "noted_by": "li"}
        for ago in (2, 40, 9)
    ]  # fmt: skip
    async with database.write() as connection:
        await connection.execute(insert(cases.contact), calls)
        ways = {"preference": cases.write_preference(wish), "payday": 15, "annoyed_at": NOW}
        await connection.execute(update(cases.case_file).values(ways))
    async with database.read() as connection:
        case = (await cases.load(connection, [1], NOW))[1].case
    assert case.contacts == tuple(
        Contact(NOW - timedelta(days=ago), ContactChannel.CALL, "", (1, 7), reached=False) for ago in (9, 2)
    )
    assert (case.preference, case.payday, case.annoyed_at) == (wish, 15, NOW)


@pytest.mark.parametrize(
    "wish", [None, Preference(), Preference(weekdays=frozenset()), Preference(blocked=frozenset(ContactChannel))]
)
def test_a_preference_is_read_as_it_was_written(wish: Preference | None) -> None:
    assert cases.read_preference(cases.write_preference(wish)) == wish
