"""The table of roles: what each may ask for, over HTTP; and that looking is all that the database lets auditors do."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import insert, select, text

from bot import console
from bot.console import Office, access
from bot.console.access import Right, Route, Visit
from bot.console.render import DENIED
from bot.demo import LOGINS
from bot.store import accesses, cases
from bot.store.agents import Role, agent
from bot.store.session import ReadOnly
from tests.console.conftest import Bank, Browser, address, template

A, S, U, M = Role.AGENT, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN
# Who may ask for what. A right that is not here, or a route whose right is not, fails the test below.
TABLE: dict[Right, set[Role]] = {
    Right.OPEN: {A, S, U, M},
    Right.SIGNED_IN: {A, S, U, M},
    Right.AUDIT: {U},
    Right.ENROL: {A, S, U, M},
    Right.READ: {A, S, U},
    Right.ACT: {A, S},
    Right.OVERSEE: {S, U},
    Right.SUPERVISE: {S},
    Right.LOOK_PEOPLE: {U, M},
    Right.MANAGE: {M},
    Right.PUBLISH: {S, M},
    Right.FORESEE: {S, U, M},
}
# The rows of the table that people would look up, by their address. What is not named goes by its right alone.
ADDRESSES: dict[tuple[str, str], set[Role]] = {
    ("GET", "/queue"): {A, S, U},
    ("POST", "/queue/next"): {A, S},
    ("GET", "/customers/{id}"): {A, S, U},
    ("POST", "/customers/{id}/take"): {A, S},
    ("POST", "/customers/{id}/reply"): {A, S},
    ("POST", "/customers/{id}/note"): {A, S},
    ("POST", "/customers/{id}/promise"): {A, S},
    ("POST", "/customers/{id}/plan"): {A, S},
    ("POST", "/customers/{id}/approve_plan"): {S},
    ("POST", "/customers/{id}/reveal"): {A, S, U},
    ("GET", "/desks"): {S, U},
    ("POST", "/desks/{id}"): {S},
    ("GET", "/people"): {U, M},
    ("GET", "/access"): {U},
    ("POST", "/people"): {M},
    ("POST", "/people/{id}/role"): {M},
    ("POST", "/people/{id}/code"): {M},
}


def test_every_right_and_every_address_of_the_table_exists(office: Office) -> None:
    assert set(TABLE) == set(Right)
    for right, roles in TABLE.items():
        if right not in (Right.OPEN, Right.ENROL):  # nobody's role gives these: see Visit.may
            assert {role for role in Role if right in access.ROLES[role]} == roles, right
    found = {(route.method, template(route)): TABLE[route.right] for route in console.routes(office)}
    assert {address: found.get(address) for address in ADDRESSES} == ADDRESSES


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_is_let_in_where_the_table_says_only(bank: Bank, office: Office, role: Role) -> None:
    customer = await bank.customer()
    await bank.called(customer)
    browser = await bank.browser("somebody", role)
    for route in console.routes(office):
        if route.path in ("/logout", "/session/lock"):
            continue
        path = address(route, customer)
        options = {"headers": {"Cookie": f"{access.COOKIE}={browser.sid}", "Sec-Fetch-Site": "same-origin"}}
        form = {"data": {"csrf": browser.csrf}} if route.method == "POST" else {}
        async with bank.client.request(route.method, path, allow_redirects=False, **options, **form) as answer:  # type: ignore[arg-type]
            body = "" if answer.content_type == "text/event-stream" else await answer.text()
        denied = answer.status == 403 and "Your role does not allow this." in body
        assert denied is (role not in TABLE[route.right]), f"{role} {route.method} {path}: {answer.status}"
        assert answer.status < 500, f"{role} {route.method} {path}"


async def test_the_database_refuses_what_an_auditors_request_would_write(bank: Bank, office: Office) -> None:
    """A route that let an auditor write by mistake would write nothing."""
    customer = await bank.customer()

    async def spoil(visit: Visit) -> web.StreamResponse:
        await visit.log_access(customer, "looked")
        async with visit.office.database.write() as connection:
            await connection.execute(cases.customer.update().values(reference="spoilt"))
        return access.problem(visit, 200, "problem.failed")

    app = web.Application()
    app.router.add_post("/spoil", access.guard(office, Route("POST", "/spoil", Right.READ, spoil)))
    async with TestClient(TestServer(app)) as client:
        for role, status, reference in (("auditor", 403, "C000001"), ("supervisor", 200, "spoilt")):
            known = await bank.browser(role, role)
            browser = Browser(client, known.sid, known.csrf)
            assert (await browser.post("/spoil")).status == status
            async with bank.database.read() as connection:
                assert (await connection.execute(select(cases.customer.c.reference))).scalar_one() == reference
            assert (role, customer, "looked") in await bank.readings()


async def test_no_reading_can_write(bank: Bank) -> None:
    """`Database.read` never writes: on either database the server itself says so."""
    await bank.person("fang")
    for statement in ("UPDATE agent SET name = 'x'", "DELETE FROM agent", "CREATE TABLE x (y INTEGER)"):
        with pytest.raises(ReadOnly):
            async with bank.database.read() as connection:
                await connection.execute(text(statement))
    async with bank.database.read() as connection:
        assert (await connection.execute(select(agent.c.name))).scalar_one() == "Fang"
    row = {"who": "x", "customer_id": None, "what": "y", "at": bank.time()}
    with pytest.raises(ReadOnly):
        async with bank.database.looking().write() as connection:
            await connection.execute(insert(accesses.access_log).values(row))
    async with bank.database.write() as connection:  # and the same connections write where they may
        await connection.execute(insert(accesses.access_log).values(row))


async def test_an_agent_reveals_only_customers_whom_they_have(bank: Bank) -> None:
    mine, theirs = await bank.customer(), await bank.customer("+8613800000002")
    fang, chen = await bank.browser("fang"), await bank.browser("chen")
    await fang.post(f"/customers/{mine}/take")
    await chen.post(f"/customers/{theirs}/take")
    assert "+8613800000001" in (await fang.post(f"/customers/{mine}/reveal")).html
    page = await fang.post(f"/customers/{theirs}/reveal")
    assert page.status == 403
    assert "13800000002" not in page.html
    assert [one for one in await bank.readings() if one[2] == "reveal"] == [("fang", mine, "reveal")]


async def test_a_served_console_has_none_of_the_demonstrations_log_ins(bank: Bank) -> None:
    """They are made by the demonstration's command alone, and shown by its page alone."""
    assert "demo" not in (await Browser(bank.client).get("/login")).html
    await bank.person("boss", "admin")
    for login, password, _ in LOGINS:
        assert password not in (await Browser(bank.client).get("/login")).html
        assert (await Browser(bank.client).post("/login", login=login, password=password)).status in (401, 429)


async def test_pages_ask_for_nothing_of_the_device(bank: Bank) -> None:
    header = (await Browser(bank.client).get("/login")).headers["Permissions-Policy"]
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(header.split(", "))
    assert header.count("=()") == len(DENIED)
