"""`huixin simulate` as a person uses it: a report, files, and errors that name the cure."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot import dialogues
from bot.simulate.parameters import SHIPPED
from tests.commands.conftest import Huixin, huixin

__all__ = ["huixin"]
FEW = ("simulate", "--customers", 40, "--days", 20, "--jobs", 1)


def test_it_reports_and_writes_figures_and_pictures(huixin: Huixin, tmp_path: Path) -> None:
    ended = huixin(*FEW, "--json", tmp_path / "a.json", "--svg", tmp_path / "pictures")
    assert ended.code == 0
    for words in ("contacts per customer", "promises kept", "cost per recovered yuan", "violations  0", "forgetter"):
        assert words in ended.out
    kept = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    one = kept["policies"]["dialogues"]
    assert (kept["customers"], one["customers"], one["violations"]) == (40, 40, {})
    assert sum(one["contacts"].values()) == 40 and len(one["recovered_by_day"]) == 21
    for name in ("funnel", "recovery", "contacts"):
        assert ElementTree.parse(tmp_path / "pictures" / f"{name}.svg").getroot().tag.endswith("svg")
    page = (tmp_path / "pictures" / "index.html").read_text(encoding="utf-8")
    assert page.count("<table>") == 3 and page.count("<svg") == 3
    assert huixin(*FEW, "--json", tmp_path / "b.json").code == 0
    assert (tmp_path / "b.json").read_bytes() == (tmp_path / "a.json").read_bytes()


def test_two_policies_are_compared_on_the_same_customers(huixin: Huixin, tmp_path: Path) -> None:
    other = Path(shutil.copytree(dialogues.ROOT, tmp_path / "gentle"))
    path = other / "policies/strategy.yml"
    text = path.read_text(encoding="utf-8")
    for days in ("2", "3", "4", "5", "7"):
        text = text.replace(f'every_days: "{days}"', 'every_days: "13"')
    path.write_text(text, encoding="utf-8")
    ended = huixin(*FEW, "--policy", other, "--json", tmp_path / "a.json", "--svg", tmp_path)
    assert ended.code == 0 and "gentle" in ended.out and "± (95 %)" in ended.out
    change = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["comparison"]["contacts per customer"]
    assert change["second"] < change["first"]
    assert change["change"] == pytest.approx(change["second"] - change["first"], abs=1e-5)
    assert "gentle" in (tmp_path / "recovery.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--language", "fr"), "is not zh, en, both"),
        (("--jurisdiction", "mars"), "'mars' is unknown"),
        (("--customers", "0"), "Invalid value for '--customers'"),
        (("--days", "0"), "Invalid value for '--days'"),
        (("--policy", "nowhere"), "the file is missing"),
        (("--assumptions", "nowhere.yml"), "the file is missing"),
    ],
)
def test_bad_options_are_named(huixin: Huixin, options: tuple[str, str], said: str) -> None:
    ended = huixin(*FEW, *options)
    assert ended.code == 2 and said in " ".join(ended.err.replace("│", " ").split())


def test_a_rule_that_the_checker_does_not_know_stops_everything(huixin: Huixin, tmp_path: Path) -> None:
    root = Path(shutil.copytree(dialogues.ROOT, tmp_path / "dialogues"))
    path = root / "policies/holds.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("\n", "\n# strict\n", 1), encoding="utf-8")
    assert huixin(*FEW, "--policy", root).code == 0
    path = root / "policies/contact/cn.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("kind: cap", "kind: moon_phase"), encoding="utf-8")
    ended = huixin(*FEW, "--policy", root)
    assert ended.code == 2 and "moon_phase" in ended.err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('share: "0.20"', 'share: "0.30"', "add up to 1.1"),
        ('{value: "0.074"', '{value: "7.4"', "out of range"),
        ('{value: "0.074"', '{value: "often"', "'often' is not valid"),
        ("pays: part", "pays: maybe", "'maybe' is not valid"),
        ("dispute: ", "astonishment: ", "no words for astonishment"),
        ("zones: [Asia/Shanghai]", "zones: [Asia/Atlantis]", "zones"),
        ("{month}月{day}号还{amount}", "{moon}还{amount}", "known are day"),
        ("stranger", "strangest", "unknown name"),
        ('worth: "1"', 'worth: "0"', "no rate"),
    ],
)
def test_broken_assumptions_are_named(
    huixin: Huixin,
    tmp_path: Path,
    old: str,
    new: str,
    said: str,
) -> None:
    path = tmp_path / "customers.yml"
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    ended = huixin(*FEW, "--assumptions", path)
    assert ended.code == 2 and said in ended.err
