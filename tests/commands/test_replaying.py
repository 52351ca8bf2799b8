"""replay and check --against: nothing changed ends with 0, a change is shown before it is published and ends with 1."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from bot import dialogues
from bot.dialogues.bundle import Bundle
from bot.store import editions
from bot.store.editions import Origin
from bot.store.session import Database
from tests.commands.conftest import Huixin
from tests.commands.test_files import NOW, file, talked  # noqa: F401  (fixtures)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A copy of dialogues/ in which promises are said otherwise and checked later."""
    copy = tmp_path / "other"
    shutil.copytree(dialogues.ROOT, copy)
    promises = copy / "policies" / "promises.yml"
    promises.write_text(promises.read_text("utf-8").replace('grace_days: "3"', 'grace_days: "5"'), "utf-8")
    zh = copy / "responses" / "zh.yml"
    zh.write_text(
        zh.read_text("utf-8").replace("收到，已为您登记：{promised_on}", "好的，已登记：{promised_on}"), "utf-8"
    )
    return copy


@pytest.mark.usefixtures("talked")
def test_by_todays_rules_everything_comes_out_the_same(huixin: Huixin) -> None:
    ended = huixin("replay", "C1")
    assert ended.code == 0
    assert "2 of 2 decisions come out the same" in ended.out


@pytest.mark.usefixtures("talked")
def test_by_other_rules_each_difference_is_shown(huixin: Huixin, other: Path) -> None:
    ended = huixin("replay", "C1", "--folder", other)
    assert ended.code == 1
    assert "timer" in ended.out and "wording" in ended.out
    assert "was: 收到，已为您登记" in ended.out and "now: 好的，已登记" in ended.out


async def _publish(address: str, folder: Path) -> None:
    database = Database(address)
    async with database.write() as connection:
        id = await editions.propose(connection, Bundle.of(folder), Origin.COMMAND, "wang", "other words", NOW)
        await editions.approve(connection, id, None, "chen", "read", NOW)
    await database.close()


@pytest.mark.usefixtures("talked")
def test_the_edition_in_force_decides_unless_a_folder_is_named(huixin: Huixin, other: Path, place: Path) -> None:
    holds = other / "policies" / "holds.yml"
    holds.write_text(holds.read_text("utf-8").replace("no demand until the promised day", "as wang wishes"), "utf-8")
    asyncio.run(_publish(f"sqlite:///{place / 'huixin.db'}", other))
    ended = huixin("replay", "C1")
    assert (ended.code, "now: 好的，已登记" in ended.out) == (1, True)
    assert huixin("replay", "C1", "--folder", dialogues.ROOT).code == 0
    told = huixin("why", "C1", "--language", "en").out
    assert "as wang wishes; grade S)" in told
    assert "no demand until the promised day; grade S)" in huixin("why", "C1", "--folder", dialogues.ROOT).out


@pytest.mark.usefixtures("talked")
def test_an_edition_that_cannot_be_loaded_is_said_with_the_cure(huixin: Huixin, other: Path, place: Path) -> None:
    (other / "policies" / "verify.yml").write_text("version: [", encoding="utf-8")
    asyncio.run(_publish(f"sqlite:///{place / 'huixin.db'}", other))
    for command in ("replay", "why", "plan"):
        ended = huixin(command, "C1")
        assert (ended.code, "edition 1, which is in force, cannot be loaded" in ended.err) == (2, True)
        assert huixin(command, "C1", "--folder", dialogues.ROOT).code == 0


@pytest.mark.usefixtures("talked")
def test_content_is_tried_on_all_conversations_before_it_is_published(huixin: Huixin, other: Path) -> None:
    same = huixin("check", "--against", "configured")
    assert same.code == 0
    assert "2 decisions of 1 customers made again: 0 come out otherwise" in same.out
    changed = huixin("check", "--folder", other, "--against", "configured")
    assert changed.code == 1
    assert "1 come out otherwise, of 1 customers" in changed.out
    assert "C1***" in changed.out and "13800138000" not in changed.out


@pytest.mark.usefixtures("talked")
def test_a_customer_or_a_database_that_is_not_there_is_said(huixin: Huixin, tmp_path: Path) -> None:
    assert "no customer has the number" in huixin("replay", "nobody").err
    ended = huixin("check", "--against", f"sqlite:///{tmp_path / 'none.db'}")
    assert ended.code == 2 and "huixin migrate" in ended.err


@pytest.mark.usefixtures("talked")
def test_why_tells_each_reason_in_words_with_its_rule_version_and_source(huixin: Huixin) -> None:
    told = huixin("why", "C1", "--language", "en").out
    assert "· Understood as: promise to pay  (conversation.yml 2026-" in told
    assert "· Collection held: promise open  (policies/holds.yml 2026-" in told
    assert "no demand until the promised day; grade S)" in told
    assert "· 暂停催收：" in huixin("why", "C1", "--language", "zh").out


def test_every_rule_of_contact_and_every_hold_has_a_source_that_can_be_told() -> None:
    from bot.core.case import HoldKind
    from bot.dialogues.sources import Sources

    sources = Sources()
    for kind in HoldKind:
        source = sources.of(f"hold:{kind}")
        assert source is not None and source.basis and source.grade
    for pack in dialogues.load().rules.contact.values():
        for rule in (rule for _, rules in pack.spans for rule in rules):
            source = sources.of(f"not-now:{rule.head.id}")
            assert source is not None and source.basis and source.grade, rule.head.id
