"""The thresholds in dialogues/policies/ are near what the costs of mistakes choose on the held-out rows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from typer.testing import CliRunner

from bot.commands import app
from bot.dialogues import Content
from bot.dialogues.costs import load_costs
from bot.dialogues.limits import load_limits
from bot.nlu.evaluate_rows import read_rows
from bot.nlu.read import Reader
from bot.nlu.thresholds import Trial, curves, reading_all

HERE = Path(__file__).parent
COARSE, FEW = (0.1, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9), (0.1, 0.3, 0.6)


def test_no_other_value_of_a_threshold_is_surely_cheaper(reader: Reader, content: Content) -> None:
    rows = read_rows(HERE / "heldout_zh.jsonl", HERE / "heldout_en.jsonl")
    trial = Trial(rows, content.rules, load_costs(), content.responses.telling_sums())
    found = list(curves(reading_all(reader, rows), trial, load_limits(), COARSE, FEW))
    wrong = [f"{one.file}: {one.name}: {one.now}, better {one.best}" for one in found if one.better]
    assert not wrong, "look at `huixin thresholds` and set:\n" + "\n".join(wrong)


def test_a_threshold_that_is_far_off_is_noticed(reader: Reader, content: Content) -> None:
    rows = read_rows(HERE / "heldout_zh.jsonl", HERE / "heldout_en.jsonl")
    far = replace(content.rules, sure_enough=0.99)
    trial = Trial(rows, far, load_costs(), content.responses.telling_sums())
    [first, *_] = curves(reading_all(reader, rows), trial, load_limits(), COARSE, ())
    assert first.name == "sure_enough" and first.better


def test_the_command_prints_a_table_and_writes_the_curves(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    row = {"lang": "zh", "heard_at": "2026-11-23T10:00:00+08:00"}
    told = [
        {"id": "a", "text": "退订", "intents": ["opt_out"], "primary": "opt_out"} | row,
        {"id": "b", "text": "我周五还500", "intents": ["promise_to_pay"], "primary": "promise_to_pay",
         "date": "2026-11-27", "amount": 500} | row,
    ]  # fmt: skip
    rows.write_text("\n".join(map(json.dumps, told)), encoding="utf-8")
    done = CliRunner().invoke(
        app, ["thresholds", str(rows), "--svg", str(tmp_path / "c.svg"), "--json", str(tmp_path / "c.json")]
    )
    assert done.exit_code == 0, done.output
    assert "missed_opt_out" in done.stdout and "limits.certain" in done.stdout
    written = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert written["replies"] == 2 and set(written["thresholds"]["sure_enough"]) == {"now", "best", "costs"}
    assert (tmp_path / "c.svg").read_text(encoding="utf-8").count("<circle") == len(written["thresholds"])


def test_without_replies_it_says_what_to_give() -> None:
    done = CliRunner().invoke(app, ["thresholds"])
    assert done.exit_code == 2 and "--by-voice" in done.output
