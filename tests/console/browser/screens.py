"""Every page that the console answers with, by who reads it; `furnish` is the bank that they are shown for."""

from __future__ import annotations

from datetime import timedelta

from bot.dialogues.bundle import Bundle
from bot.store import edition_effects, editions
from bot.store.editions import Origin
from bot.turn import turn
from tests.console.conftest import NOON, Bank, Browser
from tests.console.test_portfolio_flow import lines
from tests.console.uploading import HEADER, ROW, address, checked, rehearsed, uploaded, work

BAD = ROW.replace("1200.00,1200.00", "abc,1")

SCREENS = {
    "agent": ("/queue", "/queue?folder=mine", "/queue?folder=follow_up", "/customers?q=C000001", "/customers?q=nobody",
              "/customers/1", "/customers/1/journal", "/customers/1/texts/2/correct", "/dashboard", "/settings",
              "/people"),
    "supervisor": ("/desks", "/desks/1", "/approvals", "/dashboard",
                   "/dashboard?days=7&product=personal_loan", "/dashboard/rows?measure=open_handoffs", "/customers/1",
                   "/rules/try?customer=1", "/rules/try?edition=1", "/rules/editions", "/rules/editions/1",
                   "/rules/editions/1/effect"),
    "auditor": ("/access", "/queue", "/customers/1", "/approvals", "/people", "/rules", "/rules?q=BANK",
                "/rules?q=nothing+like+it", "/rules/contact", "/rules/plans", "/rules/wording", "/rules/words",
                "/rules/try", "/rules/editions/1", "/customers/999"),
    "admin": ("/people", "/settings", "/account", "/rules/editions", "/rules/editions/1"),
}  # fmt: skip
# Walked step by step in test_accessible.py: logging in, uploads in every state, the phone of a demonstration.
STEPS = ("/login", "/account/code", "/portfolio", "/portfolio/1", "/portfolio/1/rows", "/demo/phone")
NO_PAGES = {
    "/": "goes on to the page that one works on",
    "/rules/find/{code}": "goes on to the section that has the rule",
    "/live": "a stream",
    "/notices": "a stream",
    "/session": "read by the script alone",
    "/dashboard/rows.csv": "a download",
    "/dashboard/cases.csv": "a download",
    "/portfolio/sample.csv": "a download",
    "/portfolio/{id}/rejects.csv": "a download",
}


async def furnish(bank: Bank) -> int:
    """A customer in hardship who wrote twice and was answered, and other wording that waits for a second person."""
    id = await bank.customer()
    await bank.called(id)
    await bank.wrote(id, "我失业了，真的还不上，https://example.com/" + "a" * 90)
    await bank.wrote(id, "我周五还500，别再发了", pending=True)
    await turn(bank.database, bank.office.mind, bank.time())
    files = dict(bank.office.mind.content.files.files)
    name = "responses/zh.yml"
    changed = Bundle({**files, name: files[name] + "# end"})
    async with bank.database.write() as connection:
        edition = await editions.propose(connection, changed, Origin.UPLOAD, "wang", "a closing line", NOON)
        until = NOON + timedelta(hours=24)
        one = await edition_effects.begin(connection, edition, changed.fingerprint, "wang", NOON, until, 100)
        example = [id, "moved", NOON.isoformat(), until.isoformat(), "BANK-HOURS"]
        counts = {"contacted": {"old": 4812, "new": 4812}, "moved": {"BANK-HOURS": 188}, "examples": [example]}
        assert one is not None and await edition_effects.note(connection, one, 4812, counts, NOON, ended=True)
    return id


async def uploads(bank: Bank) -> list[str]:
    """Uploads in every state that has a page of its own; the pages' addresses."""
    boss, second = await bank.browser("boss", "supervisor"), await bank.browser("second", "supervisor")
    text = f"{HEADER}\n{lines(3)}\n{BAD}\n"
    paths = ["/portfolio", address(await uploaded(boss, text)), address(await checked(bank, boss, text))]
    for verdict in ("", "wait", "reject", "approve", "pause"):
        path = address(await rehearsed(bank, boss, text))
        paths.append(path)
        if verdict:
            await boss.post(f"{path}/ask")
        if verdict in ("reject", "approve", "pause"):
            await decide(second, path, "reject" if verdict == "reject" else "approve")
        if verdict == "pause":
            await boss.post(f"{path}/pause")
        await work(bank)
    return [*paths, f"{paths[3]}/rows?kind=outcome&value=contacted", f"{paths[3]}/rows?kind=refused"]


async def decide(second: Browser, path: str, verdict: str) -> None:
    """What a second person says to an upload."""
    mark = (await second.get(path)).field("fingerprint")
    await second.post(f"{path}/decide", verdict=verdict, reason="x", fingerprint=mark)
