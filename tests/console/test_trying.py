"""The try-it box: it says what would come of a text and keeps nothing; every field takes garbage."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.console.rulebook import trial
from bot.console.rulebook.trial import Setup
from bot.console.rulebook.trying import SHOWN, presets
from bot.core.case import CreditorRole, HoldKind, Product, State
from bot.core.decision import Purpose
from bot.dialogues import Content
from bot.dialogues.bundle import Bundle
from bot.nlu.read import Reader
from bot.store import editions
from bot.store.editions import Origin
from bot.store.tables import METADATA
from tests.console.conftest import NOON, Bank

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CAPS = "policies/contact/bank.yml"
FILLED = {name: value for name, value in SHOWN.items() if name != "customer"} | {"language": "en"}
SETUP = Setup(Product.PERSONAL_LOAN, 34, Decimal(1200), State.CONTACTED, "cn", "", "Asia/Shanghai", "zh",
              CreditorRole.FIRST_PARTY, True, frozenset(), 0)  # fmt: skip


async def rows(bank: Bank) -> dict[str, int]:
    """How many rows each table has, but for what notes that somebody looked."""
    async with bank.database.read() as connection:
        names = [table for table in METADATA.sorted_tables if table.name not in ("access_log", "agent_session")]
        return {
            table.name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in names
        }


@sqlite
@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "admin"])
async def test_a_text_is_read_decided_and_explained_and_nothing_is_kept(bank: Bank, role: str) -> None:
    browser = await bank.browser(role, role)
    before = await rows(bank)
    await browser.get("/rules/try")
    page = await browser.post("/rules/try", **FILLED | {"text": "I lost my job and cannot pay right now"})
    assert page.status == 200
    assert "Hardship" in page.words
    assert "/rules/holds#hold:hardship" in page.html
    assert "Nothing of this was stored or sent" in page.words
    assert await rows(bank) == before


@sqlite
async def test_what_must_not_leave_now_says_which_rule_and_until_when(bank: Bank) -> None:
    browser = await bank.browser("wang")
    await browser.get("/rules/try")
    text = "I'll pay 500 on Friday"
    night = await browser.post("/rules/try", **FILLED | {"text": text, "at": "2026-11-23T23:30"})
    assert "waits until 11-24 09:00: quiet hours" in night.words
    assert "/rules/contact#BANK-HOURS" in night.html
    day = await browser.post("/rules/try", **FILLED | {"text": text, "at": "2026-11-23T11:30"})
    assert "leaves at once (11-23 11:30)" in day.words


@sqlite
async def test_every_preset_works_in_one_press(bank: Bank) -> None:
    browser = await bank.browser("wang")
    await browser.get("/rules/try")
    for name in presets():
        for language in ("zh", "en"):
            page = await browser.post("/rules/try", preset=name, language=language)
            assert page.status == 200, name
            assert "What is decided" in page.words, name


@sqlite
async def test_a_real_customer_is_masked_and_the_reading_is_logged(bank: Bank) -> None:
    id = await bank.customer()
    browser = await bank.browser("wang")
    page = await browser.get(f"/rules/try?customer={id}")
    assert "李**" in page.words
    assert "李小明" not in page.html
    assert "+8613800000001" not in page.html
    page = await browser.post("/rules/try", **FILLED | {"text": "TD", "customer": str(id)})
    assert "Opt-out" in page.words
    assert "李小明" not in page.html
    assert [(who, customer, what) for who, customer, what in await bank.readings() if what == "try"] == [
        ("wang", id, "try"), ("wang", id, "try"),
    ]  # fmt: skip


@sqlite
async def test_who_may_not_see_customers_cannot_begin_from_one(bank: Bank) -> None:
    id = await bank.customer()
    admin = await bank.browser("root", "admin")
    assert (await admin.get(f"/rules/try?customer={id}")).status == 403
    await admin.get("/rules/try")
    assert (await admin.post("/rules/try", **FILLED | {"text": "TD", "customer": str(id)})).status == 403
    assert await bank.readings() == []


@sqlite
@pytest.mark.parametrize("customer", ["999999", "-1", "1e3", "９", "x" * 300, "1 OR 1=1"])
async def test_a_customer_who_is_not_there_is_missing(bank: Bank, customer: str) -> None:
    browser = await bank.browser("wang")
    await browser.get("/rules/try")
    assert (await browser.post("/rules/try", **FILLED | {"text": "TD", "customer": customer})).status == 404


@sqlite
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", ""), ("text", "  "), ("state", "gone"), ("state", ""), ("product", "yacht"), ("days", "many"),
        ("days", "99999999999999999999"), ("days", "1.5"), ("days", "²"), ("due", "-1"), ("due", "NaN"),
        ("due", "1e999"), ("due", "0.001"), ("due", "0"), ("jurisdiction", "us-ma"), ("jurisdiction", "../../etc"),
        ("place", "us-zz"), ("zone", "Mars/Olympus"), ("zone", "../../etc/passwd"), ("zone", ""), ("at", "tomorrow"),
        ("at", "9999-12-31T23:59"), ("at", "2026-11-23T10:00+08:00"), ("language", "fr"), ("role", "friend"),
        ("reminded", "-1"), ("reminded", "10"),
    ],
)  # fmt: skip
async def test_garbage_in_a_field_names_the_field_and_keeps_the_rest(bank: Bank, field: str, value: str) -> None:
    browser = await bank.browser("wang")
    await browser.get("/rules/try")
    page = await browser.post("/rules/try", **FILLED | {"text": "keep me"} | {field: value})
    assert page.status == 422
    assert 'role="alert"' in page.html
    if field != "text":
        assert "keep me" in page.html


@sqlite
async def test_a_form_without_fields_is_no_error_of_ours(bank: Bank) -> None:
    browser = await bank.browser("wang")
    await browser.get("/rules/try")
    assert (await browser.post("/rules/try")).status == 422
    assert (await browser.post("/rules/try/words")).status == 422
    assert (await browser.post("/rules/try", site="cross-site", **FILLED)).status == 403


@sqlite
async def test_a_wording_is_checked_for_its_purpose(bank: Bank) -> None:
    browser = await bank.browser("wang")
    await browser.get("/rules/try")
    fields = {"purpose": "reminder", "wording_days": "10"}
    page = await browser.post("/rules/try/words", wording="再不还就报公安", **fields)
    assert "/rules/words#words:false_authority" in page.html
    assert "never leaves" in page.words
    page = await browser.post("/rules/try/words", wording="您好，方便时请回复。", **fields)
    assert "Nothing is wrong" in page.words
    page = await browser.post("/rules/try/words", wording="<script>alert(1)</script>", **fields)
    assert "<script>alert" not in page.html
    assert (await browser.post("/rules/try/words", wording="x", purpose="none", wording_days="1")).status == 422
    assert (await browser.post("/rules/try/words", wording="x", purpose="reply", wording_days="²")).status == 422


@sqlite
async def test_what_a_customer_writes_is_shown_as_text(bank: Bank) -> None:
    browser = await bank.browser("wang")
    await browser.get("/rules/try")
    page = await browser.post("/rules/try", **FILLED | {"text": "<img src=x onerror=alert(1)> \u202e STOP"})
    assert page.status == 200
    assert "<img src=x" not in page.html
    assert not [tag for tag, attrs in page.elements if "onerror" in attrs]


@settings(max_examples=60, deadline=None)
@given(
    state=st.sampled_from(State), text=st.text(max_size=60), holds=st.frozensets(st.sampled_from(HoldKind), max_size=3)
)
def test_any_state_and_any_text_can_be_tried(
    state: State, text: str, holds: frozenset[HoldKind], content: Content, reader: Reader
) -> None:
    setup = replace(SETUP, state=state, holds=holds)
    tried = trial.hear(trial.invented(setup, NOON), text, content, reader, NOON)
    assert tried.reading.intents
    if HoldKind.OPT_OUT in holds or state is State.OPTED_OUT:
        left = [one.purpose for one in tried.answers if one.permission.allowed]
        assert set(left) <= {Purpose.OPT_OUT_CONFIRMATION, Purpose.SAFETY, Purpose.REPLY}


def test_reminders_of_today_use_up_the_caps(content: Content, reader: Reader) -> None:
    busy = trial.invented(replace(SETUP, reminded_today=1), NOON)
    assert len(busy.contacts) == 1
    tried = trial.hear(busy, "我周五还500", content, reader, NOON)
    assert tried.decision.case.state is State.PROMISED
    assert tried.answers[0].permission.allowed  # an answer is no contact that caps limit


async def proposal(bank: Bank, was: str, now: str, file: str) -> int:
    files = dict(bank.office.mind.content.files.files)
    assert was in files[file]
    async with bank.database.write() as connection:
        bundle = Bundle({**files, file: files[file].replace(was, now)})
        return await editions.propose(connection, bundle, Origin.UPLOAD, "chen", "other rules", NOON)


@sqlite
async def test_a_proposed_edition_stands_beside_what_is_in_force_where_they_differ(bank: Bank) -> None:
    browser = await bank.browser("wang", "supervisor")
    assert 'name="edition"' not in (await browser.get("/rules/try")).html
    id = await proposal(bank, 'week: {mon-sun: "09:00-20:00"}', 'week: {mon-sun: "15:00-20:00"}', CAPS)
    other = await proposal(bank, "请问您打算哪天还、还多少？", "请问您准备哪天还、还多少？", "responses/zh.yml")
    before = await rows(bank)
    asked = FILLED | {"text": "I'll pay 500 on Friday", "at": "2026-11-23T23:30", "edition": str(id)}
    page = await browser.post("/rules/try", **asked)
    assert page.status == 200
    assert f"Edition {id} would do otherwise" in page.words
    assert "waits until 11-24 09:00" in page.words
    assert "waits until 11-24 15:00" in page.words
    assert page.words.count("What is understood") == 1  # both read the same, which is said once
    assert page.html.count('<p class="words heard"') == 1
    page = await browser.post("/rules/try", **asked | {"edition": str(other)})
    assert f"Edition {other} reads, decides and answers the same" in page.words
    page = await browser.post("/rules/try", **asked | {"edition": str(other), "language": "zh", "text": "过几天还"})
    assert f"Edition {other} would do otherwise" in page.words
    assert "打算哪天还" in page.words and "准备哪天还" in page.words
    page = await browser.post("/rules/try", **asked | {"edition": ""})
    assert "otherwise" not in page.words and "11-24 15:00" not in page.words
    assert await rows(bank) == before


@sqlite
@pytest.mark.parametrize("edition", ["99", "0", "-1", "x", "1 OR 1=1", "9" * 40, "<script>", "²"])
async def test_an_edition_that_is_not_proposed_is_not_tried(bank: Bank, edition: str) -> None:
    browser = await bank.browser("wang")
    await proposal(bank, 'limit: "10"', 'limit: "9"', CAPS)
    await browser.get("/rules/try")
    page = await browser.post("/rules/try", **FILLED | {"text": "hello", "edition": edition})
    assert page.status == 422
    assert "By which rules" in page.words
    assert "<script>" not in page.html
