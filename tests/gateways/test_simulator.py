"""The shipped simulator: its phones, its webhooks, and every failure that it can rehearse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from bot.gateways import build
from bot.gateways.base import Delivery, ErrorClass, InboundSms, Outgoing, Parsed, RawRequest, SendError
from bot.gateways.simulator import Faults, Received, Simulator

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CUSTOMER, PORT = "+8613900000000", "10691234"


class Bot:
    """Our side: takes webhooks as the server would, with the status that the test asks for."""

    def __init__(self, faults: Faults | None = None, seed: int = 0):
        self.simulator = Simulator(SECRET, self.take, faults, seed)
        self.status = 200
        self.now = NOW
        self.ids: list[str] = []
        self.parsed: list[Parsed] = []

    async def take(self, body: bytes, headers: Mapping[str, str]) -> int:
        request = RawRequest("POST", "", "", headers, (), body)
        self.simulator.verify(request, self.now)
        self.ids.append(headers["webhook-id"])
        self.parsed.append(self.simulator.parse(request))
        return self.status

    def receipts(self) -> list[tuple[str, Delivery]]:
        return [(receipt.our_ref, receipt.status) for parsed in self.parsed for receipt in parsed.receipts]

    def texts(self) -> list[str]:
        return [message.text for parsed in self.parsed for message in parsed.messages]


def text(ref: str = "o-1", to: str = CUSTOMER) -> Outgoing:
    return Outgoing(ref, to, "您好", 3600)


async def failing(faults: Faults, to: str = CUSTOMER) -> tuple[Bot, SendError]:
    bot = Bot(faults)
    with pytest.raises(SendError) as caught:
        await bot.simulator.send(text(to=to), NOW)
    return bot, caught.value


async def test_a_text_arrives_and_is_reported() -> None:
    bot = Bot()
    accepted = await bot.simulator.send(text(), NOW)
    assert bot.simulator.phone(CUSTOMER).inbox == [Received("您好", NOW, "o-1")]
    assert bot.parsed == []
    assert await bot.simulator.deliver_receipts(NOW) == 2
    assert bot.receipts() == [("o-1", Delivery.SENT), ("o-1", Delivery.DELIVERED)]
    assert {r.provider_id for p in bot.parsed for r in p.receipts} == set(accepted.provider_ids)
    assert await bot.simulator.deliver_receipts(NOW) == 0


async def test_a_reply_comes_as_a_signed_webhook() -> None:
    bot = Bot()
    assert await bot.simulator.phone_replies(CUSTOMER, " 周五还 ", PORT, NOW) == 200
    (message,) = bot.parsed[0].messages
    assert message == InboundSms(CUSTOMER, PORT, " 周五还 ", message.provider_id, NOW)
    assert message.provider_id


async def test_the_same_words_twice_are_two_replies_and_a_named_id_repeats_one() -> None:
    bot = Bot()
    for _ in range(2):
        await bot.simulator.phone_replies(CUSTOMER, "好", PORT, NOW)
    for _ in range(2):
        await bot.simulator.phone_replies(CUSTOMER, "好", PORT, NOW, message_id="again")
    assert len(set(bot.ids)) == 3


@pytest.mark.parametrize("kind", list(ErrorClass))
async def test_every_class_of_failure_can_be_asked_for(kind: ErrorClass) -> None:
    bot, error = await failing(Faults(fail={kind: 1.0}))
    assert error.kind is kind
    assert (error.retry_after_seconds is not None) == (kind is ErrorClass.THROTTLED)
    assert bot.simulator.phone(CUSTOMER).inbox == []
    assert await bot.simulator.deliver_receipts(NOW) == 0


async def test_a_lost_answer_hides_a_text_that_arrived() -> None:
    bot, error = await failing(Faults(lost_answer=1.0))
    assert error.kind is ErrorClass.UNKNOWN
    assert len(bot.simulator.phone(CUSTOMER).inbox) == 1
    await bot.simulator.deliver_receipts(NOW)
    assert bot.receipts()[-1] == ("o-1", Delivery.DELIVERED)


async def test_a_text_can_be_looked_up_as_it_moves_on() -> None:
    bot = Bot(Faults(delay_seconds=3600.0))
    accepted = await bot.simulator.send(text(), NOW)
    reached = []
    for minutes in range(61):
        found = await bot.simulator.look_up("o-1", NOW + timedelta(minutes=minutes))
        assert found is not None and found.provider_ids == accepted.provider_ids
        reached.append(found.status)
    assert list(dict.fromkeys(reached)) == [Delivery.QUEUED, Delivery.SENT, Delivery.DELIVERED]
    assert await bot.simulator.look_up("o-2", NOW) is None


async def test_a_look_up_tells_a_lost_answer_from_a_lost_text() -> None:
    bot, error = await failing(Faults(lost_answer=1.0))
    found = await bot.simulator.look_up("o-1", NOW)
    assert found is not None and found.status is Delivery.DELIVERED
    bot, same_error = await failing(Faults(fail={ErrorClass.UNKNOWN: 1.0}))
    assert error.kind is same_error.kind
    assert await bot.simulator.look_up("o-1", NOW) is None


async def test_a_receipt_can_come_before_the_acknowledgement() -> None:
    bot = Bot(Faults(early_receipt=1.0))
    await bot.simulator.send(text(), NOW)
    assert bot.receipts() == [("o-1", Delivery.SENT), ("o-1", Delivery.DELIVERED)]
    assert await bot.simulator.deliver_receipts(NOW) == 0


async def test_numbers_can_be_refused_dead_or_out_of_reach() -> None:
    _, refused = await failing(Faults(refused_numbers=frozenset({CUSTOMER})))
    _, dead = await failing(Faults(dead_numbers=frozenset({CUSTOMER})))
    assert (refused.kind, dead.kind) == (ErrorClass.OPTED_OUT, ErrorClass.DEAD_NUMBER)
    bot = Bot(Faults(undelivered=1.0))
    await bot.simulator.send(text(), NOW)
    await bot.simulator.deliver_receipts(NOW)
    assert bot.receipts()[-1] == ("o-1", Delivery.UNDELIVERED)
    assert bot.parsed[-1].receipts[0].kind is ErrorClass.RETRYABLE
    assert bot.simulator.phone(CUSTOMER).inbox == []


async def test_the_carrier_remembers_an_opt_out() -> None:
    bot = Bot()
    await bot.simulator.phone_replies(CUSTOMER, "TD", PORT, NOW, opted_out=True)
    assert bot.parsed[0].messages[0].provider_opted_out
    with pytest.raises(SendError) as caught:
        await bot.simulator.send(text(), NOW)
    assert caught.value.kind is ErrorClass.OPTED_OUT


async def test_a_duplicate_keeps_its_id() -> None:
    bot = Bot(Faults(duplicate=1.0))
    await bot.simulator.phone_replies(CUSTOMER, "好", PORT, NOW)
    assert len(bot.ids) == 2 and len(set(bot.ids)) == 1
    assert bot.parsed[0] == bot.parsed[1]


async def test_delayed_webhooks_come_when_they_are_due_and_signed_then() -> None:
    bot = Bot(Faults(delay_seconds=3600.0))
    assert await bot.simulator.phone_replies(CUSTOMER, "好", PORT, NOW) == 0
    await bot.simulator.send(text(), NOW)
    assert bot.parsed == []
    bot.now = NOW + timedelta(seconds=3600)
    assert await bot.simulator.deliver_receipts(bot.now) == 3
    assert bot.texts() == ["好"]
    assert [status for _, status in bot.receipts()] == [Delivery.SENT, Delivery.DELIVERED]


async def test_reordered_webhooks_all_come_in_another_order() -> None:
    bot = Bot(Faults(reorder=1.0))
    for n in range(20):
        assert await bot.simulator.phone_replies(CUSTOMER, str(n), PORT, NOW) == 0
    await bot.simulator.deliver_receipts(NOW)
    assert bot.texts() != [str(n) for n in range(20)]
    assert sorted(bot.texts(), key=int) == [str(n) for n in range(20)]


async def test_a_webhook_that_is_not_taken_comes_again_with_its_id() -> None:
    bot = Bot()
    bot.status = 503
    assert await bot.simulator.phone_replies(CUSTOMER, "好", PORT, NOW) == 503
    bot.status, bot.now = 200, NOW + timedelta(seconds=5)
    assert await bot.simulator.deliver_receipts(NOW) == 0
    assert await bot.simulator.deliver_receipts(bot.now) == 1
    assert bot.ids[0] == bot.ids[1]


async def test_a_server_that_is_down_loses_no_reply() -> None:
    async def down(body: bytes, headers: Mapping[str, str]) -> int:
        raise ConnectionRefusedError

    simulator = Simulator(SECRET, down)
    assert await simulator.phone_replies(CUSTOMER, "好", PORT, NOW) == 0
    assert len(simulator.on_the_way) == 1


async def played(order: list[int], seed: int) -> tuple[list[tuple[str, str]], set[str]]:
    """What became of thirty sends in this order, and the webhooks that followed."""
    half = Faults(fail={ErrorClass.RETRYABLE: 0.3}, lost_answer=0.2, undelivered=0.3, duplicate=0.3, early_receipt=0.3)
    bot = Bot(half, seed)
    outcomes = []
    for n in order:
        try:
            outcomes.append((f"o-{n}", (await bot.simulator.send(text(f"o-{n}"), NOW)).provider_ids[0]))
        except SendError as error:
            outcomes.append((f"o-{n}", error.kind.value))
    await bot.simulator.deliver_receipts(NOW)
    return sorted(outcomes), set(bot.ids)


async def test_the_same_seed_gives_the_same_outcome_in_any_order() -> None:
    forwards = await played(list(range(30)), seed=7)
    assert await played(list(range(29, -1, -1)), seed=7) == forwards
    assert await played(list(range(30)), seed=8) != forwards
    assert {ErrorClass.RETRYABLE, ErrorClass.UNKNOWN} < {outcome for _, outcome in forwards[0]}


async def test_a_configured_simulator_posts_to_the_running_server() -> None:
    seen: list[tuple[str, dict[str, object]]] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        seen.append((request.path, json.loads(await request.read())))
        return web.Response(status=200)

    async with RawTestServer(answer) as server:
        url = str(server.make_url("/hooks/simulator/1"))
        simulator = build("simulator", {"secret": SECRET, "callback_url": url})
        assert isinstance(simulator, Simulator)
        assert await simulator.phone_replies(CUSTOMER, "好", PORT, NOW) == 200
    assert await simulator.phone_replies(CUSTOMER, "再见", PORT, NOW) == 0
    await simulator.close()
    assert [(path, event["type"]) for path, event in seen] == [("/hooks/simulator/1", "message.received")]
