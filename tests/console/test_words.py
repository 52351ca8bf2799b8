"""Every word of the console exists in both languages, and every word that a page asks for exists."""

from __future__ import annotations

import re
import string
from enum import StrEnum
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_python
from jinja2.ext import babel_extract

from bot import console, dialogues
from bot.console.rulebook import why
from bot.console.words import FOLDER, LANGUAGES, catalog, key_of, preferred, texts_of, words
from bot.core.agreement import PromiseStatus
from bot.core.case import HoldKind, Product, State, Timer
from bot.core.decision import Purpose
from bot.core.event import AgentAction
from bot.core.guards import GUARDS
from bot.core.reading import Intent
from bot.store.agents import Role
from bot.store.queue import Folder

CONSOLE = Path(console.__file__).parent
CORE = CONSOLE.parent / "core"
TEMPLATES = {path.relative_to(CONSOLE / "templates").as_posix() for path in (CONSOLE / "templates").rglob("*.html")}
SOURCES = [*CONSOLE.rglob("*.py"), *(CONSOLE / "templates").rglob("*.html")]
CALLED = ("t", "words")
KINDS: dict[str, type[StrEnum]] = {
    "state": State, "hold": HoldKind, "promise": PromiseStatus, "timer": Timer, "product": Product, "purpose": Purpose,
    "intent": Intent, "action": AgentAction, "role": Role, "queue": Folder,
}  # fmt: skip


def placeholders(message: Message) -> set[str]:
    return {name for text in texts_of(message) for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def messages(language: str) -> dict[str, Message]:
    return {key_of(one): one for one in catalog(language) if one.id}


def test_both_languages_have_the_same_words_with_the_same_placeholders() -> None:
    zh, en = messages("zh"), messages("en")
    assert zh.keys() == en.keys()
    assert {key: placeholders(zh[key]) for key in zh} == {key: placeholders(en[key]) for key in en}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_whole(language: str) -> None:
    """No word is empty or fuzzy, none is written twice, and whatever counts has a form for every number."""
    written = re.findall(r'^msgid "(.+)"$', (FOLDER / f"{language}.po").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(key for key in set(written) if written.count(key) > 1) == []
    assert messages(language).keys() - words(language).keys == set()
    counted = {key for key, one in messages(language).items() if "n" in placeholders(one)}
    assert {key for key in counted if not messages(language)[key].pluralizable} == set()


def test_english_counts_one_and_many() -> None:
    assert words("en")("conversation.segments", n=1) == "1 segment"
    assert words("en")("conversation.segments", n=3) == "3 segments"
    assert words("zh")("conversation.segments", n=1) == "1 条计费"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_word_that_is_asked_for_exists(path: Path) -> None:
    with path.open("rb") as file:
        found = (
            babel_extract(file, CALLED, [], {})
            if path.suffix == ".html"
            else extract_python(file, dict.fromkeys(CALLED), [], {})
        )
        asked = {called[2] for called in found if isinstance(called[2], str)}
    text = path.read_text(encoding="utf-8")
    asked |= set(re.findall(r"""["']((?:refused|invalid|problem|login|people|setup)\.[a-z_]+)["']""", text))
    assert {key for key in asked if "." in key or path.suffix == ".html"} - words("en").keys - TEMPLATES == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_of_the_core_has_a_name(language: str) -> None:
    known = words(language).keys
    needed = {f"{kind}.{value}" for kind, values in KINDS.items() for value in values}
    content = dialogues.load()
    needed |= {f"queue.{queue}" for queue in content.rules.handoffs}
    needed |= {f"outcome.{outcome}" for outcome in content.rules.conversation.outcomes}
    needed |= {f"guard.{guard}" for guard in GUARDS}
    needed |= {f"finding.{rule.id}" for rule in content.wording.forbidden}
    needed |= {f"finding.{shape}" for shape in ("link", "long_number", "signature", "long")}
    needed |= {"finding.unknown_sum", "finding.untold_sum"}
    assert needed - known == set()


def test_every_reason_that_the_core_gives_can_be_said_in_words() -> None:
    given = re.findall(r"because\(f?\"([^\"]+)\"", "\n".join(path.read_text("utf-8") for path in CORE.glob("*.py")))
    assert len(given) > 20
    missing = {reason for reason in given if not words("zh").has(f"why.{reason.partition(':')[0]}")}
    assert missing == set()


def test_every_kind_of_journal_entry_has_a_name() -> None:
    written = "\n".join(path.read_text("utf-8") for path in CORE.parent.rglob("*.py"))
    kinds = set(re.findall(r"""\[?\((?:file|files\[[^\]]+\]|[a-z]+), "([a-z_]+)", (?:\{|said)""", written))
    assert {"receipt", "follow_up", "note"} <= kinds
    assert {kind for kind in kinds if not words("zh").has(f"kind.{kind}")} == set()


def test_reasons_are_told_in_the_readers_language() -> None:
    contact = dialogues.load().rules.contact["cn"]
    zh, en = words("zh"), words("en")
    assert why.because(zh, "heard:promise_to_pay", contact) == "理解为：承诺还款"
    assert why.because(en, "state:contacted>promised", contact) == "State: Contacted → Promised"
    assert why.because(en, "promise:500@2026-11-27", contact) == "Promise recorded: 500 · 2026-11-27"
    assert why.because(en, "not-now:BANK-HOURS", contact).startswith(
        "Not sent now: quiet hours: texts leave Mon–Sun 09:00–20:00"
    )
    assert why.because(zh, "learned:ability 500.00", contact) == "从回复中得知：自述能还的金额 500.00"
    assert why.because(en, "a-rule-of-tomorrow:x", contact) == "a-rule-of-tomorrow:x"
    assert why.not_sent(zh, "cancelled: taken-over", contact) == "坐席接手，自动短信取消"
    assert why.not_sent(en, "hold:dispute: collection is held (dispute)", contact) == "collection is held (dispute)"
    assert why.not_sent(en, "the gateway said 30034", contact) == "the gateway said 30034"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "zh"), ("en-GB,en;q=0.9", "en"), ("fr, zh-CN;q=0.8", "zh"), ("de", "zh"), ("ZH-hans", "zh")],
)
def test_the_browsers_language_is_used_where_we_speak_it(accepted: str, language: str) -> None:
    assert preferred(accepted) == language
