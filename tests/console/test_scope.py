"""A team's agents see their own team's customers: of others no page, list, search, stream or action says a word."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from urllib.parse import unquote

import pytest

from bot import console
from bot.console import Office
from bot.console.access import COOKIE, ROLES
from bot.console.customer import action
from bot.console.customer.action import Refused
from bot.core.case import Owner
from bot.store import agents, cases, desk, queue, scope, thread
from bot.store.agents import Role
from bot.store.queue import Folder
from bot.store.scope import EVERYONE, NOBODY, Scope
from tests.console.conftest import NOON, PASSWORD, PLACES, Bank, Browser, Page, template

NUMBER, SAID = "+8613911112222", "龘龘的话"
NOTHING = 10**15  # an id that no customer has
# What else a page is asked for; a page that is not named is asked for as it is.
QUERIES = {
    "/queue": [f"?folder={folder}" for folder in Folder],
    "/customers": [f"?q={needle}" for needle in ("C112222", "A112222", "13911112222", "%2B8613911112222")],
    "/customers/{id}": ["", "?all=1"],
}
TRACES = ("龘", "112222", "139****", "98,765", "98765", "Bing")


@dataclass
class Teams:
    """Two teams with an agent and a customer each; the customer of team B waits, then their agent takes them."""

    bank: Bank
    ours: int
    theirs: int
    ann: Browser  # of team A
    bing: Browser  # of team B


@pytest.fixture
async def teams(bank: Bank) -> Teams:
    ours = await bank.customer("+8613800000001", team="A")
    theirs = await bank.customer(NUMBER, "龘小明", team="B")
    async with bank.database.write() as connection:
        table = cases.account
        await connection.execute(
            table.update().where(table.c.customer_id == theirs).values(amount_due=Decimal("98765.43"))
        )
    for customer, said in ((ours, "我们的话"), (theirs, SAID)):
        await bank.called(customer)
        await bank.wrote(customer, said)
    return Teams(bank, ours, theirs, await bank.browser("ann", team="A"), await bank.browser("bing", team="B"))


def walked(office: Office) -> list[tuple[str, str]]:
    """Every request that the console answers: method, and path with `{id}` where a customer's id belongs."""
    paths = [(route.method, template(route)) for route in console.routes(office)]
    return [
        (method, path + query)
        for method, path in paths
        for query in QUERIES.get(path, [""])
        if path not in ("/logout", "/session/lock")
    ]


def bare(page: Page, id: int) -> str:
    """A page without what differs each time it is asked for, and without the id that it was asked for by."""
    return re.sub(r'value="[\w=-]{80,}"|<!-- [\w-]* -->', "", page.html).replace(f"/{id}", "/?")


async def ask(browser: Browser, method: str, path: str) -> Page:
    """The answer itself, without going where it leads."""
    options = {"headers": {"Cookie": f"{COOKIE}={browser.sid}", "Sec-Fetch-Site": "same-origin"}}
    form = {"csrf": browser.csrf, "text": "x", "amount": "1", "due_on": "2026-11-30", "rows": "2026-11-30 1", "to": "1"}
    if method == "POST":
        options["data"] = form
    async with browser.client.request(method, path, allow_redirects=False, **options) as answer:  # type: ignore[arg-type]
        is_stream = answer.content_type == "text/event-stream"  # what it says first is looked at
        body = (await answer.content.readany()).decode() if is_stream else await answer.text()
        return Page(answer.status, body, answer.headers)


def test_the_walk_knows_every_placeholder_of_every_route(office: Office) -> None:
    """A new page that shows a customer under another name of its id must be walked too: add the name to PLACES."""
    found = {name for route in console.routes(office) for name in re.findall(r"\{(\w+)\}", template(route))}
    assert found == {"id", *PLACES}
    assert {path for route in console.routes(office) if (path := template(route)) in QUERIES} == QUERIES.keys()


