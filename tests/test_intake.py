"""Files from the bank: what is wrong is named by line and column, what is right is kept, a second run does nothing."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import update

from bot import intake
from bot.core.case import HoldKind, State, Timer
from bot.core.strategy import Strategy
from bot.dialogues import Content
from bot.intake import PAYMENTS, PORTFOLIO, Defaults, Intake, IntakeError, Report, read_csv, take, write_rejects
from bot.nlu.read import Reader
from bot.store import cases
from bot.store import tables as t
from bot.store.columns import keyring
from bot.store.session import Database
from bot.turn import turn
from tests.machine import Machine, machine

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)
PHONE, OTHER = "+8613800138000", "+8613900139000"
HEADER = "customer,name,phone,account,product,balance,amount_due,due_date"
ROW = "C1,王强,13800138000,A1,personal_loan,1200.00,1200.00,2026-10-20"
OPTIONAL = ",minimum_due,tail,language,zone,jurisdiction,currency"
agenda, payment, journal = t.Agenda.__table__, t.Payment.__table__, t.Journal.__table__  # type: ignore[attr-defined]


class Desk:
    """Takes files as the command does."""

    def __init__(self, database: Database, content: Content, tmp_path: Path):
        self.database, self.strategy, self.path = database, content.rules.strategy, tmp_path / "file.csv"

    async def in_force(self) -> Strategy:
        return self.strategy

    async def take(self, content: str | bytes, kind: Intake[Any] = PORTFOLIO, now: datetime = NOW) -> Report:
        """Take a file with this content."""
        self.path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return await take(self.database, kind, read_csv(self.path, kind), Defaults(), self.strategy, now)

    async def rows(self, table: Any) -> list[Any]:
        """Rows of a table."""
        async with self.database.read() as connection:
            return list(await connection.execute(table.select().order_by(*table.primary_key.columns)))


@pytest.fixture
def desk(database: Database, content: Content, tmp_path: Path) -> Desk:
    """A desk at an empty database."""
    return Desk(database, content, tmp_path)


def counts(report: Report) -> tuple[int, int, int, int]:
    """New, changed, unchanged, refused."""
    return report.created, report.updated, report.unchanged, len(report.problems)


BAD = [
    ("C1,王强,13800138000,A1,personal_loan,abc,1,2026-10-20", "balance", "no amount; write for example"),
    ('C1,王强,13800138000,A1,personal_loan,"500,50",1,2026-10-20', "balance", "no amount"),
    ("C1,王强,13800138000,A1,personal_loan,1e5,1,2026-10-20", "balance", "no amount"),
    ("C1,王强,13800138000,A1,personal_loan,NaN,1,2026-10-20", "balance", "no amount"),
    ("C1,王强,13800138000,A1,personal_loan,-5,1,2026-10-20", "balance", "out of range"),
    ("C1,王强,13800138000,A1,personal_loan,1.005,1,2026-10-20", "balance", "fractions of a cent"),
    ("C1,王强,13800138000,A1,personal_loan,9999999999999,1,2026-10-20", "balance", "out of range"),
    ("C1,王强,13800138000,A1,personal_loan,1200,1300,2026-10-20", "amount_due", "more than the balance"),
    ("C1,王强,13800138000,A1,personal_loan,1200,1200,2026/10/20", "due_date", "write YYYY-MM-DD"),
    ("C1,王强,13800138000,A1,personal_loan,1200,1200,2026-02-30", "due_date", "write YYYY-MM-DD"),
    ("C1,王强,13800138000,A1,personal_loan,1200,1200,1899-01-01", "due_date", "out of range"),
    ("C1,王强,hello,A1,personal_loan,1200,1200,2026-10-20", "phone", "no phone number"),
    ("C1,王强,12,A1,personal_loan,1200,1200,2026-10-20", "phone", "no phone number"),
    ("C1,王强,13800138000,A1,mortgage,1200,1200,2026-10-20", "product", "known are personal_loan"),
    ("C1,,13800138000,A1,personal_loan,1200,1200,2026-10-20", "name", "is empty"),
    (",王强,13800138000,A1,personal_loan,1200,1200,2026-10-20", "customer", "is empty"),
    ("C1,王\x00强,13800138000,A1,personal_loan,1200,1200,2026-10-20", "name", "control characters"),
    (f"C1,{'王' * 500_000},13800138000,A1,personal_loan,1200,1200,2026-10-20", "name", "longer than 100"),
    (f"{'C' * 65},王强,13800138000,A1,personal_loan,1200,1200,2026-10-20", "customer", "longer than 64"),
    ("C1,王强,13800138000,A1", "balance", "is empty"),
    (f"{ROW},,,,,,,surplus", "cell 15", "no column"),
    (f"{ROW},2000", "minimum_due", "more than the balance"),
    (f"{ROW},,\x00", "tail", "control characters"),
    (f"{ROW},,,fr", "language", "not zh or en"),
    (f"{ROW},,,,Mars/Olympus", "zone", "no time zone"),
    (f"{ROW},,,,{'Asia/Shanghai ' * 20}", "zone", "more than four"),
    (f"{ROW},,,,,c\x00n", "jurisdiction", "no name of contact rules"),
    (f"{ROW},,,,,,yuan", "currency", "no currency code"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "column", "problem"), BAD, ids=[f"{column}-{n}" for n, (_, column, _) in enumerate(BAD)]
)
async def test_a_bad_row_is_named_by_line_and_column_and_costs_only_itself(
    desk: Desk, line: str, column: str, problem: str
) -> None:
    good = ROW.replace("C1", "C2").replace("A1", "A2")
    report = await desk.take(f"{HEADER}{OPTIONAL}\n{good}\n{line}\n{good.replace('2,', '3,', 1).replace('A2', 'A3')}\n")
    assert counts(report) == (2, 0, 0, 1)
    [found] = report.problems
    assert (found.line, found.column) == (3, column)
    assert problem in found.problem


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "missing are customer"),
        (b"\n\n", "missing are customer"),
        (b"customer,name\nC1,x\n", "missing are phone"),
        (HEADER.replace("phone", "mobile").encode(), "missing are phone"),
        (f"{HEADER},colour\n".encode(), "unknown columns colour"),
        (f"{HEADER},name\n".encode(), "names name twice"),
        (f"{HEADER}\n{ROW}\n".encode("utf-16"), "neither UTF-8 nor GB18030"),
        (f"{HEADER}\n{ROW}\n{ROW.replace('王强', chr(34) + '王强')}\n".encode(), ":3: not CSV"),
    ],
)  # fmt: skip
async def test_a_file_that_cannot_be_read_is_refused_as_a_whole_with_the_reason(
    desk: Desk, raw: bytes, words: str
) -> None:
    with pytest.raises(IntakeError, match=r"file\.csv") as error:
        await desk.take(raw)
    assert words in str(error.value)
    assert await desk.rows(cases.customer) == []


async def test_a_file_that_is_not_there_is_an_error_with_its_name(desk: Desk, tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(IntakeError, match=path.name):
            list(read_csv(path, PORTFOLIO))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
async def test_files_as_bank_systems_and_spreadsheets_write_them_are_read(
    desk: Desk, encoding: str, newline: str
) -> None:
    report = await desk.take(f"{HEADER}{newline}{ROW}{newline}{newline}".encode(encoding))
    assert counts(report) == (1, 0, 0, 0)
    [row] = await desk.rows(cases.customer)
    assert (row.name, row.zones, row.language) == ("王强", "Asia/Shanghai", "zh")
    assert [(row.reference, row.amount_due, row.tail) for row in await desk.rows(cases.account)] == [
        ("A1", Decimal(1200), "A1")
    ]


async def test_columns_may_come_in_any_order_and_cells_may_have_line_breaks(desk: Desk) -> None:
    header = "due_date,amount_due,balance,product,account,phone,name,customer"
    rows = (
        '2026-10-20,"1,200.50","1,200.50",credit_card,A1,+86 138-0013-8000,王强,C1\n2026-10-20,1,1,x,A2,,"两\n行",C2\n'
    )
    report = await desk.take(f"{header}\n{rows}2026-10-20,1,1,x,A3,,,C3\n")
    assert counts(report) == (1, 0, 0, 2)
    assert [problem.line for problem in report.problems] == [3, 5]


async def test_a_second_run_changes_nothing(desk: Desk) -> None:
    content = f"{HEADER}\n{ROW}\n{ROW.replace('C1', 'C2').replace('A1', 'A2')}\n"
    assert counts(await desk.take(content)) == (2, 0, 0, 0)
    tables = (cases.customer, cases.phone, cases.account, cases.case_file, agenda)
    before = [await desk.rows(table) for table in tables]
    assert counts(await desk.take(content, now=NOW + timedelta(days=1))) == (0, 0, 2, 0)
    assert [await desk.rows(table) for table in tables] == before


async def test_an_account_twice_in_a_file_is_refused_the_second_time(desk: Desk) -> None:
    report = await desk.take(f"{HEADER}\n{ROW}\n{ROW}\n")
    assert counts(report) == (1, 0, 0, 1)
    assert report.problems[0].problem == "stands in this file before"


async def test_an_account_of_another_customer_is_refused_and_changes_nothing_of_either(desk: Desk) -> None:
    second = ROW.replace("C1", "C2").replace("A1", "A2").replace("王强", "李明")
    await desk.take(f"{HEADER}\n{ROW}\n{second}\n")
    tables = (cases.customer, cases.phone, cases.account, cases.case_file, agenda)
    before = [await desk.rows(table) for table in tables]
    stolen = second.replace("A2", "A1").replace("李明", "李大明").replace("13800138000", "13900139000")
    stranger = ROW.replace("C1", "C9")
    report = await desk.take(f"{HEADER}\n{stolen}\n")
    assert [(p.line, p.column, p.problem) for p in report.problems] == [
        (2, "account", "this account belongs to another customer")
    ]
    await desk.take(f"{HEADER}\n{stranger}\n")
    assert [await desk.rows(table) for table in tables] == before


async def test_refused_rows_can_be_mended_where_they_are_and_imported(desk: Desk, tmp_path: Path) -> None:
    report = await desk.take(
        f"{HEADER}{OPTIONAL}\n{ROW.replace('王强', '=1+2').replace('C1', '-C1').replace('A1', '+A1')},,,xx\n"
    )
    assert counts(report) == (0, 0, 0, 1)
    rejects = tmp_path / "rejects.csv"
    write_rejects(rejects, PORTFOLIO, report)
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        header, cells = csv.reader(file)
    assert header[:3] == ["line", "column", "problem"] and cells[:2] == ["2", "language"]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "+A", "-C"))]
    assert cells[header.index("minimum_due")] == ""
    mended = rejects.read_text(encoding="utf-8").replace(",xx,", ",zh,")
    assert counts(await desk.take(mended)) == (1, 0, 0, 0)
    [row] = await desk.rows(cases.customer)
    assert (row.name, row.reference, row.language) == ("=1+2", "-C1", "zh")


async def test_a_new_number_replaces_the_old(desk: Desk) -> None:
    await desk.take(f"{HEADER}\n{ROW}\n")
    await desk.take(f"{HEADER}\n{ROW.replace('13800138000', '13900139000')}\n")
    assert [(row.number, row.current) for row in await desk.rows(cases.phone)] == [(PHONE, False), (OTHER, True)]
    await desk.take(f"{HEADER}\n{ROW}\n")
    assert [(row.number, row.current) for row in await desk.rows(cases.phone)] == [(PHONE, True), (OTHER, False)]


async def test_whoever_owed_nothing_is_reminded_once_something_is_due(desk: Desk) -> None:
    await desk.take(f"{HEADER}\n{ROW.replace('1200.00,1200.00', '1200.00,0')}\n")
    assert await desk.rows(agenda) == []
    await desk.take(f"{HEADER}\n{ROW}\n")
    assert [(row.timer, row.due_at) for row in await desk.rows(agenda)] == [(Timer.REMINDER, NOW)]


async def test_a_settled_customer_with_new_arrears_is_reminded_again(desk: Desk) -> None:
    await desk.take(f"{HEADER}\n{ROW}\n")
    async with desk.database.write() as connection:
        await connection.execute(update(cases.case_file).values(state=State.SETTLED))
        await connection.execute(agenda.delete())
    await desk.take(f"{HEADER}\n{ROW.replace('1200.00,1200.00', '1200.00,0')}\n")
    assert await desk.rows(agenda) == []
    await desk.take(f"{HEADER}\n{ROW}\n")
    assert [row.state for row in await desk.rows(cases.case_file)] == [State.NEW]
    assert [row.timer for row in await desk.rows(agenda)] == [Timer.REMINDER]


@pytest.fixture
async def one(desk: Desk, reader: Reader, content: Content) -> AsyncIterator[Machine]:
    """A machine on the desk's database."""
    async with machine(desk.database, reader, content, NOW) as started:
        yield started


