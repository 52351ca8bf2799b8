"""`huixin evaluate`: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.commands import app
from bot.settings import SettingsError

ROWS = [
    {"id": "a", "lang": "en", "text": "STOP", "intents": ["opt_out"], "primary": "opt_out"},
    {"id": "b", "lang": "zh", "text": "退订", "intents": ["opt_out"], "primary": "opt_out"},
    {
        "id": "c",
        "lang": "zh",
        "text": "退订",
        "intents": ["acknowledge"],
        "primary": "acknowledge",
        "note": "mislabelled",
    },
]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Two replies that are read rightly and one whose label is wrong."""
    path = tmp_path / "rows.jsonl"
    lines = (json.dumps({**row, "heard_at": "2026-11-23T10:00:00+08:00"}) for row in ROWS)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def run(*words: object) -> Result:
    """Run `huixin evaluate`."""
    return CliRunner().invoke(app, ["evaluate", *map(str, words)])


def test_it_prints_the_figures_and_writes_scores_and_pictures(rows: Path, tmp_path: Path) -> None:
    done = run(rows, "--json", tmp_path / "new" / "scores.json", "--svg", tmp_path / "pictures")
    assert done.exit_code == 0
    assert "primary accuracy" in done.stdout
    assert "label   acknowledge  (mislabelled)" in done.stdout
    scores = json.loads((tmp_path / "new" / "scores.json").read_text(encoding="utf-8"))
    assert scores["slices"]["all"]["opt_out_precision"] == 0.6667
    assert scores["silent_errors"] == ["c"]
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {"calibration.svg", "confusion.svg"}


def test_it_exits_with_one_and_names_what_broke_only_where_a_guarded_figure_fell(rows: Path, tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    assert run(rows, "--json", path).exit_code == 0
    same = run(rows, "--against", path)
    assert same.exit_code == 0
    assert "No guarded figure fell." in same.stdout
    scores = json.loads(path.read_text(encoding="utf-8"))
    scores["slices"]["all"]["primary_accuracy"] = 1.0
    scores["wrong"] = {}
    path.write_text(json.dumps(scores), encoding="utf-8")
    fallen = run(rows, "--against", path)
    assert fallen.exit_code == 1
    assert "primary_accuracy of all fell from 100.00% to 66.67%" in fallen.stdout
    assert "c  退订" in fallen.stdout[fallen.stdout.index("did not have before: 1") :]


def test_a_broken_row_is_said_before_any_work_is_done(rows: Path, tmp_path: Path) -> None:
    rows.write_text("{}\n", encoding="utf-8")
    done = run(rows, "--json", tmp_path / "scores.json")
    assert isinstance(done.exception, SettingsError)
    assert str(done.exception).startswith(f"{rows}:1: ")
    assert not (tmp_path / "scores.json").exists()