@pytest.mark.parametrize("taken", [False, True], ids=["waiting", "taken"])
async def test_no_answer_of_the_console_holds_a_byte_of_another_teams_customer(teams: Teams, taken: bool) -> None:
    bank = teams.bank
    if taken:
        await ask(teams.bing, "POST", f"/customers/{teams.theirs}/take")
    before, agents_own = await trail(bank, teams.theirs), ROLES[Role.AGENT]
    rights = {(route.method, template(route)): route.right in agents_own for route in console.routes(bank.office)}
    for method, path in walked(bank.office):
        page = await ask(teams.ann, method, path.format(id=teams.theirs, **PLACES))
        where = f"{method} {path}"
        searched = path.partition("?q=")[2] or "\0"  # a search says again what was searched for
        said = page.html.replace(searched, "").replace(unquote(searched), "") + str(page.headers)
        assert [trace for trace in TRACES if trace in said] == [], where
        if "{id}" not in path:
            assert f"/customers/{teams.theirs}" not in page.html, where
        elif path.startswith("/customers/"):
            none = await ask(teams.ann, method, path.format(id=NOTHING, **PLACES))
            assert page.status == none.status == (404 if rights[method, path.partition("?")[0]] else 403), where
            assert bare(page, teams.theirs) == bare(none, NOTHING), where
    assert (await ask(teams.ann, "GET", "/queue")).status == 200  # she was there to the end
    assert await trail(bank, teams.theirs) == before
    assert [one for one in await bank.readings() if one[0] == "ann" and one[1] == teams.theirs] == []


async def test_the_walk_would_have_seen_them(teams: Teams) -> None:
    """The same pages show the team's own customers, so that what the walk does not find is not there."""
    seen = ""
    for method, path in walked(teams.bank.office):
        if method == "GET":
            page = await ask(teams.bing, method, path.format(id=teams.theirs, **PLACES))
            seen += page.html + str(page.headers)
    assert SAID in seen
    assert {trace for trace in TRACES if trace in seen} >= {"龘", "112222", "98,765", "Bing"}


async def test_a_team_takes_next_from_its_own_and_lists_count_its_own(teams: Teams) -> None:
    page = await teams.ann.post("/queue/next")
    assert await teams.bank.owner(teams.ours) == (Owner.AGENT, 1)
    assert SAID not in page.html
    assert "nobody is waiting" in (await teams.ann.post("/queue/next")).words.lower()
    assert (await teams.bank.owner(teams.theirs))[0] is Owner.BOT
    async with teams.bank.database.read() as connection:
        counted = await queue.counts(connection, Scope(frozenset({"A"})), 1, NOON)
        everybody = await queue.counts(connection, EVERYONE, 1, NOON)
    assert (counted[Folder.NEXT], counted[Folder.TAKEN]) == (0, 1)
    assert everybody[Folder.NEXT] == 1


@pytest.mark.parametrize("own", [Scope(frozenset({"A"})), Scope(frozenset({""})), NOBODY], ids=["A", "none", "nobody"])
async def test_every_query_for_peoples_eyes_fails_closed(teams: Teams, own: Scope) -> None:
    id = teams.theirs
    async with teams.bank.database.read() as connection:
        for needle in ("C112222", "A112222", NUMBER):
            assert await thread.find_customer(connection, EVERYONE, needle) == id
            assert await thread.find_customer(connection, own, needle) is None
        for function in (
            lambda: thread.view(connection, own, id, NOON),
            lambda: thread.journal_of(connection, own, id),
        ):
            with pytest.raises(LookupError):
                await function()
        for folder in Folder:
            listed = await queue.rows(connection, own, folder, 2, NOON, NOON)
            assert id not in {row.customer_id for row in listed}, folder
        assert id not in await queue.next_up(connection, own)
        assert await desk.colleagues(connection, own, id) == []
        assert await desk.follow_up_of(connection, own, id) is None
        assert await own.only(connection, [id]) == frozenset()


async def test_whoever_has_no_team_sees_customers_without_team_alone(teams: Teams) -> None:
    bank = teams.bank
    nobodys = await bank.customer("+8613700000000", "周某")
    loner = await bank.browser("loner")
    assert (await loner.get(f"/customers/{nobodys}")).status == 200
    for id in (teams.ours, teams.theirs):
        assert (await loner.get(f"/customers/{id}")).status == 404
    assert (await teams.ann.get(f"/customers/{nobodys}")).status == 404


@pytest.mark.parametrize("role", ["supervisor", "auditor"])
async def test_supervisors_and_auditors_see_every_team_whatever_team_is_written_on_them(
    teams: Teams, role: str
) -> None:
    someone = await teams.bank.browser("boss", role, team="A")
    for id, team in product((teams.ours, teams.theirs), ("",)):
        assert (await someone.get(f"/customers/{id}{team}")).status == 200