async def test_after_a_wrong_number_a_new_one_begins_anew_and_the_old_stays_stopped(one: Machine, desk: Desk) -> None:
    await desk.take(f"{HEADER}\n{ROW}\n")
    await one.work()
    await one.say("打错了,我不是王强", PHONE)
    await one.wait(NOW + timedelta(minutes=1))
    assert (await one.case(1)).state is State.WRONG_NUMBER
    await desk.take(f"{HEADER}\n{ROW.replace('13800138000', '13900139000')}\n", now=one.now)
    case = await one.case(1)
    assert case.state is State.NEW and not case.held(HoldKind.WRONG_NUMBER) and case.known
    await one.wait(NOW + timedelta(days=2))
    assert len(one.texts(OTHER)) == 1 and len(one.texts(PHONE)) == 1
    assert "number_replaced" in [row.kind for row in await one.rows(journal)]


async def test_after_an_opt_out_a_new_number_does_not_open_the_texts_again(one: Machine, desk: Desk) -> None:
    await desk.take(f"{HEADER}\n{ROW}\n")
    await one.say("退订", PHONE)
    await one.wait(NOW + timedelta(minutes=1))
    await desk.take(f"{HEADER}\n{ROW.replace('13800138000', '13900139000')}\n", now=one.now)
    await one.wait(NOW + timedelta(days=30))
    assert one.texts(OTHER) == []


