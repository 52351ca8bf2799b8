"""Long replies that come in parts are one reply, in whatever order, over however many requests, and nothing is lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.case import Product, State, Timer
from bot.dialogues import Content
from bot.nlu.read import Reader
from bot.store import tables as t
from bot.store import work
from bot.store.inbox import ReplyRow
from bot.store.parts import GAP, WAIT, LongText, Piece, join_parts, long_texts
from bot.store.portfolio import PortfolioRow
from bot.store.session import Database
from tests.machine import add_customer, machine
from tests.store.test_inbox import NOW, PHONE, all_of, put

inbound, part = t.Inbound.__table__, t.Part.__table__  # type: ignore[attr-defined]


def piece(number: int, total: int, text: str, reference: str = "8", **changes: Any) -> ReplyRow:
    """One part, as a gateway that gives ids brings it."""
    row = ReplyRow("bank", f"m{reference}#{number}", PHONE, "1069", text, NOW, False, NOW, (reference, number, total))
    return replace(row, **changes)


async def join(database: Database, after: timedelta = timedelta(0)) -> int:
    return await join_parts(database, NOW + after)


async def replies(database: Database) -> list[tuple[str, str | None]]:
    """What customers wrote, and what of it never came."""
    return [(row.text, row.missing) for row in await all_of(database, inbound)]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1, 2, 3), (1, 1, 3, 2)])
async def test_parts_in_any_order_and_more_than_once_are_one_reply(database: Database, order: tuple[int, ...]) -> None:
    words = {1: "我下个月", 2: "五号", 3: "还500"}
    for number in order:
        await put(database, piece(number, 3, words[number]))
        await join(database)
    await put(database, piece(2, 3, words[2]))  # the gateway never heard our answer
    assert await join(database, WAIT) == 0
    assert await replies(database) == [("我下个月五号还500", None)]


async def test_parts_of_one_request_are_joined_too(database: Database) -> None:
    await put(database, piece(2, 2, "还500"), piece(1, 2, "我周五"))
    assert await join(database) == 1
    assert await replies(database) == [("我周五还500", None)]


async def test_what_never_came_is_marked_and_the_rest_is_read_after_the_wait(database: Database) -> None:
    await put(database, piece(2, 5, "不要再发"), piece(5, 5, "退订"))
    assert await join(database, WAIT - timedelta(seconds=1)) == 0
    assert await join(database, WAIT) == 1
    assert await replies(database) == [(f"{GAP}不要再发{GAP}退订", "1,3,4/5")]


async def test_a_part_that_comes_after_the_wait_is_a_reply_of_its_own(database: Database) -> None:
    await put(database, piece(1, 2, "我周五"))
    await join(database, WAIT)
    late = NOW + timedelta(minutes=10)
    await put(database, piece(2, 2, "还500", received_at=late))
    await join_parts(database, late + WAIT)
    assert await replies(database) == [(f"我周五{GAP}", "2/2"), (f"{GAP}还500", "1/2")]


async def test_a_reference_that_is_used_again_is_another_text(database: Database) -> None:
    first = [piece(1, 2, "甲"), piece(2, 2, "乙")]
    again = [replace(one, provider_id=f"x{one.provider_id}", text=one.text * 2) for one in first]
    await put(database, first[0], again[0])
    await put(database, first[1], again[1])
    assert await join(database) == 2
    assert await replies(database) == [("甲乙", None), ("甲甲乙乙", None)]


async def test_the_same_reference_of_another_sender_port_or_channel_is_another_text(database: Database) -> None:
    others: list[dict[str, Any]] = [{}, {"sender": "+8613900139000"}, {"destination": "1070"}, {"channel": "twilio"}]
    await put(database, *(piece(1, 2, "一", **other) for other in others))
    await put(database, *(piece(2, 2, "二", **other) for other in others))
    assert await join(database) == 4
    assert await replies(database) == [("一二", None)] * 4


async def test_without_ids_and_times_a_part_that_comes_again_within_minutes_is_the_same_part(
    database: Database,
) -> None:
    bare = [piece(n, 2, words, provider_id="", provider_at=None) for n, words in ((1, "我周五"), (2, "还500"))]
    await put(database, bare[0], bare[0], bare[1])
    await join(database)
    minute = timedelta(minutes=1)
    for count in range(1, 4):
        await put(database, *(replace(one, received_at=NOW + minute * count) for one in bare))
    assert await join(database, minute * 10) == 0
    assert await replies(database) == [("我周五还500", None)]
    assert all(row.joined_at and row.text == "" for row in await all_of(database, part))


async def test_a_character_that_was_cut_in_two_is_made_whole(database: Database) -> None:
    await put(database, piece(1, 2, "好的\ud83d"), piece(2, 2, "\ude00谢谢"))
    await join(database)
    await put(database, piece(1, 3, "缺\ud83d", reference="9"), piece(3, 3, "\ude00", reference="9"))
    await join(database, WAIT)
    assert await replies(database) == [("好的😀谢谢", None), (f"缺\ufffd{GAP}\ufffd", "2/3")]


async def test_two_workers_join_each_text_once(database: Database, database_url: str) -> None:
    other = Database(database_url)
    try:
        for number in range(10):
            sender = f"+86138001390{number:02}"
            await put(database, piece(1, 2, "一", sender=sender), piece(2, 2, "二", sender=sender))
        assert sum(await asyncio.gather(join(database), join(other), join(database))) == 10
    finally:
        await other.close()
    assert await replies(database) == [("一二", None)] * 10


async def test_nobody_is_reminded_while_parts_of_what_they_wrote_are_on_their_way(database: Database) -> None:
    await put(database, piece(1, 2, "我周五"))
    async with database.write() as connection:
        timer = {"customer_id": 1, "timer": Timer.REMINDER, "due_at": NOW}
        await connection.execute(t.Agenda.__table__.insert(), [timer])  # type: ignore[attr-defined]
        waiting = await work.waiting(connection, [1], NOW, timedelta(seconds=3))
    assert waiting[1].timers == []
    await join(database, WAIT)
    async with database.read() as connection:
        waiting = await work.waiting(connection, [1], NOW + WAIT, timedelta(seconds=3))
    assert waiting[1].timers == [Timer.REMINDER]
    assert [row.text for row in waiting[1].replies] == [f"我周五{GAP}"]


CUSTOMER = PortfolioRow(
    "C1", "王强", PHONE, "zh", "Asia/Shanghai", "cn", "A1", Product.PERSONAL_LOAN,
    Decimal(1200), Decimal(1200), None, date(2026, 10, 20), "CNY", "1234",
)  # fmt: skip


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (["我周五还500"], State.PROMISE_OFFERED),  # the part that never came may have said: but only if …
        (["别再给我发短信了，退订"], State.OPTED_OUT),
    ],
)
async def test_half_a_text_may_stop_texts_but_makes_no_promise_without_asking_back(
    database: Database, reader: Reader, content: Content, words: list[str], state: State
) -> None:
    async with machine(database, reader, content, NOW) as one:
        id = await add_customer(one, CUSTOMER, State.CONTACTED)
        await put(database, piece(1, 2, words[0]))
        await one.wait(NOW + WAIT + timedelta(seconds=5))
        assert (await one.case(id)).state is state


def pieces_of(texts: list[list[str]]) -> list[Piece]:
    """The parts of several texts, each under a reference of its own, in order."""
    found: list[Piece] = []
    for reference, words in enumerate(texts):
        for number, word in enumerate(words, 1):
            found.append(Piece(len(found), str(reference), number, len(words), word, NOW))
    return found


@given(texts=st.lists(st.lists(st.text(max_size=5), min_size=1, max_size=6), min_size=1, max_size=4), data=st.data())
def test_no_order_and_no_repetition_changes_what_was_written(texts: list[list[str]], data: st.DataObject) -> None:
    pieces = pieces_of(texts)
    again = data.draw(st.lists(st.sampled_from(pieces), max_size=10))
    shuffled = data.draw(st.permutations([*pieces, *again]))
    arrived = [replace(one, id=id, received_at=NOW + timedelta(seconds=id)) for id, one in enumerate(shuffled)]
    joined = long_texts(arrived)
    assert sorted(one.text() for one in joined) == sorted("".join(words) for words in texts)
    assert sum(len(one.pieces) + len(one.copies) for one in joined) == len(arrived)


@given(text=st.text(min_size=1, max_size=60), cuts=st.lists(st.integers(0, 120), max_size=5), data=st.data())
def test_wherever_utf_16_is_cut_it_comes_out_whole_and_every_part_that_came_is_in_it(
    text: str, cuts: list[int], data: st.DataObject
) -> None:
    octets = text.encode("utf-16-be")
    edges = sorted({0, len(octets), *(cut * 2 % len(octets) for cut in cuts)})
    words = [octets[a:b].decode("utf-16-be", "surrogatepass") for a, b in pairwise(edges)]
    numbered = {n: Piece(n, "1", n, len(words), word, NOW) for n, word in enumerate(words, 1)}
    assert LongText(len(words), numbered).text() == text
    kept = {n: numbered[n] for n in data.draw(st.sets(st.sampled_from(sorted(numbered)), min_size=1))}
    some = LongText(len(words), kept)
    assert sorted([*kept, *some.missing]) == list(numbered)
    assert some.text().encode()  # whatever is missing, it can be stored and shown
    assert some.is_due(NOW + WAIT, WAIT)
    assert some.is_due(NOW, WAIT) == (not some.missing)


@pytest.mark.parametrize("now", [datetime(2026, 11, 23, tzinfo=UTC)])
def test_a_set_waits_from_its_first_part(now: datetime) -> None:
    later = Piece(2, "1", 2, 3, "b", now + timedelta(minutes=2))
    some = LongText(3, {1: Piece(1, "1", 1, 3, "a", now), 2: later})
    assert not some.is_due(now + timedelta(minutes=2), WAIT)
    assert some.is_due(now + WAIT, WAIT)
