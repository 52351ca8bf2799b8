"""Publishing by two people over HTTP: who may, what is shown before, what is refused, and that pages follow at once."""

from __future__ import annotations

import io
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from bot import dialogues
from bot.console import Office, pending
from bot.console.rulebook import changes
from bot.console.words import words
from bot.dialogues.bundle import Bundle
from bot.edition import InForce, content_of
from bot.store import editions
from bot.store.agents import Person, Role
from tests.console.conftest import Bank, Browser, Page, Serve, Time

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SHIPPED = Bundle.of(dialogues.ROOT)
WANG = Person(1, "wang", "Wang", Role.SUPERVISOR, "en")
CAPS = "policies/contact/bank.yml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The server's dialogues/, which somebody may edit."""
    return Path(shutil.copytree(dialogues.ROOT, tmp_path / "dialogues"))


@pytest.fixture
async def governed(bank: Bank, folder: Path, serve: Serve, office: Office, time: Time) -> Bank:
    """A bank whose pages follow the edition in force, with a folder to propose from."""
    in_force = InForce(office.database, office.mind, None, lambda _: None)
    office = replace(office, renew=in_force.or_last, folder=folder)
    return Bank(office.database, office, time, await serve(office))


def edit(
    folder: Path, was: str = 'limit: "3", days: "7"', now: str = 'limit: "2", days: "7"', file: str = CAPS
) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert was in text
    path.write_text(text.replace(was, now), encoding="utf-8")