async def test_who_writes_from_a_number_that_changed_hands_is_the_one_who_has_it_now(one: Machine, desk: Desk) -> None:
    second = ROW.replace("C1", "C2").replace("A1", "A2")
    await desk.take(f"{HEADER}\n{ROW}\n")
    await one.work()
    await desk.take(f"{HEADER}\n{ROW.replace('13800138000', '13900139000')}\n{second}\n", now=one.now)
    await one.wait(NOW + timedelta(days=9))
    await one.say("我周五还500", PHONE)
    await one.wait(one.now + timedelta(minutes=1))
    assert (await one.case(1)).promise is None
    assert (await one.case(2)).promise is not None


async def test_a_stranger_whom_the_bank_names_later_is_that_customer(one: Machine, desk: Desk) -> None:
    await one.say("你好", PHONE)
    await one.wait(NOW + timedelta(minutes=1))
    await desk.take(f"{HEADER}\n{ROW.replace('2026-10-20', '2027-10-20')}\n", now=one.now)
    await one.say("被裁了,实在还不上", PHONE)
    await one.wait(NOW + timedelta(minutes=2))
    assert (await one.case(2)).state is State.HARDSHIP


PAID = "payment,account,amount,paid_on"


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        ("P1,A9,500,2026-11-23", "account", "import the portfolio first"),
        ("P1,A1,0,2026-11-23", "amount", "more than 0"),
        ("P1,A1,-5,2026-11-23", "amount", "out of range"),
        ("P1,A1,five,2026-11-23", "amount", "no amount"),
        ("P1,A1,5,yesterday", "paid_on", "YYYY-MM-DD"),
        (",A1,5,2026-11-23", "payment", "is empty"),
    ],
)
async def test_a_bad_payment_is_named_and_posts_nothing(desk: Desk, line: str, column: str, problem: str) -> None:
    await desk.take(f"{HEADER}\n{ROW}\n")
    report = await desk.take(f"{PAID}\n{line}\n", PAYMENTS)
    [found] = report.problems
    assert (found.line, found.column) == (2, column) and problem in found.problem
    assert await desk.rows(payment) == []


