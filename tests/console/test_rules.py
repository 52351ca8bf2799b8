"""Rules and wording as people read them: what stands there is what decides, and every code leads to it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from bot import dialogues
from bot.console.rulebook import book
from bot.console.words import LANGUAGES, words
from bot.dialogues import Content, ContentError
from bot.dialogues.contact import rows_of
from bot.dialogues.sources import FILES
from tests.console.conftest import Bank

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of dialogues/ to change."""
    return Path(shutil.copytree(dialogues.ROOT, tmp_path / "dialogues"))


def change(folder: Path, file: str, was: str, now: str) -> Content:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(was) >= 1
    path.write_text(text.replace(was, now, 1), encoding="utf-8")
    return dialogues.load(folder)


@sqlite
@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "admin"])
async def test_everybody_who_is_logged_in_may_read_the_rules(bank: Bank, role: str) -> None:
    browser = await bank.browser(role, role)
    start = await browser.get("/rules")
    assert start.status == 200
    for name, title in book.contents(words("en")).items():
        page = await browser.get(f"/rules/{name}")
        assert page.status == 200
        assert title in page.words
    assert (await browser.get("/rules/nothing")).status == 404


@sqlite
async def test_nobody_else_may(bank: Bank) -> None:
    browser = await bank.browser("wang")
    browser.sid = ""
    assert "/login" in (await browser.get("/rules")).html


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_contact_rule_is_told_with_its_source(language: str, content: Content) -> None:
    told = [one.paragraph for one in book.paragraphs(words(language), content) if one.section == "contact"]
    packs = content.files.packs()
    rows = [row for name in packs for row in rows_of(dialogues.ROOT / "policies" / "contact" / f"{name}.yml")]
    for row in rows:
        found = [one for one in told if one.code == row["id"] and one.basis.source == row["source"]]
        assert [(one.basis.grade, bool(one.lines)) for one in found] == [(row["grade"], True)], row["id"]
    assert len(told) == len(rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_anchor_is_there_once_and_every_paragraph_says_something(language: str, content: Content) -> None:
    found = list(book.paragraphs(words(language), content))
    anchors = [one.paragraph.anchor for one in found]
    assert len(set(anchors)) == len(anchors)
    assert [one.paragraph.anchor for one in found if not one.paragraph.lines and not one.paragraph.texts] == []
    assert [one.paragraph.anchor for one in found if "_" in one.paragraph.title and one.section != "wording"] == []


def test_what_is_told_is_what_decides(folder: Path) -> None:
    content = change(folder, "policies/contact/bank.yml", 'limit: "3", days: "7"', 'limit: "2", days: "7"')
    told = {one.paragraph.anchor: one.paragraph for one in book.paragraphs(words("en"), content)}
    assert told["BANK-3-WEEK"].lines[0] == "At most 2 contacts (text) in any 7 days."
    content = change(
        folder, "policies/contact/bank.yml", 'week: {mon-sun: "09:00-20:00"}', 'week: {mon-fri: "10:00-18:00"}'
    )
    told = {one.paragraph.anchor: one.paragraph for one in book.paragraphs(words("zh"), content)}
    assert told["BANK-HOURS"].lines[0] == "仅在客户当地时间 周一–周五 10:00–18:00 触达。"


def test_who_confirmed_a_rule_is_told(folder: Path) -> None:
    content = change(
        folder, "policies/contact/cn.yml", "grade: S, effective_from: 2026-01-30}",
        'grade: S, effective_from: 2026-01-30, confirmed_by: "Chen, counsel", confirmed_on: 2026-03-01}',
    )  # fmt: skip
    told = {one.paragraph.anchor: one.paragraph for one in book.paragraphs(words("en"), content)}
    assert told["CN-TIME"].basis.confirmed == "Confirmed by Chen, counsel on 2026-03-01"


@pytest.mark.parametrize(
    "more", ['confirmed_by: "Chen"', "confirmed_on: 2026-03-01", "confirmed_by: Chen, confirmed_on: soon"]
)
def test_half_a_confirmation_is_refused(folder: Path, more: str) -> None:
    with pytest.raises(ContentError, match="confirmed_on"):
        change(
            folder, "policies/contact/cn.yml", "effective_from: 2026-01-30}", f"effective_from: 2026-01-30, {more}}}"
        )


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("CN-TIME", "/rules/contact#CN-TIME"),
        ("not-now:BANK-1-DAY", "/rules/contact#BANK-1-DAY"),
        ("hold:dispute", "/rules/holds#hold:dispute"),
        ("not-now:hold:dispute", "/rules/holds#hold:dispute"),
        ("review:legal", "/rules/holds#hold:legal"),
        ("handoff:hardship", "/rules/handling#queue:hardship"),
        ("outcome:open_dispute", "/rules/outcomes#outcome:open_dispute"),
        ("plan-terms:PLAN-LOAN", "/rules/plans#PLAN-LOAN"),
        ("pace:payday", "/rules/strategy#pace:payday"),
        ("tier:m2", "/rules/strategy"),
        ("a-rule-of-tomorrow", None),
        ("", None),
        (":::", None),
    ],
)
def test_a_reason_leads_to_its_rule(content: Content, code: str, place: str | None) -> None:
    assert book.places(content)(code) == place


def test_every_reason_that_names_a_file_leads_somewhere(content: Content) -> None:
    place = book.places(content)
    assert [reason for reason in FILES if place(f"{reason}:x") is None and reason not in ("handoff", "outcome")] == []


@sqlite
async def test_links_to_rules_are_followed(bank: Bank) -> None:
    browser = await bank.browser("wang")
    page = await browser.get("/rules/find/not-now:CN-TIME")
    assert page.status == 200
    assert 'id="CN-TIME"' in page.html
    assert (await browser.get("/rules/find/NO-SUCH-RULE")).status == 404
    assert (await browser.get("/rules/find/%3Cscript%3E")).status == 404


@sqlite
async def test_a_search_finds_rules_wording_and_forbidden_words(bank: Bank) -> None:
    browser = await bank.browser("wang")
    assert "At most 1 contact (text) in a day" in (await browser.get("/rules?q=bank-1-day")).words
    assert "promise_of_waiver" in (await browser.get("/rules?q=减免")).words
    assert "reminder_m2" in (await browser.get("/rules?q=约定还款安排")).words
    assert "Nothing found" in (await browser.get("/rules?q=zebra")).words


@sqlite
@pytest.mark.parametrize("garbage", ["<script>alert(1)</script>", "%00", "' OR 1=1 --", "\u202egnp.exe", "x" * 5000])
async def test_garbage_is_searched_for_and_found_nowhere(bank: Bank, garbage: str) -> None:
    browser = await bank.browser("wang")
    page = await browser.get(f"/rules?q={quote(garbage)}")
    assert page.status == 200
    assert "<script>alert" not in page.html
    assert "\u202e" not in page.html


@sqlite
async def test_wording_of_a_hostile_folder_is_shown_as_text(bank: Bank, folder: Path) -> None:
    content = change(folder, "responses/zh.yml", "收到，已为您登记", "<b onclick=x>收到</b>，已为您登记（自动）")
    bank.office = replace(bank.office, mind=replace(bank.office.mind, content=content))
    told = {one.paragraph.anchor: one.paragraph for one in book.paragraphs(words("en"), content)}
    assert told["response:promise_recorded"].texts[0][1].startswith("<b onclick=x>")
