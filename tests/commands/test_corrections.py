"""`huixin corrections export`: what people corrected, as training examples without personal data."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy import insert, select, update

from bot.core.reading import Intent
from bot.store import cases, corrections, texts
from bot.store.corrections import Correction, Meaning
from bot.store.session import Database
from tests.commands.conftest import Huixin
from tests.commands.test_files import HEADER

AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def corrected(place: Path) -> None:
    """The imported customer wrote once, and a person corrected the reading twice."""

    async def put() -> None:
        database = Database(f"sqlite:///{place / 'huixin.db'}")
        async with database.write() as connection:
            text = "我是王强，13800138000，周五还500"
            row = {
                "channel": "phone", "customer_id": 1, "sender": "+8613800138000", "sender_hash": "", "seq": 1,
                "destination": "1069", "text": text, "received_at": AT, "state": "handled",
            }  # fmt: skip
            await connection.execute(insert(texts.inbound).values(row))
            await connection.execute(update(cases.customer).values(last_seq=1))
            file = (await cases.load(connection, [1], AT))[1]
            for intent in (Intent.AFFIRM, Intent.PROMISE_TO_PAY):
                meant = Meaning((intent,), date(2026, 11, 27), Decimal("500"))
                made = Correction(1, "zh", text, Meaning((Intent.UNCLEAR,)), meant, "fang", AT, "v1")
                await corrections.correct(connection, file, made)
            assert len((await connection.execute(select(corrections.correction))).all()) == 2
        await database.close()

    asyncio.run(put())


def test_the_newest_correction_of_each_reply_is_exported_without_name_and_number(place: Path, huixin: Huixin) -> None:
    row = "C1,王强,13800138000,A1,personal_loan,1200.00,1200.00,2026-10-20"
    (place / "portfolio.csv").write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    assert huixin("import", place / "portfolio.csv").code == 0
    corrected(place)
    ended = huixin("corrections", "export", "--format", "jsonl")
    [told] = map(json.loads, ended.out.splitlines())
    assert told["text"] == "我是[name]，[number]，周五还500"
    assert (told["intents"], told["date"], told["amount"]) == (["promise_to_pay"], "2026-11-27", 500)
    assert "    - 我是[name]，[number]，周五还500\n" in huixin("corrections", "export").out
    assert huixin("corrections", "export", "--language", "en").out == 'version: "3.1"\nnlu: []\n'


def test_a_format_that_is_not_known_is_said_so(place: Path, huixin: Huixin) -> None:
    ended = huixin("corrections", "export", "--format", "xml")
    assert ended.code == 2 and "jsonl, yaml" in ended.err
