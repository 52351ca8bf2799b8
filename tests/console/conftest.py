"""An office with people and customers in a real database, and a browser that fills in plain forms."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import insert, select, update

from bot import console, dialogues
from bot.console import Office
from bot.console.access import COOKIE, Route
from bot.console.pad import mask
from bot.core.case import Owner, State
from bot.mind import Mind
from bot.nlu.read import Reader
from bot.store import agents, cases, sessions, texts
from bot.store import tables as t
from bot.store.columns import keyring
from bot.store.inbox import new_file
from bot.store.keys import new_customer_key
from bot.store.session import Database

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # a Monday, 12:00 in Shanghai
PASSWORD = "correct horse"
inbound = texts.inbound


def template(route: Route) -> str:
    """A route's path with bare placeholders: /customers/{id}/reply."""
    return re.sub(r"\{(\w+):.*?\}(?=/|$)", r"{\1}", route.path)


# What stands in the placeholders of paths besides an id. Tests that walk every route fail where one is not listed.
PLACES = {"section": "contact", "code": "CN-TIME", "text": "1"}


def address(route: Route, id: int) -> str:
    """A route's path about this customer, person or upload."""
    return template(route).format(id=id, **PLACES)


@dataclass
class Time:
    """A clock that tests set."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


class _Marks(HTMLParser):
    """The elements, form tokens and visible words of a page."""

    def __init__(self, html: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@dataclass
class Page:
    """What a browser got: `words` is what a person can read."""

    status: int
    html: str
    headers: Any

    @property
    def elements(self) -> list[tuple[str, dict[str, str | None]]]:
        return _Marks(self.html).elements

    @property
    def words(self) -> str:
        return " ".join(" ".join(_Marks(self.html).words).split())

    def field(self, name: str) -> str:
        """The value of the last field of this name: the page's own forms come after those of its head."""
        values = [attrs.get("value") for tag, attrs in self.elements if tag == "input" and attrs.get("name") == name]
        return values[-1] or "" if values else ""


@dataclass
class Browser:
    """Keeps the session's cookie, follows redirects, and says where its requests come from, as browsers do."""

    client: TestClient[web.Request, web.Application]
    sid: str = ""
    csrf: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"Accept-Language": "en"})

    async def get(self, path: str, **headers: str) -> Page:
        return await self._ask("GET", path, None, headers)

    async def post(self, path: str, site: str | None = "same-origin", **fields: str) -> Page:
        headers = {"Sec-Fetch-Site": site} if site is not None else {}
        return await self._ask("POST", path, {"csrf": self.csrf, **fields}, headers)

    async def upload(self, path: str, name: str, raw: bytes, **fields: str) -> Page:
        """Send a file with a form, as browsers do: fields first, then the file."""
        form = FormData({"csrf": self.csrf, **fields})
        form.add_field("file", BytesIO(raw), filename=name, content_type="text/csv")
        return await self._ask("POST", path, form, {"Sec-Fetch-Site": "same-origin"})

    async def _ask(
        self, method: str, path: str, data: dict[str, str] | FormData | None, headers: dict[str, str]
    ) -> Page:
        if self.sid:
            headers["Cookie"] = f"{COOKIE}={self.sid}"
        options: dict[str, Any] = {"data": data, "headers": {**self.headers, **headers}, "allow_redirects": False}
        async with self.client.request(method, path, **options) as answer:
            page = Page(answer.status, await answer.text(), answer.headers)
            if COOKIE in answer.cookies:
                self.sid = answer.cookies[COOKIE].value
        self.csrf = page.field("csrf") or self.csrf
        if page.status == 303:
            return await self.get(page.headers["Location"])
        return page


