"""The shipped reader is no worse on the held-out replies than the scores kept beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.dialogues import Content
from bot.nlu.evaluate import evaluate, read_rows
from bot.nlu.evaluate_against import compare, read_scores
from bot.nlu.evaluate_report import describe
from bot.nlu.read import Reader

HERE = Path(__file__).parent
SETS = [("heldout", "scores"), ("hard", "scores_hard"), ("fresh", "scores_fresh")]


@pytest.mark.parametrize(("name", "scores"), SETS)
def test_no_guarded_figure_fell_by_more_than_a_point(reader: Reader, content: Content, name: str, scores: str) -> None:
    rows = read_rows(HERE / f"{name}_zh.jsonl", HERE / f"{name}_en.jsonl")
    rules = content.rules
    done = evaluate(reader, rows, rules.sure_enough, float(rules.promises.sure_enough), rules=rules)
    comparison = compare(done, read_scores(HERE / f"{scores}.json"))
    broken = "\n".join(describe(verdict).plain for verdict in comparison.broken)
    assert not comparison.falls, "\n".join([*map(str, comparison.falls), "broken:", broken])
