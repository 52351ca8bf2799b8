"""The shipped reader is no worse on the held-out replies than the scores kept beside them."""

from __future__ import annotations

from pathlib import Path

from bot.dialogues import Content
from bot.nlu.evaluate import evaluate, read_rows
from bot.nlu.evaluate_against import compare, read_scores
from bot.nlu.evaluate_report import describe
from bot.nlu.read import Reader

HERE = Path(__file__).parent


def test_no_guarded_figure_fell_by_more_than_a_point(reader: Reader, content: Content) -> None:
    rows = read_rows(HERE / "heldout_zh.jsonl", HERE / "heldout_en.jsonl")
    rules = content.rules
    done = evaluate(reader, rows, rules.sure_enough, float(rules.promises.sure_enough), rules=rules)
    comparison = compare(done, read_scores(HERE / "scores.json"))
    broken = "\n".join(describe(verdict).plain for verdict in comparison.broken)
    assert not comparison.falls, "\n".join([*map(str, comparison.falls), "broken:", broken])
