"""The export is a whole Rasa project, and nothing of dialogues/ is missing from it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import dialogues
from bot.core.reading import Intent
from bot.dialogues import ContentError
from bot.rasa_export import export
from bot.rasa_slots import CONVERSATION, FORM, LEDGER, OUTCOME

CONTENT = dialogues.load()
URL = "http://127.0.0.1:5055/webhook"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The exported files by name, as YAML."""
    target = tmp_path_factory.mktemp("rasa")
    paths = export(dialogues.ROOT, target, URL)
    return {path.relative_to(target).as_posix(): yaml.safe_load(path.read_text("utf-8")) for path in paths}


def blocks_of(project: dict[str, Any]) -> list[dict[str, Any]]:
    """Every block of training examples."""
    return [block for name, content in project.items() if name.startswith("data/nlu/") for block in content["nlu"]]


def test_writes_the_files_of_a_rasa_project(project: dict[str, Any]) -> None:
    assert set(project) == {
        "domain.yml", "config.yml", "endpoints.yml", "credentials.yml",
        "data/rules.yml", *(f"data/nlu/{path.name}" for path in (dialogues.ROOT / "intents").glob("*.yml")),
    }  # fmt: skip
    assert project["endpoints.yml"] == {"action_endpoint": {"url": URL}}


def test_every_intent_is_in_the_domain_has_examples_and_a_rule(project: dict[str, Any]) -> None:
    intents = project["domain.yml"]["intents"]
    assert {str(intent) for intent in Intent} <= set(intents) and len(intents) == len(set(intents))
    blocks = blocks_of(project)
    exampled = {block["intent"] for block in blocks}
    assert exampled <= set(intents)
    assert {str(intent) for intent in Intent} <= exampled
    steps = [step for rule in project["data/rules.yml"]["rules"] for step in rule["steps"]]
    ruled = {one["intent"] for step in steps for one in step.get("or", [step]) if "intent" in one}
    assert ruled == {*intents, "nlu_fallback"}


def test_every_response_is_in_the_domain_in_both_languages(project: dict[str, Any]) -> None:
    responses = project["domain.yml"]["responses"]
    assert responses.keys() == {f"utter_{name}" for name in CONTENT.responses.texts["zh"]}
    for name, (chinese, english) in responses.items():
        assert chinese["condition"] == [{"type": "slot", "name": "language", "value": "zh"}]
        assert chinese["text"] == CONTENT.responses.texts["zh"][name.removeprefix("utter_")]
        assert english == {"text": CONTENT.responses.texts["en"][name.removeprefix("utter_")]}


def test_every_slot_is_in_the_domain_and_only_the_forms_are_filled_by_rasa(project: dict[str, Any]) -> None:
    slots = project["domain.yml"]["slots"]
    assert slots.keys() == {*LEDGER, *CONVERSATION, *OUTCOME, *FORM, "promise_by_form"}
    by_rasa = {name for name, slot in slots.items() if slot["mappings"] != [{"type": "custom"}]}
    assert by_rasa == set(project["domain.yml"]["forms"]["promise_form"]["required_slots"]) == set(FORM)


def test_marked_entities_are_in_the_domain(project: dict[str, Any]) -> None:
    blocks = blocks_of(project)
    marked = {name for block in blocks for name in re.findall(r"\]\(([a-z_]+)\)", block["examples"])}
    assert marked == set(project["domain.yml"]["entities"])


def test_exporting_again_replaces_the_files_and_leaves_others(tmp_path: Path) -> None:
    first = export(dialogues.ROOT, tmp_path, URL)
    (tmp_path / "notes.txt").write_text("mine")
    first[0].write_text("edited")
    again = export(dialogues.ROOT, tmp_path, URL)
    assert again == first and yaml.safe_load(first[0].read_text("utf-8"))["version"] == "3.1"
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_broken_content_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(ContentError):
        export(tmp_path, tmp_path / "out", URL)
    assert not (tmp_path / "out").exists()
