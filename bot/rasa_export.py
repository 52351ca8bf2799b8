"""Writes dialogues/ out as a Rasa 3.1 project whose every turn is decided by our action server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot import dialogues
from bot.core.reading import Intent
from bot.dialogues import ContentError
from bot.rasa_slots import CONVERSATION, FORM, LEDGER, OUTCOME

FORMAT = "3.1"  # of Rasa's training data; Rasa Open Source 3.6 reads it
ACTION, PROMISE_FORM = "action_huixin_reply", "promise_form"
# One Chinese character is one token, other words are whole: entities then begin and end where tokens do.
TOKENS = r"[\u3400-\u9fff]|[$£€¥]?[^\W\u3400-\u9fff]+"


def export(root: Path, target: Path, action_url: str) -> list[Path]:
    """Write the project and say which files; those of an earlier export are replaced, others left alone.

    `action_url` is where Rasa will find the action server, with its path: `http://127.0.0.1:5055/webhook`.
    Raise ContentError where `root` is broken.
    """
    content = dialogues.load(root)
    intents = _intents(root)
    files: dict[str, Any] = {
        "domain.yml": _domain(intents, content.responses.texts),
        "config.yml": _config(),
        "data/rules.yml": {"version": FORMAT, "rules": _rules(intents)},
        "endpoints.yml": {"action_endpoint": {"url": action_url}},
        "credentials.yml": {"rest": None},
    }
    written = [_write(target / name, _yaml(value)) for name, value in files.items()]
    for path in sorted((root / "intents").glob("*.yml")):  # kept in Rasa's own format: they go over as they stand
        written.append(_write(target / "data" / "nlu" / path.name, path.read_text(encoding="utf-8")))
    return written


def _intents(root: Path) -> list[str]:
    """Every intent, and every pair that examples carry as `a+b`."""
    known = [str(intent) for intent in Intent]
    found = {example.intents for example in dialogues.load_examples(root)}
    unknown = {name for names in found for name in names} - set(known)
    if unknown:
        raise ContentError(f"{root / 'intents'}: no such intents: {', '.join(sorted(unknown))}")
    return known + sorted("+".join(names) for names in found if len(names) > 1)


def _domain(intents: list[str], texts: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    kinds = LEDGER | CONVERSATION | OUTCOME
    slots = {name: _slot(kind) for name, kind in kinds.items()}
    # Off, a promise goes straight to the decision; on, Rasa's form asks for what is missing.
    slots["promise_by_form"] = _slot("bool") | {"initial_value": False, "influence_conversation": True}
    for name, kind in FORM.items():
        asked = {"active_loop": PROMISE_FORM, "requested_slot": name}
        slots[name] = _slot(kind) | {"mappings": [{"type": "from_text", "conditions": [asked]}]}
    return {
        "version": FORMAT,
        "intents": intents,
        "entities": ["amount", "date"],
        "slots": slots,
        "forms": {PROMISE_FORM: {"required_slots": list(FORM)}},
        "responses": {f"utter_{name}": _response(name, texts) for name in texts["zh"]},
        "actions": [ACTION, f"validate_{PROMISE_FORM}"],
        # The slots are the customer's file: they outlive every pause between two texts.
        "session_config": {"session_expiration_time": 0, "carry_over_slots_to_new_session": True},
    }


def _slot(kind: str) -> dict[str, Any]:
    return {"type": kind, "influence_conversation": False, "mappings": [{"type": "custom"}]}


def _response(name: str, texts: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """Chinese where the slot `language` says so, English otherwise, as our own rendering has it."""
    chinese = [{"type": "slot", "name": "language", "value": "zh"}]
    return [{"condition": chinese, "text": texts["zh"][name]}, {"text": texts["en"][name]}]


def _rules(intents: Iterable[str]) -> list[dict[str, Any]]:
    """One answer to everything: the decision. What Rasa understood only picks the way, never the outcome."""
    promise = {"intent": Intent.PROMISE_TO_PAY.value}
    others = [{"intent": intent} for intent in [*intents, "nlu_fallback"] if intent != promise["intent"]]
    form, decision = {"action": PROMISE_FORM}, {"action": ACTION}
    return [
        {"rule": "the decision answers", "steps": [{"or": others}, decision]},
        {
            "rule": "the decision answers a promise",
            "condition": [{"slot_was_set": [{"promise_by_form": False}]}],
            "steps": [promise, decision],
        },
        {
            "rule": "the form asks for what a promise lacks",
            "condition": [{"slot_was_set": [{"promise_by_form": True}]}],
            "steps": [promise, form, {"active_loop": PROMISE_FORM}],
        },
        {
            "rule": "the decision answers when the form has nothing to ask",
            "condition": [{"slot_was_set": [{"promise_by_form": True}]}],
            "steps": [promise, form, {"active_loop": None}, decision],
        },
        {
            "rule": "the decision answers when the form ends",
            "condition": [{"active_loop": PROMISE_FORM}],
            "steps": [form, {"active_loop": None}, {"slot_was_set": [{"requested_slot": None}]}, decision],
        },
    ]


def _config() -> dict[str, Any]:
    """A pipeline of what Rasa installs by itself, trained in minutes; the decision reads for itself.

    Beside other words Rasa's WhitespaceTokenizer drops purely Chinese ones (it takes them for emoji). Who wants better
    intents in Rasa's own statistics installs jieba and names JiebaTokenizer in its place.
    """
    return {
        "recipe": "default.v1",
        "language": "en",  # one model reads both languages; this names the tokenizer's rules, which TOKENS overrides
        "assistant_id": "huixin",
        "pipeline": [
            {
                "name": "WhitespaceTokenizer",
                "token_pattern": TOKENS,
                "intent_tokenization_flag": True,
                "intent_split_symbol": "+",
            },
            # Rasa's classifier makes the matrix dense: without a limit, 20,000 examples would need some 16 GB.
            {"name": "CountVectorsFeaturizer", "max_features": 2000},
            {
                "name": "CountVectorsFeaturizer",
                "analyzer": "char_wb",
                "min_ngram": 1,
                "max_ngram": 3,
                "max_features": 6000,
            },
            {"name": "LogisticRegressionClassifier"},
            {"name": "LexicalSyntacticFeaturizer"},
            {"name": "CRFEntityExtractor"},
        ],
        "policies": [{"name": "RulePolicy"}],
    }


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=120)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
