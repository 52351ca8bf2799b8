"""The commands that need no database: reading, talking, checking, drawing, and small things."""

from __future__ import annotations

import base64
import json
import shlex
import shutil
from pathlib import Path

import pytest

from bot import dialogues
from tests.commands.conftest import Huixin

AT = "2026-11-23T10:02+08:00"


def test_read_shows_what_a_reply_means_and_the_words_that_said_so(huixin: Huixin) -> None:
    ended = huixin("read", "我周五还500", "--at", AT)
    assert ended.code == 0
    for words in ("promise_to_pay", "Fri 2026-11-27", "500", "“周五”"):
        assert words in ended.out


@pytest.mark.parametrize("text", ["[/b]退订", "[red]STOP[/red]", "[", "\\[x]", "💣" * 3000, "\x00\x1b[2J", "　"])
def test_read_takes_any_text_without_stumbling(huixin: Huixin, text: str) -> None:
    ended = huixin("read", text, "--at", AT)
    assert ended.code in (0, 2) and "Traceback" not in ended.err


def test_read_answers_rows_with_one_reading_each(huixin: Huixin, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        '{"id": "1", "text": "退订", "heard_at": "2026-11-23T10:02+08:00"}\n\n'
        '{"id": "2", "text": "明天", "heard_at": "2026-11-23T10:02+08:00", "asked": "date"}\n',
        encoding="utf-8",
    )
    first, second = (json.loads(line) for line in huixin("read", "--jsonl", rows).out.splitlines())
    assert (first["id"], first["primary"]) == ("1", "opt_out")
    assert (second["date"], second["primary"]) == ("2026-11-24", "promise_to_pay")


@pytest.mark.parametrize("command", ["read", "dates", "amounts"])
@pytest.mark.parametrize("line", ["{", "[]", '{"id": 1}', '{"id": "1", "text": 5}'])
def test_a_bad_row_is_named_by_file_and_line(huixin: Huixin, tmp_path: Path, command: str, line: str) -> None:
    good = '{"id": "1", "lang": "zh", "text": "x", "heard_at": "2026-11-23T10:02+08:00", "reference": "2026-11-23"}'
    rows = tmp_path / "rows.jsonl"
    rows.write_text(f"{good}\n{line}\n", encoding="utf-8")
    ended = huixin(command, "--jsonl", rows)
    assert ended.code == 2 and f"{rows}:2:" in ended.err
    assert huixin(command, "--jsonl", tmp_path / "nothing.jsonl").code == 2


def test_dates_and_amounts_answer_rows_of_their_own(huixin: Huixin, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    row = {"id": "1", "lang": "zh", "text": "周五还500元", "reference": AT}
    rows.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert json.loads(huixin("dates", "--jsonl", rows).out) == {"id": "1", "start": "2026-11-27", "end": "2026-11-27"}
    assert json.loads(huixin("amounts", "--jsonl", rows).out) == {"id": "1", "amount": 500}


def test_say_plays_a_conversation_with_time_and_payments(huixin: Huixin) -> None:
    ended = huixin("say", "--at", AT, lines="我周五还500\n+5d\npay 500\nquit\n我没钱\n")
    assert ended.code == 0
    for words in (
        "11月27日（周五）",
        "state promised",
        "why: heard:promise_to_pay",
        "promise:kept",
        "收到您的还款500元",
    ):
        assert words in ended.out
    assert "没钱" not in ended.out


@pytest.mark.parametrize("line", ["+²d", "+d", "+", "+99999d", "pay", "pay ²", "pay 1.2.3", "pay -5", "[/b]", "+-1d"])
def test_say_takes_what_is_no_command_as_a_reply(huixin: Huixin, line: str) -> None:
    ended = huixin("say", "--at", AT, lines=f"{line}\n")
    assert ended.code == 0 and "heard:" in ended.out


def test_check_lists_every_response_with_its_segments(huixin: Huixin) -> None:
    ended = huixin("check")
    assert ended.code == 0 and "dialogues/ is sound" in ended.out
    assert len([line for line in ended.out.splitlines() if line.startswith(("zh ", "en "))]) > 80


def test_check_says_in_one_line_what_is_broken_and_where(huixin: Huixin, tmp_path: Path) -> None:
    root = Path(shutil.copytree(dialogues.ROOT, tmp_path / "[dialogues]"))
    path = root / "policies/holds.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("lasts: 30 days", "lasts: a while"), encoding="utf-8")
    ended = huixin("check", "--folder", root)
    assert ended.code == 2 and ended.err.count("\n") == 1
    assert str(path) in ended.err and "hardship: lasts: 'a while' is not valid" in ended.err


def test_draw_prints_the_state_machine(huixin: Huixin) -> None:
    ended = huixin("draw")
    assert ended.code == 0 and ended.out.startswith("stateDiagram-v2") and "promised" in ended.out


def test_a_new_key_is_32_bytes_and_never_the_same(huixin: Huixin) -> None:
    keys = {huixin("new-key").out.strip() for _ in range(3)}
    assert len(keys) == 3
    assert {len(base64.urlsafe_b64decode(key)) for key in keys} == {32}


def test_settings_lists_every_variable_and_no_secret(huixin: Huixin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIXIN_API_TOKENS", "hush")
    ended = huixin("settings")
    assert ended.code == 0 and "hush" not in ended.out
    for name in ("HUIXIN_DATABASE", "HUIXIN_DATA_KEY", "HUIXIN_CHANNELS", "HUIXIN_LEASE_SECONDS"):
        assert name in ended.out


@pytest.mark.parametrize("provider", ["bank", "twilio", "alibaba"])
def test_sign_prints_a_command_that_a_shell_can_run(
    huixin: Huixin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = huixin("sign", provider, "it's 'fine' $(rm) 我周五还500")
    words = shlex.split(ended.out.replace("\\\n", " "))
    assert ended.code == 0 and words[0] == "curl" and f"/hooks/{provider}" in words[3]
    assert "--data-raw" in words
