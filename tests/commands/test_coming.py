"""`huixin plan`: the coming contacts of one customer, from the real core, without sending anything."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from bot import dialogues
from bot.clock import Clock
from bot.dialogues.bundle import Bundle
from bot.store import editions
from bot.store.editions import Origin
from bot.store.session import Database
from tests.commands.conftest import Huixin
from tests.commands.test_files import HEADER, NOW

ROWS = (
    "C1,王强,13800138000,A1,personal_loan,1200.00,1200.00,2026-10-20,,",
    "C2,李娜,13800138001,A2,credit_card,900.00,900.00,2026-11-10,unknown,",
    "C3,陈静,13800138002,A3,business_loan,900.00,900.00,2026-08-01,,",
    "C4,赵敏,13800138003,A4,personal_loan,900.00,900.00,2026-11-10,,yes",
)


@pytest.fixture
def imported(place: Path, huixin: Huixin, monkeypatch: pytest.MonkeyPatch) -> Huixin:
    """Four customers, one with a number of unknown origin, one at a stage of calls, one with a time-barred debt."""
    monkeypatch.setattr(Clock, "wall", lambda _: NOW)
    file = place / "portfolio.csv"
    file.write_text("\n".join((f"{HEADER},number_source,time_barred", *ROWS)) + "\n", encoding="utf-8")
    assert huixin("import", file).code == 0
    return huixin


def test_the_coming_contacts_are_named_with_wording_rule_and_reason(imported: Huixin) -> None:
    told = json.loads(imported("plan", "C1", "--days", "20", "--json").out)
    assert told["left_today"] == 1 and told["forbidden_by"] is None
    texts = [row for row in told["coming"] if row["how"] == "sms"]
    assert [(row["at"][:16], row["wording"]) for row in texts] == [
        ("2026-11-23T02:02", "reminder_m2/zh/1"),
        ("2026-11-28T02:00", "reminder_m2/zh/1"),
        ("2026-12-03T02:00", "reminder_m2/zh/1"),
        ("2026-12-08T02:00", "reminder_m2/zh/1"),
    ]
    assert "tier:m2" in texts[0]["why"] and "pace:silent" in texts[3]["why"]
    assert json.loads(imported("plan", "C1", "--days", "20", "--json").out) == told  # looking changes nothing


def test_a_customer_who_may_not_be_texted_has_a_person_instead(imported: Huixin) -> None:
    told = json.loads(imported("plan", "C2", "--json").out)
    assert (told["forbidden_by"], told["next_lawful"], told["left_today"]) == ("CN-INFO", None, 0)
    assert [(row["how"], row["wording"]) for row in told["coming"]] == [("person", "contact_data")]
    assert json.loads(imported("plan", "C4", "--json").out)["forbidden_by"] == "TIME-BARRED"


def test_a_stage_of_calls_is_a_task_for_people(imported: Huixin) -> None:
    told = imported("plan", "C3")
    assert told.code == 0
    assert "call" in told.out and "late_stage" in told.out and "sms" not in told.out


def test_an_unknown_customer_is_said_so(imported: Huixin) -> None:
    ended = imported("plan", "C9")
    assert (ended.code, "no customer has" in ended.err) == (2, True)


def test_the_edition_in_force_says_what_comes_unless_a_folder_is_named(imported: Huixin, place: Path) -> None:
    async def publish() -> None:
        database = Database(f"sqlite:///{place / 'huixin.db'}")
        shipped, name = Bundle.of(dialogues.ROOT), "policies/contact/bank.yml"
        hours = shipped.files[name].replace("09:00-20:00", "15:00-20:00")
        async with database.write() as connection:
            files = Bundle({**shipped.files, name: hours})
            id = await editions.propose(connection, files, Origin.COMMAND, "wang", "later", NOW)
            await editions.approve(connection, id, None, "chen", "read", NOW)
        await database.close()

    asyncio.run(publish())
    (first, *_) = json.loads(imported("plan", "C1", "--json").out)["coming"]
    assert first["at"][:16] == "2026-11-23T07:00"
    (first, *_) = json.loads(imported("plan", "C1", "--json", "--folder", dialogues.ROOT).out)["coming"]
    assert first["at"][:16] == "2026-11-23T02:02"