def test_a_role_that_is_not_named_sees_nobody() -> None:
    assert agents.scope_of(Role.ADMIN, "A") == agents.scope_of("of-tomorrow", "A") == NOBODY
    assert agents.scope_of(Role.AGENT, "A") == Scope(frozenset({"A"}))
    stopped = agents.Person(1, "x", "X", Role.SUPERVISOR, "en", active=False)
    assert stopped.scope == NOBODY == scope.Scope()


async def test_a_customer_goes_only_to_colleagues_who_may_see_them(teams: Teams) -> None:
    await teams.ann.post(f"/customers/{teams.ours}/take")
    page = await teams.ann.post(f"/customers/{teams.ours}/transfer", to="2", text="take over, please")
    assert page.status == 422
    assert await teams.bank.owner(teams.ours) == (Owner.AGENT, 1)
    async with teams.bank.database.read() as connection:
        ann, bing = (await agents.people(connection))[:2]
        there = await desk.desk_of(connection, bing.id)
    assert there is not None
    with pytest.raises(Refused, match=r"refused\.no_room"):
        await action.transfer(teams.bank.office, ann, teams.ours, there, "x", NOON)
    await teams.bank.person("cai", team="A")
    await teams.ann.post(f"/customers/{teams.ours}/transfer", to="3", text="take over, please")
    assert await teams.bank.owner(teams.ours) == (Owner.AGENT, 3)


async def test_a_customer_who_moves_to_another_team_is_gone_from_the_first(teams: Teams) -> None:
    await teams.ann.post(f"/customers/{teams.ours}/take")
    async with teams.bank.database.write() as connection:
        await connection.execute(scope.customer.update().where(scope.customer.c.id == teams.ours).values(team="B"))
    assert (await teams.ann.get(f"/customers/{teams.ours}")).status == 404
    assert (await teams.ann.post(f"/customers/{teams.ours}/reply", text="x", seen="9", after="9")).status == 404
    assert (await teams.ann.post("/away", away="yes")).status == 200
    assert (await teams.bing.get(f"/customers/{teams.ours}")).status == 200


async def test_the_stream_says_nothing_when_another_teams_customer_changes(teams: Teams) -> None:
    bank, ended = teams.bank, asyncio.Event()
    task = asyncio.create_task(bank.database.listen(ended))
    await asyncio.sleep(0.5)
    async with bank.database.read() as connection:
        ann, bing = (await agents.people(connection))[:2]
    path, headers = f"/live?customer={teams.theirs}", {"Cookie": f"{COOKIE}={teams.ann.sid}"}
    async with await bank.client.get(path, headers=headers) as stream:
        await asyncio.sleep(0.5)
        await action.write_note(bank.office, bing, teams.theirs, "theirs", bank.time())
        await asyncio.sleep(0.5)
        await action.write_note(bank.office, ann, teams.ours, "ours", bank.time())
        said = b""
        async with asyncio.timeout(5):
            while said.count(b"event: changed") < 2:
                said += await stream.content.readany()
    ended.set()
    await task
    assert b'"customer": true' not in said
    assert said.count(b"event: changed") == 2  # as the stream begins, and for the team's own


async def trail(bank: Bank, customer_id: int) -> tuple[object, ...]:
    """All that is written about a customer."""
    async with bank.database.read() as connection:
        view = await thread.view(connection, EVERYONE, customer_id, NOON)
        entries, _ = await thread.journal_of(connection, EVERYONE, customer_id)
    return view, [entry.hash for entry in entries], await bank.owner(customer_id)


@pytest.mark.parametrize("team", ["x" * 33, "A\nB", "\u202eA", "A\x00"])
async def test_a_team_that_could_be_mistaken_is_refused(bank: Bank, team: str) -> None:
    boss = await bank.browser("root", "admin")
    fields = {"login": "chen", "name": "Chen", "role": "agent", "password": PASSWORD, "language": "zh"}
    assert (await boss.post("/people", **fields, team=team)).status == 422
    assert "一组" in (await boss.post("/people", **fields, team=" 一组 ")).words