async def test_a_payment_is_posted_once_however_often_its_reference_comes(desk: Desk, one: Machine) -> None:
    await desk.take(f"{HEADER}\n{ROW}\n")
    first = await desk.take(f"{PAID}\nP1,A1,500,2026-11-23\nP1,A1,500,2026-11-23\n", PAYMENTS)
    assert counts(first) == (1, 0, 0, 1)
    assert counts(await desk.take(f"{PAID}\nP1,A1,500,2026-11-23\n", PAYMENTS)) == (0, 0, 1, 0)
    await turn(one.database, one.mind, one.now)
    assert (await one.case(1)).amount_due == Decimal(700)


@pytest.fixture
async def api(desk: Desk) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """The JSON API with two tokens."""
    app = web.Application()
    intake.mount(app, desk.database, ["one", "two"], Defaults(), desk.in_force, lambda: NOW)
    async with TestClient(TestServer(app)) as client:
        yield client


AUTH = {"Authorization": "Bearer two"}
GOOD: dict[str, Any] = dict(zip(HEADER.split(","), ROW.split(","), strict=True))


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer three", "Basic two2", "Bearer on\u00e9", "Bearer one two"])
async def test_the_api_answers_nobody_without_a_valid_token(api: Any, desk: Desk, token: str) -> None:
    response = await api.post("/api/customers", json=[GOOD], headers={"Authorization": token})
    assert response.status == 401
    assert await desk.rows(cases.customer) == []


