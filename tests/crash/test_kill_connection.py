"""kill -9 of who holds the connection to an operator: another takes it, nothing is lost, nothing is sent twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.dialogues import Content
from bot.store import cases
from bot.store import tables as t
from bot.store.session import Database
from tests.arrears import seed
from tests.carrier import channel
from tests.crash.test_kill import CUSTOMERS, everybody, number
from tests.fleet import AT_ONCE, Fleet, environment, until
from tests.gateways.ismg import SECRET, SP_ID, Ismg, ismg


async def say(there: Ismg, place: int) -> None:
    """A customer's reply, sent again over whatever connection there is until it is taken."""
    stamp = int(datetime.now(UTC).timestamp())
    for _ in range(100):
        try:
            if await there.says(number(place).removeprefix("+86"), "明天还100元", (stamp << 16) + place, within=1) == 0:
                return
        except (TimeoutError, ConnectionError, IndexError):
            await asyncio.sleep(0.1)
    raise AssertionError("nobody took the reply")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_the_connection_outlives_the_process_that_held_it(
    database: Database, content: Content, tmp_path: Path
) -> None:
    await seed(database, content.rules.strategy, everybody())
    async with ismg() as there:
        options = {
            "host": "127.0.0.1", "port": str(there.port), "sp_id": SP_ID, "shared_secret": "env:CMPP_SECRET",
            "src_id": "10690001", "timeout_seconds": "1",
        }  # fmt: skip
        channels = channel(tmp_path, "mobile", "cmpp", options, number="10690001", per_second=1000)
        more = {"HUIXIN_CHANNELS": str(channels), "CMPP_SECRET": SECRET, "HUIXIN_LEASE_SECONDS": "3"}
        fleet = Fleet(environment(database, more | AT_ONCE))
        try:
            for _ in range(2):
                await fleet.start("work")
            await fleet.ready()
            for place in range(CUSTOMERS):
                if place in (CUSTOMERS // 3, CUSTOMERS * 2 // 3):
                    await fleet.kill(0)  # the elder: one of the two times it is who holds the connection
                await say(there, place)
            await until(lambda: settled(database), 60, "a word on every text")
            await fleet.ready()
        finally:
            codes = await fleet.stop()
        assert codes == [0, 0]
        assert len(there.logins) >= 2, "another process took the connection over"
        got = Counter(taken.to for taken in there.taken if taken.pk[1] == 1)
    assert set(got.values()) == {1}, "a phone got the same text twice"
    await check_store(database, set(got))


async def settled(database: Database) -> bool:
    """Whether every customer has an answer that has left, or may have."""
    async with database.read() as connection:
        states = list((await connection.execute(select(cases.outbox.c.state))).scalars())
    return len(states) == CUSTOMERS and set(states) <= {"sent", "unknown"}


async def check_store(database: Database, got: set[str]) -> None:
    """Every reply is there once, and what is said to be sent has arrived."""
    inbound = t.Inbound.__table__  # type: ignore[attr-defined]
    async with database.read() as connection:
        replies = list(await connection.execute(select(inbound.c.sender, inbound.c.state)))
        query = select(cases.outbox.c.state, cases.phone.c.number).join(
            cases.phone, cases.phone.c.customer_id == cases.outbox.c.customer_id
        )
        texts = list(await connection.execute(query))
    assert sorted(row.sender for row in replies) == sorted(number(place) for place in range(CUSTOMERS))
    assert {row.state for row in replies} == {"handled"}
    sent = {row.number.removeprefix("+86") for row in texts if row.state == "sent"}
    assert sent <= got
    # What a process had in hand when it was killed is unknown: CMPP cannot be asked, so it is never sent again.
    assert len(sent) >= CUSTOMERS // 2