def zipped(files: dict[str, str]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(f"dialogues/{name}", text)
    return written.getvalue()


async def upload(browser: Browser, raw: bytes, note: str = "fewer texts", name: str = "dialogues.zip") -> Page:
    form = aiohttp.FormData({"csrf": browser.csrf, "origin": "upload", "note": note})
    form.add_field("zip", io.BytesIO(raw), filename=name, content_type="application/zip")
    return await browser._ask("POST", "/rules/editions/zip", form, {"Sec-Fetch-Site": "same-origin"})


@sqlite
async def test_one_proposes_the_folder_and_another_puts_it_in_force(governed: Bank, folder: Path) -> None:
    wang, chen = await governed.browser("wang", "supervisor"), await governed.browser("chen", "admin")
    agent = await governed.browser("li")
    assert "is what runs now" in (await wang.get("/rules/editions")).words
    edit(folder)
    assert "differs from what runs now" in (await wang.get("/rules/editions")).words
    page = await wang.post("/rules/editions", origin="folder", note="Fewer texts in a week")
    assert page.status == 200
    assert "a second person, a supervisor or an admin, approves it" in page.words
    assert "At most 3 2 contacts (text) in any 7 days" in page.words
    assert "<del>3</del><ins>2</ins>" in page.html
    assert "At most 3 contacts (text) in any 7 days" in (await agent.get("/rules/contact")).words

    assert 'href="/rules/editions/1"' in (await chen.get("/rules/editions")).html
    page = await chen.get("/rules/editions/1")
    assert "Fewer texts in a week" in page.words
    page = await chen.post("/rules/editions/1/approve", against=page.field("against"), note="Read every line")
    assert "In force" in page.words
    assert "At most 2 contacts (text) in any 7 days" in (await agent.get("/rules/contact")).words
    page = await agent.get("/rules/editions")
    for told in ("wang", "chen", "Fewer texts in a week", "Read every line", "in force since"):
        assert told in page.words
    assert "is what runs now" in (await wang.get("/rules/editions")).words


@sqlite
async def test_the_proposer_cannot_approve(governed: Bank, folder: Path) -> None:
    wang = await governed.browser("wang", "supervisor")
    edit(folder)
    await wang.get("/rules/editions")
    page = await wang.post("/rules/editions", origin="folder", note="mine")
    assert "/rules/editions/1/approve" not in page.html
    page = await wang.post("/rules/editions/1/approve", against="", note="mine too")
    assert page.status == 409
    assert "a second person does" in page.words
    assert "At most 3 contacts (text) in any 7 days" in (await wang.get("/rules/contact")).words


@sqlite
@pytest.mark.parametrize("role", ["agent", "auditor"])
async def test_agents_and_auditors_look_and_change_nothing(governed: Bank, folder: Path, role: str) -> None:
    wang, other = await governed.browser("wang", "supervisor"), await governed.browser("li", role)
    edit(folder)
    await wang.get("/rules/editions")
    await wang.post("/rules/editions", origin="folder", note="fewer")
    page = await other.get("/rules/editions/1")
    assert page.status == 200
    assert '<form method="post" action="/rules/editions' not in page.html
    assert (await other.post("/rules/editions", origin="folder", note="x")).status == 403
    assert (await other.post("/rules/editions/1/approve", against="", note="x")).status == 403
    assert (await other.post("/rules/editions/1/refuse", note="x")).status == 403
    other.sid = ""
    assert "/login" in (await other.get("/rules/editions")).html


@sqlite
async def test_a_zip_is_proposed_and_may_be_taken_back(governed: Bank) -> None:
    wang = await governed.browser("wang", "supervisor")
    await wang.get("/rules/editions")
    files = {**SHIPPED.files, CAPS: SHIPPED.files[CAPS].replace('limit: "1", days: "1"', 'limit: "2", days: "1"')}
    page = await upload(wang, zipped(files))
    assert page.status == 200
    assert "uploaded zip" in page.words
    assert 'href="/rules/editions/1"' in (await wang.get("/approvals")).html
    assert "At most 1 2 contact contacts (text) in a day" in page.words
    page = await wang.post("/rules/editions/1/refuse", note="Not yet")
    assert "turned down" in page.words
    async with governed.database.read() as connection:
        assert [one.kind for one in await pending.elsewhere(connection, WANG) if one.kind == "rules"] == []


@sqlite
@pytest.mark.parametrize(
    "raw",
    [b"", b"PK\x03\x04garbage", zipped({"../../etc/cron.d/x.yml": "x"}), zipped({"conversation.yml": "version: ["}),
     zipped({"conversation.yml": "a" * 5_000_000}), zipped({"notes.exe": "x"})],
)  # fmt: skip
async def test_a_hostile_zip_is_refused_in_words_and_keeps_the_note(governed: Bank, raw: bytes) -> None:
    wang = await governed.browser("wang", "supervisor")
    await wang.get("/rules/editions")
    page = await upload(wang, raw, note="my careful note")
    assert page.status == 422
    assert "did not pass the check" in page.words
    assert "my careful note" in page.html
    async with governed.database.read() as connection:
        assert await editions.listed(connection) == []


@sqlite
async def test_what_is_larger_than_any_content_is_refused(governed: Bank) -> None:
    wang = await governed.browser("wang", "supervisor")
    await wang.get("/rules/editions")
    page = await upload(wang, b"\0" * (5 * 1024 * 1024))
    assert page.status == 422
    assert "more than 4 MiB" in page.words


@sqlite
async def test_content_that_a_start_would_refuse_is_not_kept(governed: Bank, folder: Path) -> None:
    wang = await governed.browser("wang", "supervisor")
    await wang.get("/rules/editions")
    edit(folder, "请问您打算哪天还、还多少", "再不还就报公安", "responses/zh.yml")
    page = await wang.post("/rules/editions", origin="folder", note="harder words")
    assert page.status == 422
    assert "false_authority" in page.words
    (folder / "conversation.yml").write_bytes(b"\xff\xfe")
    page = await wang.get("/rules/editions")
    assert page.status == 200
    assert "not UTF-8" in page.words
    shutil.rmtree(folder)
    assert "there is no such folder" in (await wang.get("/rules/editions")).words


@sqlite
async def test_two_proposals_one_after_the_other_are_looked_at_again(governed: Bank, folder: Path) -> None:
    wang, chen = await governed.browser("wang", "supervisor"), await governed.browser("chen", "supervisor")
    await wang.get("/rules/editions")
    edit(folder)
    await wang.post("/rules/editions", origin="folder", note="one")
    edit(folder, 'limit: "10"', 'limit: "9"')
    await wang.post("/rules/editions", origin="folder", note="two")
    await chen.get("/rules/editions")
    assert (await chen.post("/rules/editions/1/approve", against="", note="yes")).status == 200
    page = await chen.post("/rules/editions/2/approve", against="", note="yes")
    assert page.status == 409
    assert "Look at the differences again" in page.words
    page = await chen.post("/rules/editions/2/approve", against=page.field("against"), note="yes")
    assert "In force" in page.words


@sqlite
async def test_an_earlier_edition_is_proposed_again(governed: Bank, folder: Path) -> None:
    wang, chen = await governed.browser("wang", "supervisor"), await governed.browser("chen", "supervisor")
    await wang.get("/rules/editions")
    await chen.get("/rules/editions")
    for was, now in (
        ('limit: "3", days: "7"', 'limit: "2", days: "7"'),
        ('limit: "2", days: "7"', 'limit: "1", days: "7"'),
    ):
        edit(folder, was, now)
        page = await wang.post("/rules/editions", origin="folder", note="less")
        id = page.words.partition("Edition ")[2].partition(" ")[0]
        page = await chen.get(f"/rules/editions/{id}")
        await chen.post(f"/rules/editions/{id}/approve", against=page.field("against"), note="yes")
    assert "At most 1 contact (text) in any 7 days" in (await chen.get("/rules/contact")).words
    page = await chen.post("/rules/editions", origin="earlier", edition="1", note="back")
    assert "an earlier edition" in page.words
    page = await wang.get("/rules/editions/3")
    await wang.post("/rules/editions/3/approve", against=page.field("against"), note="yes")
    assert "At most 2 contacts (text) in any 7 days" in (await chen.get("/rules/contact")).words


@sqlite
@pytest.mark.parametrize("path", ["/rules/editions/99", "/rules/editions/0", "/rules/editions/1?against=99",
                                  "/rules/editions/1?against=x", "/rules/editions/1?against=" + "9" * 40])  # fmt: skip
async def test_an_edition_that_is_not_there_is_missing(governed: Bank, folder: Path, path: str) -> None:
    wang = await governed.browser("wang", "supervisor")
    edit(folder)
    await wang.get("/rules/editions")
    await wang.post("/rules/editions", origin="folder", note="one")
    assert (await wang.get(path)).status == 404


@sqlite
@pytest.mark.parametrize("fields", [{}, {"origin": "earlier", "edition": "1 OR 1=1"}, {"origin": "mars"},
                                    {"origin": "earlier"}, {"origin": "upload", "zip": "text"}])  # fmt: skip
async def test_garbage_proposes_nothing(governed: Bank, fields: dict[str, str]) -> None:
    wang = await governed.browser("wang", "supervisor")
    await wang.get("/rules/editions")
    assert (await wang.post("/rules/editions", **fields)).status in (404, 422)
    assert (await wang.post("/rules/editions", site="cross-site", origin="folder", note="x")).status == 403
    async with governed.database.read() as connection:
        assert await editions.listed(connection) == []


@sqlite
async def test_hostile_content_is_shown_as_text(governed: Bank, folder: Path) -> None:
    wang = await governed.browser("wang", "supervisor")
    await wang.get("/rules/editions")
    edit(folder, "# Approved wording", "# </pre><script>alert(1)</script> \u202e Approved wording", "responses/zh.yml")
    edit(folder, 'source: "bank policy: no reminder', 'source: "<img src=x onerror=alert(1)> bank policy: no reminder')
    page = await wang.post("/rules/editions", origin="folder", note="<script>alert(2)</script>")
    assert page.status == 200
    assert "<script>alert" not in page.html
    assert "<img src=x" not in page.html
    assert "\u202e" not in page.html
    assert "&lt;img src=x" in page.html


def test_differences_are_told_rule_by_rule_and_file_by_file() -> None:
    bank = dialogues.load().responses.bank
    name = "policies/contact/cn.yml"
    extra = '  - {id: CN-NEW, kind: cap, limit: "4", days: "30", purposes: [reminder], source: new law, grade: K}\n'
    rows = SHIPPED.files[name].splitlines(keepends=True)
    gone = [row for row in rows if "CN-CALL" not in row]
    new = Bundle({**SHIPPED.files, name: "".join(gone) + extra.replace("}", ", effective_from: 2027-01-01}")})
    told = changes.in_words(words("en"), content_of(SHIPPED, bank), content_of(new, bank))
    assert [(one.kind, one.code) for one in told] == [("added", "CN-NEW"), ("removed", "CN-CALL")]
    files = changes.by_file(SHIPPED, new)
    assert [(one.kind, one.name) for one in files] == [("changed", name)]
    assert [mark for mark, _ in files[0].lines].count("+") == 1
    assert changes.in_words(words("zh"), content_of(SHIPPED, bank), content_of(SHIPPED, bank)) == []


def test_files_too_long_to_compare_are_not_compared_line_by_line() -> None:
    old, new = Bundle({"intents/zh.yml": "a\n" * 30_000}), Bundle({"intents/zh.yml": "b\n" * 30_001})
    (one,) = changes.by_file(old, new)
    assert (one.lines, one.more) == ((), 1)
