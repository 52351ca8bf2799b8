"""Editions: proposed by one person, put in force by another, one at a time, and never changed afterwards."""

from __future__ import annotations

import asyncio
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from bot import dialogues
from bot.dialogues import ContentError
from bot.dialogues.bundle import Bundle
from bot.store import editions
from bot.store.editions import NotNow, Origin, State
from bot.store.session import Database

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SHIPPED = Bundle.of(dialogues.ROOT)


def changed(was: str = 'limit: "3", days: "7"', now: str = 'limit: "2", days: "7"') -> Bundle:
    name = "policies/contact/bank.yml"
    assert was in SHIPPED.files[name]
    return Bundle({**SHIPPED.files, name: SHIPPED.files[name].replace(was, now)})


async def propose(database: Database, bundle: Bundle, who: str = "wang", note: str = "fewer texts") -> int:
    async with database.write() as connection:
        return await editions.propose(connection, bundle, Origin.UPLOAD, who, note, NOW)


async def approve(database: Database, id: int, against: int | None, who: str = "chen", note: str = "read it") -> None:
    async with database.write() as connection:
        await editions.approve(connection, id, against, who, note, NOW + timedelta(hours=1))


async def states(database: Database) -> dict[int, State]:
    async with database.read() as connection:
        return {one.id: one.state for one in await editions.listed(connection)}


async def test_a_proposal_decides_nothing_until_a_second_person_approves_it(database: Database) -> None:
    id = await propose(database, changed())
    async with database.read() as connection:
        assert await editions.in_force(connection) is None
    await approve(database, id, None)
    async with database.read() as connection:
        assert await editions.in_force(connection) == id
        about = await editions.one(connection, id)
        assert await editions.files_of(connection, id) == changed()
    assert (about.proposed_by, about.decided_by, about.decided_at) == ("wang", "chen", NOW + timedelta(hours=1))


async def test_who_proposed_cannot_approve(database: Database) -> None:
    id = await propose(database, changed())
    with pytest.raises(NotNow, match="own"):
        await approve(database, id, None, who="wang")
    assert await states(database) == {id: State.PROPOSED}


@pytest.mark.parametrize("note", ["", "   ", "\n"])
async def test_every_step_says_why(database: Database, note: str) -> None:
    with pytest.raises(NotNow, match="no_note"):
        await propose(database, changed(), note=note)
    id = await propose(database, changed())
    with pytest.raises(NotNow, match="no_note"):
        await approve(database, id, None, note=note)
    with pytest.raises(NotNow, match="no_note"):
        async with database.write() as connection:
            await editions.refuse(connection, id, "chen", note, NOW)


async def test_what_was_decided_stays_decided(database: Database) -> None:
    id = await propose(database, changed())
    async with database.write() as connection:
        await editions.refuse(connection, id, "chen", "too few", NOW)
    with pytest.raises(NotNow, match="decided"):
        await approve(database, id, None)
    with pytest.raises(NotNow, match="decided"):
        async with database.write() as connection:
            await editions.refuse(connection, id, "chen", "again", NOW)


async def test_who_saw_differences_from_what_is_no_longer_in_force_looks_again(database: Database) -> None:
    first, second = await propose(database, changed()), await propose(database, SHIPPED)
    await approve(database, first, None)
    with pytest.raises(NotNow, match="moved_on"):
        await approve(database, second, None)
    await approve(database, second, first)
    assert await states(database) == {first: State.REPLACED, second: State.IN_FORCE}


@pytest.mark.parametrize("governed", [False, True])
async def test_of_two_who_approve_at_once_one_succeeds(database: Database, governed: bool) -> None:
    against = None
    if governed:
        against = await propose(database, changed('days: "30"', 'days: "29"'))
        await approve(database, against, None)
    ids = [await propose(database, changed()), await propose(database, changed('limit: "10"', 'limit: "9"'))]
    done = await asyncio.gather(
        *(approve(database, id, against, who) for id, who in zip(ids, ("chen", "li"), strict=True)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in done) == ["NoneType", "NotNow"]
    found = list((await states(database)).values())
    assert found.count(State.IN_FORCE) == 1


async def test_the_same_content_is_proposed_once(database: Database) -> None:
    id = await propose(database, changed())
    with pytest.raises(NotNow, match="same_proposed") as refused:
        await propose(database, changed())
    assert refused.value.id == id
    await approve(database, id, None)
    with pytest.raises(NotNow, match="same_in_force"):
        await propose(database, changed())


async def test_starts_are_noted_until_an_edition_governs(database: Database) -> None:
    async def start(bundle: Bundle) -> None:
        async with database.write() as connection:
            await editions.note_start(connection, bundle, NOW)

    await start(SHIPPED)
    await start(SHIPPED)
    await start(changed())
    assert list((await states(database)).values()) == [State.NOTED, State.NOTED]
    await approve(database, await propose(database, SHIPPED), None)
    await start(changed('days: "30"', 'days: "28"'))
    assert len(await states(database)) == 3


@pytest.mark.parametrize(
    "stored", [b"", b"x" * 20, *map(zlib.compress, (b"[1, 2]", b'{"a": 1}', b"7", b'{"conversation.yml": "x"}'))]
)
async def test_an_edition_that_was_changed_in_the_database_is_not_loaded(database: Database, stored: bytes) -> None:
    id = await propose(database, SHIPPED)
    table = editions.edition
    async with database.write() as connection:
        await connection.execute(update(table).where(table.c.id == id).values(files=stored))
    async with database.read() as connection:
        with pytest.raises(ContentError, match="was changed in the database"):
            await editions.files_of(connection, id)


async def test_an_edition_that_is_not_there(database: Database) -> None:
    async with database.read() as connection:
        with pytest.raises(LookupError):
            await editions.one(connection, 7)
        with pytest.raises(LookupError):
            await editions.files_of(connection, 7)
    with pytest.raises(LookupError):
        await approve(database, 7, None)


async def test_decisions_lead_to_the_edition_that_made_them(database: Database) -> None:
    id = await propose(database, changed())
    async with database.read() as connection:
        assert await editions.made_by(connection, changed().rules) == id
        assert await editions.made_by(connection, "0" * 12) is None
