"""Whatever is sent is answered by a page that says what is wrong: no form, no byte and no number breaks the server."""

from __future__ import annotations

import asyncio
import gzip
from io import BytesIO

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.console.customer import action
from bot.console.customer.action import Refused
from bot.core.case import Owner
from bot.intake.files import harmless
from bot.store import agents, attempts, desk
from bot.store.fileview import mask_number
from tests.console.conftest import Bank
from tests.console.test_conversation import form, taken

NUL = "a\x00b"
FORM = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"login=\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"login=a", "application/x-www-form-urlencoded; charset=nonsense", 400),
        (b"login=a", "multipart/form-data", 400),
        (b"--x\r\n\r\n", "multipart/form-data; boundary=x", 400),
        (b"--x\r\nContent-Disposition: form-data; name=login\r\n\r\nhalf", "multipart/form-data; boundary=x", 400),
        (b"login=" + b"x" * 2_000_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"f%d=1" % n for n in range(10_000)), "application/x-www-form-urlencoded", 413),
        (b"login=%00&password=%00&next=%00", "application/x-www-form-urlencoded", 401),
        (b"{}", "application/json", 401),
    ],
)
async def test_a_form_that_is_none_is_refused_by_a_page(bank: Bank, body: bytes, kind: str, status: int) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": kind, "Accept-Language": "en"}
    async with bank.client.post("/login", data=BytesIO(body), headers=headers) as answer:
        assert (answer.status, answer.content_type) == (status, "text/html")
        assert "Content-Security-Policy" in answer.headers


async def test_a_small_body_that_unpacks_to_a_large_one_is_too_large(bank: Bank) -> None:
    bomb = gzip.compress(b"login=" + b"x" * 50_000_000)
    async with bank.client.post("/login", data=BytesIO(bomb), headers={**FORM, "Content-Encoding": "gzip"}) as answer:
        assert answer.status in (400, 413)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("take", {"from": "9" * 5000}),
        ("follow_up", {"at": "0001-01-01T00:00"}),
        ("follow_up", {"at": "9999-12-31T23:59"}),
        ("promise", {"amount": "10", "due_on": "9999-12-31"}),
        ("plan", {"rows": "9999-12-31 100.00\n0001-01-01 1100.50"}),
        ("plan", {"rows": "2026-12-01 1.00\n" * 5000}),
        ("pin", {"pin": "yes", "text": NUL}),
        ("transfer", {"to": "9" * 5000, "text": NUL}),
        ("note", {"text": "x" * 100_000}),
        ("note", {"text": NUL, "contact": NUL}),
        ("release", {"outcome": "other", "text": NUL}),
        ("draft", {"text": NUL, "template": NUL}),
        ("dispute", {"text": NUL}),
        ("merge", {"needle": NUL, "text": NUL}),
        ("reveal", {"reason": NUL}),
    ],
)
async def test_a_customers_forms_take_garbage(bank: Bank, path: str, fields: dict[str, str]) -> None:
    customer = await bank.customer()
    await bank.called(customer)
    browser = await bank.browser("chen", "supervisor")
    await browser.post(f"/customers/{customer}/take")
    page = await browser.post(f"/customers/{customer}/{path}", **fields)
    assert page.status < 500
    assert (await browser.get(f"/customers/{customer}")).status == 200


@pytest.mark.parametrize(
    ("role", "path", "fields"),
    [
        ("supervisor", "/desks/1", {"most": "9" * 5000}),
        ("supervisor", "/desks/1/reassign", {"customer": "1", "to": "queue", "text": NUL}),
        ("supervisor", "/approvals/1/decline_plan", {"text": NUL}),
        ("admin", "/people", {"login": "a\x00b", "name": NUL, "role": "agent", "password": "long enough", "team": NUL}),
        ("admin", "/people", {"login": "ab", "name": "x" * 90_000, "role": "agent", "password": "y" * 90_000}),
        ("admin", "/people/1/role", {"role": NUL, "team": NUL}),
        ("agent", "/session/unlock", {"password": NUL, "code": NUL}),
        ("agent", "/login/code", {"code": "9" * 5000}),
    ],
)
async def test_everybody_elses_forms_take_garbage(bank: Bank, role: str, path: str, fields: dict[str, str]) -> None:
    await bank.person("first")
    browser = await bank.browser("second", role)
    await browser.get("/settings")
    assert (await browser.post(path, **fields)).status < 500


async def test_a_note_has_an_end_and_what_was_typed_is_kept(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    page = await browser.post(f"/customers/{customer}/note", text="很长" * 300)
    assert page.status == 422 and "too long" in page.words
    assert page.html.count("很长" * 300) == 1


async def test_of_two_customers_who_come_at_once_a_desk_with_one_place_left_takes_one(bank: Bank) -> None:
    id = await bank.person("wang")
    ids = [await bank.customer(f"+861380000{n:04}") for n in range(6)]
    for customer in ids:
        await bank.called(customer)
    async with bank.database.write() as connection:
        await desk.arrange(connection, id, (), 1)
        person = await agents.by_id(connection, id)
    assert person is not None
    takes = (action.take(bank.office, person, customer, bank.time()) for customer in ids)
    answers = await asyncio.gather(*takes, return_exceptions=True)
    assert sorted(str(one) for one in answers if isinstance(one, Refused)) == ["refused.full"] * 5
    assert sum([(await bank.owner(customer))[0] is Owner.AGENT for customer in ids]) == 1


async def test_a_revealed_name_stands_in_no_title(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    page = await browser.post(f"/customers/{customer}/reveal")
    title = page.html.split("<title>")[1].split("</title>")[0]
    assert "李小明" in page.words and "+8613800000001" in page.words
    assert "李小明" not in title and "李**" in title
    masked = [attrs["data-masked"] for _, attrs in page.elements if "data-masked" in attrs]
    assert masked == ["李**", mask_number("+8613800000001")]


async def test_a_sum_that_is_not_in_the_file_needs_a_reason(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    refused = await browser.post(f"/customers/{customer}/reply", text="您应还9999元。", **form(page))
    assert refused.status == 409 and "a sum that the file does not know: “9999元”" in refused.words
    assert await bank.texts(customer) == []
    said = {**form(page), "reason": "agreed with the branch"}
    await browser.post(f"/customers/{customer}/reply", text="您应还9999元。", **said)
    assert [row.text for row in await bank.texts(customer)] == ["您应还9999元。"]


async def test_what_is_typed_where_a_login_belongs_is_kept_nowhere_in_words(bank: Bank) -> None:
    async with bank.database.write() as connection:
        for _ in range(9):
            await attempts.attempt(connection, ["login:my secret password:"], bank.time())
            bank.time.now += attempts.LONGEST_BLOCK
        (found,) = await attempts.repeated(connection, bank.time())
    assert found.what == ""


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "-2+3+cmd|' /C calc'!A0",
        "+1+cmd",
        "＝1+1",
        "＠SUM(A1)",
        " =1",
        "\n=1",
        "\r=1",
        "\t=1",
        "-1-HYPERLINK(1)",
    ],
)
def test_no_refused_row_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["+8613800000001", "-12.50", "+1 650 555 0100", "1,200.50", "王强", ""])
def test_numbers_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


async def test_no_error_of_the_database_says_what_was_to_be_stored(bank: Bank) -> None:
    async with bank.database.write() as connection:
        with pytest.raises(DBAPIError) as refused:
            await connection.execute(text("SELECT :said FROM nowhere"), {"said": "我失业了"})
    assert "我失业了" not in str(refused.value)
