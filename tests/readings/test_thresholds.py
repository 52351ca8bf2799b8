"""The thresholds in dialogues/policies/ are near what the costs of mistakes choose on the held-out rows."""

from __future__ import annotations

import json
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
COARSE = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)


def test_no_threshold_costs_a_tenth_more_than_its_best_value(reader: Reader, content: Content) -> None:
    rows = read_rows(HERE / "heldout_zh.jsonl", HERE / "heldout_en.jsonl")
    trial = Trial(rows, content.rules, load_costs(), content.responses.telling_sums())
    found = list(curves(reading_all(reader, rows), trial, load_limits(), COARSE))
    wrong = [f"{c.file}: {c.name} {c.now}: {c.cost_now:.3f}, at {c.best} {c.least:.3f}" for c in found if not c.fits]
    assert not wrong, "look at `huixin thresholds` and set:\n" + "\n".join(wrong)


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
