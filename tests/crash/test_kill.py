"""kill -9 in the middle of a load: no reply and no text is lost, doubled or out of order."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from bot.dialogues import Content
from bot.gateways.simulator import Simulator
from bot.store import cases
from bot.store import tables as t
from bot.store.session import Database
from tests.arrears import seed
from tests.carrier import NUMBER, carrier
from tests.fleet import AT_ONCE, Fleet, environment, until
from tests.ports import free_port

CUSTOMERS, WAVES = 60, 3


def number(place: int) -> str:
    """The phone of one customer."""
    return f"+86138001{place:05}"


def everybody() -> dict[str, str]:
    """Every customer's reference and phone."""
    return {f"C{place}": number(place) for place in range(CUSTOMERS)}


async def test_nothing_is_lost_doubled_or_reordered_when_processes_are_killed(
    database: Database, content: Content, tmp_path: Path
) -> None:
    await seed(database, content.rules.strategy, everybody())
    port = free_port()
    async with carrier(port, tmp_path) as (simulator, channels):
        fleet = Fleet(
            environment(database, {"HUIXIN_CHANNELS": str(channels), "HUIXIN_LEASE_SECONDS": "2", **AT_ONCE}, port)
        )
        commands = ["serve"] if database.is_sqlite else ["serve", "work", "work"]
        if database.is_sqlite:
            await database.close()
        try:
            for command in commands:
                await fleet.start(command)
            await fleet.ready()
            for wave in range(WAVES):
                for place in range(CUSTOMERS):
                    text = f"明天还{100 + wave}{place:02}元"
                    await simulator.phone_replies(number(place), text, NUMBER, datetime.now(UTC))
                    if wave < WAVES - 1 and place == CUSTOMERS // 2:
                        # in the middle of the load, whatever the processes are just doing
                        await until(lambda w=wave: some_answered(simulator, w + 1), 120, "a first answer of the wave")
                        await fleet.kill(wave % len(commands))
                await until(lambda w=wave: all_answered(simulator, w + 1), 120, f"every answer of wave {wave + 1}")
            await fleet.ready()
        finally:
            codes = await fleet.stop()
    for place in range(CUSTOMERS):
        answers = [received.text for received in simulator.phone(number(place)).inbox]
        assert len(answers) == WAVES
        for wave, answer in enumerate(answers):
            assert f"还款{100 + wave}{place:02}元" in answer
    assert codes == [0] * len(commands)
    await check_store(database)


async def some_answered(simulator: Simulator, count: int) -> bool:
    return any(len(simulator.phone(number(place)).inbox) >= count for place in range(CUSTOMERS))


async def all_answered(simulator: Simulator, count: int) -> bool:
    return all(len(simulator.phone(number(place)).inbox) >= count for place in range(CUSTOMERS))


async def check_store(database: Database) -> None:
    """The books agree with what the phones got."""
    inbound = t.Inbound.__table__  # type: ignore[attr-defined]
    async with database.read() as connection:
        states = (await connection.execute(select(inbound.c.state, func.count()).group_by(inbound.c.state))).all()
        sent = select(cases.outbox.c.state, func.count()).group_by(cases.outbox.c.state)
        texts = (await connection.execute(sent)).all()
    assert [tuple(row) for row in states] == [("handled", CUSTOMERS * WAVES)]
    assert [tuple(row) for row in texts] == [("sent", CUSTOMERS * WAVES)]
