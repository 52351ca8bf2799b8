"""Uploading a portfolio: whatever the file is, it is understood, or said what is wrong with it and how to mend it."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from bot import intake
from bot.console import Office
from bot.console.words import words
from bot.intake import mapping
from bot.intake.mapping import headings
from bot.intake.rows import PORTFOLIO_COLUMNS
from bot.store import cases, uploads
from bot.store import tables as t
from tests.console.conftest import Bank, Serve
from tests.console.uploading import HEADER, ROW, as_guessed, checked, uploaded, work

CHINESE = "客户号,姓名,手机号,借据号,产品,欠款总额,欠款,到期日,客户经理"
CHINESE_ROW = "C1,王强,13800138000,A1,信用卡,1200.00,1200.00,2026/10/20,赵经理"
INTAKE = Path(intake.__file__).parent


async def customers(bank: Bank) -> Sequence[str]:
    async with bank.database.read() as connection:
        query = cases.customer.select().order_by(cases.customer.c.reference)
        return [row.reference for row in await connection.execute(query)]


async def test_without_customers_the_page_offers_the_upload_and_a_sample_that_can_be_uploaded(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    page = await boss.get("/portfolio")
    assert "No customers yet" in page.words
    sample = await boss.get("/portfolio/sample.csv")
    assert "attachment" in sample.headers["Content-Disposition"]
    page = await checked(bank, boss, sample.html)
    assert "3 rows can be imported. None was refused." in page.words
    assert await customers(bank) == []


async def test_chinese_headings_words_and_days_are_understood_and_the_preview_is_masked(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    page = await uploaded(boss, f"{CHINESE}\n{CHINESE_ROW}\n".encode("gb18030"))
    assert as_guessed(page)["c-phone"] == "2" and as_guessed(page)["c-amount_due"] == "6"
    for secret in ("王强", "13800138000", "赵经理", ">A1<", ">C1<"):
        assert secret not in page.html
    assert "王*" in page.words and "138****8000" in page.words and "信用卡" in page.words
    await boss.post("/portfolio/1/columns", go="check", **as_guessed(page))
    await work(bank)
    assert "1 row can be imported." in (await boss.get("/portfolio/1")).words


async def test_a_mapping_is_remembered_for_files_with_the_same_headings(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    page = await uploaded(boss, f"{CHINESE}\n{CHINESE_ROW}\n")
    await boss.post("/portfolio/1/columns", go="check", **{**as_guessed(page), "c-tail": "8"})
    again = await uploaded(boss, f"{CHINESE}\n{CHINESE_ROW.replace('C1', 'C2')}\n")
    assert as_guessed(again)["c-tail"] == "8"
    other = await uploaded(boss, f"{CHINESE},备注\n{CHINESE_ROW},\n")
    assert as_guessed(other)["c-tail"] == ""


async def test_what_a_file_has_no_column_for_may_be_said_of_every_row(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    text = f"{HEADER.replace(',product', '')}\n{ROW.replace(',personal_loan', '')}\n"
    page = await uploaded(boss, text)
    refused = await boss.post("/portfolio/1/columns", go="check", **as_guessed(page))
    assert refused.status == 422 and "Nothing is chosen yet for: Product" in refused.words
    await boss.post("/portfolio/1/columns", go="check", **{**as_guessed(page), "c-product": "=credit_card"})
    await work(bank)
    assert "1 row can be imported." in (await boss.get("/portfolio/1")).words


BAD_FILES = [
    (b"", "The file is empty"),
    (b"\xef\xbb\xbf \n\n", "The file is empty"),
    (b"PK\x03\x04" + b"\0" * 99, "Excel or ZIP"),
    (b"\xd0\xcf\x11\xe0" + b"\0" * 99, "old Excel"),
    (b"%PDF-1.7 ...", "PDF"),
    (b"\x1f\x8b\x08...", "compressed"),
    ("客户号,姓名".encode("utf-16"), "UTF-16"),
    (f"{HEADER}\n{ROW}\0\n".encode(), "NUL characters"),
    (b"a,b\n\xff\xff\xff\x80,1\n", "neither UTF-8 nor GB18030"),
    (HEADER.encode() + b"\n", "headings and no rows"),
    (HEADER.encode() + b"\n\n ,,\n", "headings and no rows"),
    (b"customer\nC1\n", "Only one column"),
    (b"x" * 300_000, "Only one column"),
    (b"x" * 300_000 + b",y\n1,2\n", "very long cells"),
    (",".join(f"c{n}" for n in range(1000)).encode() + b"\n1\n", "1000 columns; at most 200"),
    (f"{HEADER},name\n{ROW},x\n".encode(), "twice: name"),
    (f'{HEADER}\n"C1,王强\n'.encode(), "from line 2 on"),
    (f'{HEADER}\n"C1"x,王强\n'.encode(), "from line 2 on"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "said"), BAD_FILES, ids=[said for _, said in BAD_FILES])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_file_that_is_no_table_is_said_to_be_none_and_not_kept(bank: Bank, raw: bytes, said: str) -> None:
    boss = await bank.browser("boss", "supervisor")
    page = await uploaded(boss, raw)
    assert page.status == 422 and said in page.words
    async with bank.database.read() as connection:
        assert await uploads.recent(connection) == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_every_usual_separator_and_encoding_is_read(bank: Bank, delimiter: str, encoding: str) -> None:
    boss = await bank.browser("boss", "supervisor")
    text = f"{HEADER}\n{ROW}\n".replace(",", delimiter).encode(encoding)
    assert "1 row can be imported. None was refused." in (await checked(bank, boss, text)).words


BAD_ROWS = f"""{HEADER}
{ROW}
{ROW.replace("1200.00,1200.00", "abc,1")}
{ROW.replace("A1", "=HYPERLINK(1)")}
{ROW.replace("A1", "A2").replace("2026-10-20", "20/10/2026")}
{ROW}
{ROW.replace("A1", "A3")},surplus
{ROW.replace("A1", "A4").replace("王强", "王" * 5000)}
"""


async def test_the_report_names_line_column_problem_and_cure_in_the_readers_language(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    page = await checked(bank, boss, BAD_ROWS)
    assert "1 row can be imported. 6 rows were refused" in page.words
    assert "3 Balance is no amount abc Write for example 1200.00; commas may only part thousands." in page.words
    assert "4 Account reference is a formula" in page.words
    assert "5 Oldest due date is no day 20/10/2026 Write year-month-day" in page.words
    assert "6 Account reference this account stands in the file before" in page.words
    assert "7 Whole row has more cells than there are headings" in page.words
    assert "8 Name is too long" in page.words
    await boss.post("/language", language="zh", next="/portfolio/1")
    chinese = await boss.get("/portfolio/1/rows?kind=refused")
    assert "3 欠款总额 不是金额 abc 写例如 1200.00；逗号只能分隔千位。" in chinese.words


async def test_rejects_name_their_problems_hold_no_formulas_and_can_be_mended_and_uploaded(
    bank: Bank,
) -> None:
    boss = await bank.browser("boss", "supervisor")
    await checked(bank, boss, BAD_ROWS)
    rejects = await boss.get("/portfolio/1/rejects.csv")
    header, *lines = csv.reader(StringIO(rejects.html.removeprefix("\ufeff")))
    assert header[:4] == ["Line", "Column", "Problem", "How to mend it"] and header[4:] == HEADER.split(",")
    assert [line[0] for line in lines] == ["3", "4", "5", "6", "7", "8"]
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "@", "+"))]
    mended = rejects.html.replace("20/10/2026", "2026-10-20").replace("abc,1,", "900,1,")
    page = await uploaded(boss, mended)
    await boss.post("/portfolio/2/columns", go="check", **as_guessed(page))
    await work(bank)
    assert "2 rows can be imported. 4 rows were refused" in (await boss.get("/portfolio/2")).words


async def test_one_column_for_a_thousand_customers_is_the_wrong_one(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    lines = "\n".join(ROW.replace("A1", f"A{n}") for n in range(201))
    page = await checked(bank, boss, f"{HEADER}\n{lines}\n")
    assert "0 rows can be imported. 201 rows were refused" in page.words
    assert "A customer has 200 rows at most" in page.words


async def test_a_file_beyond_the_limit_is_refused_with_a_page(office: Office, bank: Bank, serve: Serve) -> None:
    boss = await bank.browser("boss", "supervisor")
    boss.client = await serve(replace(office, reception=replace(office.reception, limit=100_000)))
    csrf = (await boss.get("/portfolio")).field("csrf")
    assert csrf
    page = await uploaded(boss, HEADER.encode() + b"\n" + b"x" * 200_000)
    assert page.status == 413 and "was not uploaded. Split it" in page.words
    huge = await uploaded(boss, b"x" * 9_000_000)
    assert huge.status == 413


async def test_only_supervisors_upload_auditors_look_and_agents_do_neither(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    await checked(bank, boss, f"{HEADER}\n{ROW}\n")
    auditor, agent = await bank.browser("audit", "auditor"), await bank.browser("wang")
    for path in ("/portfolio", "/portfolio/1", "/portfolio/1/rows?kind=refused", "/portfolio/1/rejects.csv"):
        assert (await auditor.get(path)).status == 200
        assert (await agent.get(path)).status == 403
    assert ("audit", None, "portfolio 1") in await bank.readings()
    for person in (auditor, agent):
        assert (await uploaded(person, f"{HEADER}\n{ROW}\n")).status == 403
        assert (await person.post("/portfolio/1/columns", go="check")).status == 403
        assert (await person.post("/portfolio/1/discard")).status == 403
    assert "/portfolio" not in (await agent.get("/queue")).html
    second = await bank.browser("second", "supervisor")
    assert (await second.post("/portfolio/1/discard")).status == 403


async def test_an_upload_needs_the_token_and_a_page_of_ours(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    await boss.get("/portfolio")
    token, boss.csrf = boss.csrf, "wrong"
    assert (await uploaded(boss, f"{HEADER}\n{ROW}\n")).status == 403
    boss.csrf = token
    assert (await boss.post("/portfolio", site="cross-site")).status == 403
    assert (await boss.post("/portfolio")).status == 400  # a form without a file
    assert (await bank.browser("other", "supervisor")).csrf != token
    async with bank.database.read() as connection:
        assert await uploads.recent(connection) == []


async def test_the_file_is_sealed_at_rest_and_gone_when_it_is_thrown_away(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    await checked(bank, boss, BAD_ROWS)
    names = ("upload", "upload_chunk", "upload_row")
    async with bank.database.read() as connection:
        written = [str(bytes(cell) if isinstance(cell, memoryview) else cell).encode()
                   for name in names for row in (await connection.exec_driver_sql(f"SELECT * FROM {name}")).all()
                   for cell in row]  # fmt: skip
        assert await uploads.content_of(connection, 1) == BAD_ROWS.encode()
    assert not [cell for cell in written if b"13800138000" in cell or "王".encode() in cell or b"HYPERLINK" in cell]
    page = await boss.post("/portfolio/1/discard")
    assert "thrown away" in page.words
    async with bank.database.read() as connection:
        assert await uploads.content_of(connection, 1) == b""
        assert (await connection.execute(t.UploadRow.__table__.select())).all() == []  # type: ignore[attr-defined]
    assert (await boss.get("/portfolio/1")).status == 404


@pytest.mark.parametrize(
    "fields",
    [{"c-name": "99"}, {"c-name": "-1"}, {"c-name": "²"}, {"c-product": "=gold"}, {"go": "x"}, {"c-name": "\0"}],
)
async def test_no_mapping_that_is_posted_breaks_the_page(bank: Bank, fields: dict[str, str]) -> None:
    boss = await bank.browser("boss", "supervisor")
    page = await uploaded(boss, f"{HEADER}\n{ROW}\n")
    answer = await boss.post("/portfolio/1/columns", **{"go": "check", **as_guessed(page), **fields})
    assert answer.status in (200, 422)
    for path in ("99", "1/rows", "1/rows?kind=../x", "1/rows?kind=outcome&value=%00"):
        assert (await boss.get(f"/portfolio/{path}")).status == 404
    assert (await boss.get("/portfolio/1/rows?kind=outcome&value=x&after=-1")).status == 200


def test_every_problem_of_a_row_and_of_a_file_has_words() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in INTAKE.glob("*.py"))
    codes = set(re.findall(r'BadField\(\s*(?:column|"\w+"),\s*"(\w+)"', source)) | {"unknown", "others", "no_account"}
    assert len(codes) > 20
    for language in ("zh", "en"):
        known = words(language).keys
        assert {f"{kind}.{code}" for code in codes for kind in ("row", "fix")} - known == set()
        assert {f"column.{name}" for name in (*PORTFOLIO_COLUMNS, "row")} - known == set()
        assert {f"upload.{stage}" for stage in uploads.Stage} - known == set()
        files = {kind for _, kind in intake.sheet.OTHERS} | set(
            re.findall(r'IntakeError\("(\w+)"', (INTAKE / "sheet.py").read_text(encoding="utf-8"))
        )
        assert {f"sheet.{code}" for code in files} - known == set()


def test_every_column_of_ours_is_known_by_its_own_name_and_in_both_languages() -> None:
    for column in PORTFOLIO_COLUMNS:
        assert headings().column(column) == column
    assert headings().column("ＤＵＥ－ＤＡＴＥ ") == "due_date"
    assert mapping.guess(headings(), CHINESE.split(",")) == {
        "customer": 0, "name": 1, "phone": 2, "account": 3, "product": 4, "balance": 5, "amount_due": 6, "due_date": 7,
    }  # fmt: skip
