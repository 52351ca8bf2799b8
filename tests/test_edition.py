"""An approved edition decides in every process from its next unit of work on; one that cannot be loaded, nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot import dialogues
from bot.app import running
from bot.core.case import State
from bot.dialogues import Content, ContentError
from bot.dialogues.bundle import Bundle
from bot.edition import InForce
from bot.mind import Mind
from bot.nlu.read import Reader
from bot.parts import open_parts
from bot.settings import load_settings
from bot.store import cases, editions, replay, thread
from bot.store.columns import keyring
from bot.store.editions import Origin
from bot.store.inbox import new_file
from bot.store.keys import new_customer_key
from bot.store.scope import EVERYONE
from bot.store.session import Database
from bot.store.tables import Inbound
from bot.worker import Worker
from tests.fleet import AT_ONCE, KEY, Fleet, environment, until

_inbound = Inbound.__table__  # type: ignore[attr-defined]
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SHIPPED = Bundle.of(dialogues.ROOT)
WORDING = "responses/zh.yml"
VAGUE = "过几天还"
WAS, IS = "请问您打算哪天还、还多少？", "请问您准备哪天还、还多少？"


def changed(name: str = WORDING, was: str = WAS, now: str = IS) -> Bundle:
    assert was in SHIPPED.files[name]
    return Bundle({**SHIPPED.files, name: SHIPPED.files[name].replace(was, now)})


async def publish(database: Database, bundle: Bundle) -> int:
    async with database.write() as connection:
        id = await editions.propose(connection, bundle, Origin.COMMAND, "wang", "better words", NOW)
        await editions.approve(connection, id, await editions.in_force(connection), "chen", "read", NOW)
    return id


@pytest.fixture
async def other(database: Database) -> AsyncIterator[Database]:
    """The same database, as another process has it."""
    found = Database(database.url.render_as_string(hide_password=False))
    yield found
    await found.close()


@pytest.fixture
def mind(reader: Reader, content: Content) -> Mind:
    return Mind(reader, content, timedelta(0), "phone")


async def customer(database: Database, number: str = "+8613800000001") -> int:
    about = {
        "reference": f"C{number[-6:]}", "name": "李小明", "language": "zh", "zones": "Asia/Shanghai",
        "jurisdiction": "cn", "known": True, "data_key": new_customer_key().hex(), "last_seq": 0, "journal_seq": 0,
        "journal_head": "", "created_at": NOW,
    }  # fmt: skip
    owed = {
        "reference": f"A{number[-6:]}", "product": "personal_loan", "balance": Decimal(12000), "minimum_due": None,
        "amount_due": Decimal(1200), "due_on": date(2026, 10, 20), "currency": "CNY", "tail": "8721",
    }  # fmt: skip
    phone = {
        "number": number, "number_hash": keyring().number_hash(number), "source": "reserved", "current": True,
    }  # fmt: skip
    async with database.write() as connection:
        id = int(
            (await connection.execute(insert(cases.customer).values(about).returning(cases.customer.c.id))).scalar_one()
        )
        await connection.execute(insert(cases.case_file).values(new_file(id, State.CONTACTED, NOW)))
        await connection.execute(insert(cases.phone).values(customer_id=id, **phone))
        await connection.execute(insert(cases.account).values(customer_id=id, **owed))
    return id


async def writes(database: Database, id: int, text: str, at: datetime = NOW) -> None:
    row = {
        "channel": "phone", "customer_id": id, "sender": "+8613800000001", "sender_hash": "", "destination": "1069",
        "text": text, "received_at": at, "state": "pending",
    }  # fmt: skip
    async with database.write() as connection:
        await connection.execute(insert(_inbound).values(row))


async def said(database: Database, id: int) -> list[str]:
    async with database.read() as connection:
        query = select(cases.outbox.c.text).where(cases.outbox.c.customer_id == id).order_by(cases.outbox.c.id)
        return [str(text) for text in (await connection.execute(query)).scalars()]


async def test_another_process_adopts_what_was_approved_here(database: Database, other: Database, mind: Mind) -> None:
    told: list[Mind] = []
    there = InForce(other, mind, None, told.append)
    assert (await there()).content.rules.version == SHIPPED.rules
    first = await publish(database, changed())
    assert (await there()).content.rules.version == changed().rules
    assert there.number == first
    again = changed(now="请问您想哪天还、还多少？")
    await publish(database, again)
    assert (await there()).content.responses.texts["zh"]["ask_for_date"].find("您想哪天") > 0
    assert [one.content.rules.version for one in told] == [changed().rules, again.rules]
    assert (await there()) is there.mind


async def test_many_who_ask_at_once_load_it_once(database: Database, mind: Mind) -> None:
    told: list[Mind] = []
    here = InForce(database, mind, None, told.append)
    await publish(database, changed())
    minds = await asyncio.gather(*(here() for _ in range(20)))
    assert len(told) == 1
    assert all(one is told[0] for one in minds)


async def test_a_worker_answers_by_the_edition_in_force_and_each_decision_is_made_again_by_its_own(
    database: Database, other: Database, mind: Mind
) -> None:
    in_force = InForce(other, mind, None, lambda _: None)
    worker = Worker(other, mind, {}, lambda: NOW, in_force=in_force)
    one, two = await customer(database), await customer(database, "+8613800000002")
    await writes(database, one, VAGUE)
    await worker._turn()
    edition = await publish(database, changed())
    await writes(database, two, VAGUE)
    await worker._turn()
    assert WAS in (await said(database, one))[0]
    assert IS in (await said(database, two))[0]
    for id, files in ((one, SHIPPED), (two, changed())):
        content = _load(files)
        async with database.read() as connection:
            entries, broken_at = await thread.journal_of(connection, EVERYONE, id)
            assert await editions.made_by(connection, changed().rules) == edition
        decisions = [entry for entry in entries if replay.is_decision(entry.content)]
        assert decisions
        assert broken_at is None
        for entry in decisions:
            assert entry.content["rules"] == files.rules
            assert replay.compare(entry.content, entry.at, content.rules, _render(content)) == []


def _load(files: Bundle) -> Content:
    with files.unfolded() as root:
        return dialogues.load(root)


def _render(content: Content) -> replay.Render:
    return lambda say, case: content.responses.render(say.response, case.language, say.slots, case.currency)


async def test_what_cannot_be_loaded_decides_nothing_and_loses_nothing(database: Database, mind: Mind) -> None:
    in_force = InForce(database, mind, None, lambda _: None)
    worker = Worker(database, mind, {}, lambda: NOW, in_force=in_force)
    id = await customer(database)
    edition = await publish(database, changed())
    table = editions.edition
    async with database.write() as connection:
        kept = (await connection.execute(select(table.c.files).where(table.c.id == edition))).scalar_one()
        await connection.execute(update(table).where(table.c.id == edition).values(files=b"spoiled"))
    await writes(database, id, VAGUE)
    with pytest.raises(ContentError, match="was changed in the database"):
        await worker._turn()
    assert await said(database, id) == []
    assert (await in_force.or_last()) is mind  # pages can still be looked at
    async with database.write() as connection:
        await connection.execute(update(table).where(table.c.id == edition).values(files=kept))
    await worker._turn()
    assert IS in (await said(database, id))[0]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_start_takes_the_edition_in_force_and_not_the_folder(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "dialogues"
    folder.mkdir()
    settings = load_settings(database=str(database.url), data_key=KEY, dialogues=folder)
    with pytest.raises(ContentError, match="missing"):
        async with open_parts(settings):
            pass
    await publish(database, changed())
    async with open_parts(settings) as parts:
        assert parts.mind.content.rules.version == changed().rules
        assert parts.mind.content.responses.bank["zh"]["bank"] == settings.bank


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_start_that_cannot_load_the_edition_says_what_to_do(database: Database) -> None:
    await publish(database, Bundle({**SHIPPED.files, "policies/verify.yml": "version: x\n"}))
    with pytest.raises(ContentError, match=r"edition 1, which is in force.*verify\.yml.*\n.*huixin publish propose"):
        async with open_parts(load_settings(database=str(database.url), data_key=KEY)):
            pass


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_folder_is_noted_as_what_a_server_began_with(database: Database) -> None:
    settings = load_settings(database=str(database.url), data_key=KEY, port=0)
    for _ in range(2):
        async with open_parts(settings, channels={}) as parts, running(parts, web_too=True, work=False):
            pass
    async with database.read() as connection:
        found = await editions.listed(connection)
    assert [(one.state, one.origin, one.rules) for one in found] == [("noted", "start", SHIPPED.rules)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_two_real_processes_answer_by_what_a_third_approved(database: Database) -> None:
    """`huixin work` twice on one PostgreSQL; the edition is approved from here."""
    fleet = Fleet(environment(database, AT_ONCE))
    now = datetime.now(UTC)
    try:
        for _ in range(2):
            await fleet.start("work")
        await fleet.ready()
        ids = [await customer(database, f"+86138000001{n:02}") for n in range(12)]
        for id in ids[:6]:
            await writes(database, id, VAGUE, now)
        await until(lambda: _all_said(database, ids[:6]), 30, "answers by the folder")
        await publish(database, changed())
        for id in ids[6:]:
            await writes(database, id, VAGUE, now)
        await until(lambda: _all_said(database, ids[6:]), 30, "answers by the edition")
    finally:
        codes = await fleet.stop()
    assert codes == [0, 0]
    assert {WAS in text for id in ids[:6] for text in await said(database, id)} == {True}
    assert {IS in text for id in ids[6:] for text in await said(database, id)} == {True}


async def _all_said(database: Database, ids: list[int]) -> Any:
    return all([await said(database, id) for id in ids])