async def test_the_api_is_closed_where_no_token_is_set(desk: Desk) -> None:
    app = web.Application()
    intake.mount(app, desk.database, [""], Defaults(), desk.in_force, lambda: NOW)
    async with TestClient(TestServer(app)) as client:
        assert (await client.post("/api/customers", json=[], headers={"Authorization": "Bearer "})).status == 401


async def test_the_api_keeps_good_rows_and_names_bad_ones(api: Any) -> None:
    rows = [GOOD, {**GOOD, "account": "A2", "balance": "x"}, {**GOOD, "account": "A3", "minimun_due": 5}, {}]
    response = await api.post("/api/customers", json=rows, headers=AUTH)
    assert response.status == 200
    body = await response.json()
    assert (body["created"], [(p["row"], p["column"]) for p in body["rejected"]]) == (
        1, [(2, "balance"), (3, "minimun_due"), (4, "balance")],
    )  # fmt: skip
    response = await api.post("/api/payments", json=[{"payment": "P1", "account": "A1", "amount": 500.5, "paid_on": "2026-11-23"}], headers=AUTH)  # fmt: skip  # noqa: E501
    assert (await response.json())["created"] == 1


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{}", b'"x"', b"[1]", b"[[]]", b"null", b"\xff\xfe", b"[" * 100_000, b"[" + b"9" * 5000 + b"]"]
)
async def test_the_api_refuses_what_is_no_array_of_rows(api: Any, body: bytes) -> None:
    response = await api.post("/api/customers", data=body, headers=AUTH)
    assert response.status == 400
    assert "array of objects" in (await response.json())["error"]


@pytest.mark.parametrize("value", ["\x00", "\ud800", [1], {"a": "b"}, True, 10**30, 1e300, None, "x" * 10**5])
@pytest.mark.parametrize("column", ["customer", "name", "phone", "account", "balance", "tail", "zone", "jurisdiction"])
async def test_no_value_of_any_column_breaks_the_api(api: Any, column: str, value: Any) -> None:
    response = await api.post("/api/customers", json=[{**GOOD, column: value}], headers=AUTH)
    assert response.status == 200
    body = await response.json()
    assert body["created"] + len(body["rejected"]) == 1


async def test_the_api_refuses_a_body_beyond_its_limit_and_other_methods(api: Any) -> None:
    assert (await api.post("/api/customers", data=BytesIO(b" " * (11 * 1024 * 1024)), headers=AUTH)).status == 413
    assert (await api.get("/api/customers", headers=AUTH)).status == 405


async def test_the_api_asks_to_try_again_while_the_database_is_down(desk: Desk) -> None:
    app, away = web.Application(), Database("postgresql://nobody@127.0.0.1:1/none")
    intake.mount(app, away, ["one"], Defaults(), desk.in_force, lambda: NOW)
    async with TestClient(TestServer(app)) as client:
        response = await client.post("/api/customers", json=[GOOD], headers={"Authorization": "Bearer one"})
        assert response.status == 503
    await away.close()


async def test_numbers_and_names_are_sealed_at_rest(desk: Desk) -> None:
    await desk.take(f"{HEADER}\n{ROW}\n")
    async with desk.database.read() as connection:
        raw = (await connection.exec_driver_sql("SELECT number, number_hash FROM phone")).one()
    assert b"138" not in bytes(raw.number) and raw.number_hash == keyring().number_hash(PHONE)
    assert date(2026, 10, 20) in [row.due_on for row in await desk.rows(cases.account)]