@dataclass
class Bank:
    """The office, its clock, and short ways to put people, customers and texts into the store."""

    database: Database
    office: Office
    time: Time
    client: TestClient[web.Request, web.Application]

    async def person(self, login: str, role: str = "agent", name: str = "", team: str = "") -> int:
        async with self.database.write() as connection:
            return await agents.create_agent(connection, login, name or login.title(), role, PASSWORD, "en", team)

    async def browser(self, login: str, role: str = "agent", team: str = "") -> Browser:
        """A browser in which this (new) person is logged in."""
        id = await self.person(login, role, team=team)
        async with self.database.write() as connection:
            sid, csrf = await sessions.begin(connection, id, self.time())
        return Browser(self.client, sid, mask(csrf))

    async def customer(
        self, number: str = "+8613800000001", name: str = "李小明", state: State = State.HARDSHIP, **more: Any
    ) -> int:
        about = {
            "reference": f"C{number[-6:]}", "name": name, "language": "zh", "zones": "Asia/Shanghai",
            "jurisdiction": "cn", "known": True, "data_key": new_customer_key().hex(), "last_seq": 0,
            "journal_seq": 0, "journal_head": "", "created_at": NOON, **more,
        }  # fmt: skip
        owed = {
            "reference": f"A{number[-6:]}", "product": "personal_loan", "balance": Decimal(12000), "minimum_due": None,
            "amount_due": Decimal("1200.50"), "due_on": date(2026, 10, 20), "currency": "CNY", "tail": "8721",
        }  # fmt: skip
        hashed = keyring().number_hash(number)
        async with self.database.write() as connection:
            added = await connection.execute(insert(cases.customer).values(about).returning(cases.customer.c.id))
            id = int(added.scalar_one())
            phone = {"number": number, "number_hash": hashed, "source": "reserved", "current": True}
            await connection.execute(insert(cases.case_file).values(new_file(id, state, NOON)))
            await connection.execute(insert(cases.phone).values(customer_id=id, **phone))
            await connection.execute(insert(cases.account).values(customer_id=id, **owed))
        return id

    async def called(self, customer_id: int, due_in: timedelta = timedelta(hours=4), queue: str = "hardship") -> None:
        """A person was called to this customer."""
        async with self.database.write() as connection:
            await connection.execute(insert(cases.handoff).values(
                customer_id=customer_id, queue=queue, reason="open_hardship", priority=3, opened_at=NOON,
                due_at=self.time() + due_in,
            ))  # fmt: skip

    async def wrote(self, customer_id: int, text: str, pending: bool = False) -> None:
        """The customer wrote this, and unless it is pending the bot has read it."""
        async with self.database.write() as connection:
            seq = None
            if not pending:
                last = select(cases.customer.c.last_seq).where(cases.customer.c.id == customer_id)
                seq = int((await connection.execute(last)).scalar_one()) + 1
                here = cases.customer.c.id == customer_id
                await connection.execute(update(cases.customer).where(here).values(last_seq=seq))
            row = {
                "channel": "phone", "customer_id": customer_id, "sender": "+8613800000001", "sender_hash": "",
                "destination": "1069", "text": text, "received_at": self.time(), "seq": seq, "intents": "hardship",
                "state": "pending" if pending else "handled",
            }  # fmt: skip
            await connection.execute(insert(inbound).values(row))

    async def texts(self, customer_id: int) -> list[Any]:
        """Our texts to this customer."""
        async with self.database.read() as connection:
            query = select(cases.outbox).where(cases.outbox.c.customer_id == customer_id).order_by(cases.outbox.c.seq)
            return list(await connection.execute(query))

    async def owner(self, customer_id: int) -> tuple[Owner, int | None]:
        """Who has this customer."""
        async with self.database.read() as connection:
            file = (await cases.load(connection, [customer_id], self.time()))[customer_id]
        return file.case.owner, file.agent_id

    async def readings(self) -> list[tuple[str, int | None, str]]:
        """The access log."""
        table = t.AccessLog.__table__  # type: ignore[attr-defined]
        async with self.database.read() as connection:
            return [
                (r.who, r.customer_id, r.what) for r in await connection.execute(select(table).order_by(table.c.id))
            ]


Serve = Callable[[Office], Coroutine[Any, Any, TestClient[web.Request, web.Application]]]


@pytest.fixture(scope="session")
def mind(reader: Reader) -> Mind:
    return Mind(reader, dialogues.load(), timedelta(0), "phone")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def office(database: Database, mind: Mind, time: Time) -> Office:
    return Office(database, mind, time, wake=lambda: None, setup_token="one-time")


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves an office's console."""
    clients = []

    async def start(office: Office) -> TestClient[web.Request, web.Application]:
        app = web.Application()
        console.mount(app, office)
        clients.append(TestClient(TestServer(app)))
        await clients[-1].start_server()
        return clients[-1]

    yield start
    for client in clients:
        await client.close()


@pytest.fixture
async def bank(database: Database, office: Office, time: Time, serve: Serve) -> Bank:
    return Bank(database, office, time, await serve(office))


# Of the pages' tests these ask the database for what the two do differently; the others are tried on SQLite alone.
ON_BOTH = {
    "claim",
    "live",
    "scope",
    "desk",
    "queue",
    "portfolio_flow",
    "dashboard",
    "lock",
    "merging",
    "publication",
    "presence",
    "erasure",
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the second database to the modules that need both; `HUIXIN_BOTH=1` tries everything on both."""
    if os.environ.get("HUIXIN_BOTH"):
        return
    here, once = Path(__file__).parent, []
    for item in items:
        if item.path.parent == here and "postgresql" in item.name and item.path.stem[5:] not in ON_BOTH:
            once.append(item)
    if once:
        config.hook.pytest_deselected(items=once)
        items[:] = [item for item in items if item not in set(once)]
