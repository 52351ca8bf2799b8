"""Content that is broken stops the load: the message names the file, the place in it, and what would be right."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot import dialogues
from bot.dialogues import ContentError, load, load_examples, load_lexicon

TABLE, DIALOGUE = "conversation.yml", "policies/dialogue.yml"
BANK, CN = "policies/contact/bank.yml", "policies/contact/cn.yml"
US, NYC = "policies/contact/us.yml", "policies/contact/us-nyc.yml"
HOLDS, QUEUES = "policies/holds.yml", "policies/handoffs.yml"
PROMISES, STRATEGY = "policies/promises.yml", "policies/strategy.yml"
WORDS, VERIFY = "policies/wording.yml", "policies/verify.yml"
ZH, EN = "responses/zh.yml", "responses/en.yml"
AGENTS_ZH, AGENTS_EN = "responses/zh.agents.yml", "responses/en.agents.yml"

# file, what stands there, what is put in its place, words that the message must have
CASES = [
    # YAML itself
    (TABLE, "version:", "version: [", (f"{TABLE}:",)),
    (TABLE, "any:\n", "any:\n\tdeny: {}\n", (f"{TABLE}:", "\\t")),
    (QUEUES, "queues:\n", "queues:\n  crisis: {priority: 9, within: 1 days}\n", ("crisis", "already given on line")),
    (HOLDS, "holds:\n", "holds:\n  ? [a]\n  : b\n", (f"{HOLDS}:", "plain text")),
    (ZH, "responses:\n", "responses:\n  x\x07y: {}\n", (f"{ZH}:", "take the character out")),
    # what agents choose from
    (AGENTS_ZH, "  agent_hello:", "  hello:", (AGENTS_ZH, "hello", "is called agent_…")),
    (ZH, "  reminder_pre_due:", "  agent_pre_due:", (f"{ZH}: agent_pre_due", "stands in *.agents.yml")),
    (AGENTS_ZH, '    - title: "开场"\n      text', "    - text", (AGENTS_ZH, "'title' must be given")),
    (AGENTS_EN, "  agent_hello:", "  agent_hallo:", ("zh.agents.yml", "'agent_hallo' is missing")),
    (AGENTS_EN, "{promised_on}", "{due_on}", ("agent_promise_confirmed", "other placeholders")),
    (AGENTS_ZH, "谢谢您的回复。", "谢谢您的回复{able}。", ("agent_thanks", "other placeholders")),
    (AGENTS_ZH, "谢谢您的回复。", "后果自负。", (f"{AGENTS_ZH}: agent_thanks", "'后果自负' is not allowed")),
    # the table
    (TABLE, "if: nothing_is_due", "if: moon_is_full", ("promise_to_pay", "unknown guard 'moon_is_full'")),
    (TABLE, "do: answer_crisis, to", "do: sing, to", ("self_harm", "unknown outcome 'sing'")),
    (TABLE, "act: stop_texts,", "act: stop_time,", ("outcome opt_out", "unknown act 'stop_time'")),
    (TABLE, "asks: confirm_opt_out", "asks: why", ("ask_whether_opt_out", "'why' is unknown", "confirm_opt_out")),
    (TABLE, "hold: crisis,", "hold: forever,", ("answer_crisis", "'forever' is unknown", "bereavement")),
    (TABLE, "say: identity", "say: identify", ("'identify' is needed by outcome answer_identity",)),
    (TABLE, "say: identity", "say: [identity]", ("answer_identity", "'say' must be given, as text")),
    (TABLE, "handoff: bereavement,", "handoff: nowhere,", ("'nowhere' is needed by outcome hand_over_bereavement",)),
    (TABLE, "by_agents_too: true", "by_agents_too: yes", ("by_agents_too", "write true or false")),
    (TABLE, "  acknowledge: {do: keep_silent}\n", "", ("acknowledge", "every state must say what each intent does")),
    (TABLE, "  legal: {do", "  leagl: {do", ("'leagl' is unknown", "self_harm")),
    (TABLE, "  disputed:\n", "  disputes:\n", ("'disputes' is unknown", "disputed")),
    (TABLE, "to: person_only}", "to: nirvana}", ("'nirvana' is unknown", "person_only")),
    (TABLE, "    - {do: clarify}", "    - {if: handoff_is_open, do: clarify}", ("unclear", "must hold always")),
    (TABLE, "    - {if: unclear_too_often, do: hand_over_unclear}\n    - {do: clarify}",
     "    - {do: hand_over_unclear}\n    - {do: clarify}", ("unclear", "never reached")),
    (TABLE, "  keep_silent: {}", "  keep_silent: {}\n  idle: {}", ("outcome idle", "no cell uses it")),
    (TABLE, "ask_back_when_unsure: [opt_in,", "ask_back_when_unsure: [opt_im,", ("'opt_im' is unknown",)),
    (TABLE, "  keep_silent: {}", "  keep_silent: {sya: clarify}", ("unknown name 'sya'", "known are say")),
    # contact rules
    (BANK, 'mon-sun: "09:00-20:00"', 'mon-sun: "9-20"', ("rules[1]", "'9-20' is not valid", "09:00-20:00")),
    (BANK, 'mon-sun: "09:00-20:00"', 'mon-sun: "21:00-20:00"', ("'21:00-20:00' is not valid",)),
    (BANK, 'mon-sun: "09:00-20:00"', 'sun-mon: "09:00-20:00"', ("'sun-mon' is not valid", "mon-sun")),
    (BANK, 'limit: "1"', 'limit: "0"', ("rules[2]", "limit", "from 1 to")),
    (BANK, 'limit: "3", days: "7"', 'limit: "3", days: "60"', ("rules[3]", "days", "from 1 to 30")),
    (BANK, "kind: cap", "kind: hat", ("rules[2]", "'hat' is unknown", "verified_number")),
    (BANK, "channels: [sms]", "channels: [fax]", ("rules[2]", "'fax' is unknown", "letter")),
    (BANK, "purposes: [reminder, agent], ", "", ("rules[2]", "purposes", "which texts it limits")),
    (BANK, "cannot_wait: [opt_out_confirmation", "cannot_wait: [marketing", ("'marketing' is unknown",)),
    (BANK, "cannot_wait: [opt_out_confirmation, safety]", "cannot_wait: safety", ("must be a list",)),
    (BANK, "conversation: 24 hours", "conversation: a day", ("conversation", "'a day' is not valid", "24 hours")),
    (BANK, "grade: policy", "grade: sure", ("rules[1]", "'sure' is unknown", "P, S, K, policy")),
    (BANK, "sources: [reserved,", "sources: [unknown,", ("rules[6]", "never unknown")),
    (BANK, "sources: [reserved,", "sources: [found,", ("rules[6]", "'found' is unknown", "reserved")),
    (BANK, "id: BANK-3-WEEK", "id: BANK-1-DAY", ("BANK-1-DAY is given twice",)),
    (CN, "effective_from: 2026-01-30", "effective_from: soon", ("effective_from", "'soon' is not valid")),
    (CN, "effective_from: 2026-01-30", "effective_from: 2026-01-30, effective_until: 2025-01-01", ("is before",)),
    (CN, "holidays: CN", "holidays: Atlantis", ("'Atlantis' is no country",)),
    (CN, "holidays: CN", "holidays: CN\non: asia", ("on: 'asia'", "named after its jurisdiction")),
    (CN, "unless: night_contact", "unless: silence", ("'silence' is unknown", "night_contact")),
    (CN, "source:", "sources:", ("'source' must be given",)),
    (US, "reaches: collection", "reaches: some", ("'some' is not valid", "collection or all")),
    (US, 'phrases: {en: ["reply stop"]', 'phrases: {fr: ["reply stop"]', ("en is missing",)),
    (US, 'phrases: {en: ["reply stop"]', "phrases: {en: reply stop", ("must be a list of phrases",)),
    (NYC, "consent: electronic_contact", "consent: maybe", ("'maybe' is unknown", "electronic_contact")),
    (NYC, "on: us", "on: uk", ("on: 'uk'", "us-ma.yml")),
    (NYC, "per: account", "per: nose", ("'nose' is not valid", "customer or account")),
    # holds, queues, promises, strategy, dialogue
    (HOLDS, "lasts: 30 days", "lasts: a while", ("hardship", "'a while' is not valid", "30 days")),
    (HOLDS, "stops: [reminder], ", "stops: [reminders], ", ("'reminders' is unknown",)),
    (HOLDS, "  crisis:", "  panic:", ("'panic' is unknown",)),
    (QUEUES, "within: 5 minutes", "within: now", ("crisis", "'now' is not valid", "4 hours")),
    (QUEUES, "  undelivered:", "  undeliverable:", ("'undelivered' is needed by the code",)),
    (QUEUES, "  poisoned:", "  spoiled:", ("'poisoned' is needed by the code",)),
    (PROMISES, 'kept_share: "0.95"', 'kept_share: "95"', ("kept_share", "no share", "0.95")),
    (PROMISES, 'sure_enough: "0.75"', 'sure_enough: "nan"', ("sure_enough", "no share")),
    (PROMISES, 'grace_days: "3"', 'grace_days: "three"', ("grace_days", "'three' is not valid")),
    (PROMISES, '"-30": "31"', '"-30": "-31"', ("horizon_days", "look back")),
    (PROMISES, "grace_days:", "grace:", ("unknown name 'grace'", "grace_days")),
    (STRATEGY, 'from: "4",  every', 'from: "0",  every', ("personal_loan", "tiers must ascend")),
    (STRATEGY, 'every_days: "3", at', 'every_days: "0", at', ("every_days", "from 1 to")),
    (STRATEGY, 'at: "10:00", response', "at: ten, response", ("'ten' is not valid",)),
    (STRATEGY, "response: reminder_grace}", "response: reminder_grave}", ("'reminder_grave' is needed by tier grace",)),
    (STRATEGY, "handoff: late_stage", "handoff: lost_stage", ("'lost_stage' is needed by tier",)),
    (STRATEGY, "channel: call", "channel: pigeon", ("'pigeon' is unknown", "letter")),
    (STRATEGY, "reminder_m1_early}", "reminder_m1_early, channel: call}", ("a call is a person's task",)),
    (STRATEGY, "in_parts: reminder_in_parts", "in_parts: reminder_in_part", ("'reminder_in_part' is needed by tier",)),
    (STRATEGY, 'factor: "2", for_a', 'factor: "0.5", for_a', ("pace: silent: factor", "'0.5' is not valid")),
    (STRATEGY, 'CNY: "50000"', 'CNY: "lots"', ("pace: large", "'lots' is not valid")),
    (STRATEGY, "answered: {days", "answered: {hours", ("unknown name 'hours'",)),
    (STRATEGY, "  credit_card:", "  debit_card:", ("unknown name 'debit_card'", "credit_card")),
    (DIALOGUE, "answer_wait: 24 hours", "answer_wait: 24", ("answer_wait", "'24' is not valid", "24 hours")),
    (DIALOGUE, 'sure_enough: "0.50"', 'sure_enough: "50"', ("sure_enough", "no share")),
    (DIALOGUE, "unclear_for_a_person:", "unclear:", ("unknown name 'unclear'",)),
    (VERIFY, 'attempts: "3"', 'attempts: "0"', (f"{VERIFY}:", "attempts")),
    (VERIFY, "lasts: 30 minutes", "lasts: for ever", (f"{VERIFY}:", "lasts")),
    # wording
    (ZH, "  identity:", "  identitiy:", ("missing in this language",)),
    (ZH, "{crisis_line}", "{crises_line}", ("safety", "unknown placeholder", "crisis_line")),
    (ZH, "{crisis_line}", "{crisis_line", ("safety", ZH)),
    (ZH, "{crisis_line}", "{crisis_line!r}", ("safety", "plain name")),
    (ZH, "好的，会继续", "【示例银行】好的，会继续", ("doubt_cleared", "signature", "take it out")),
    (ZH, "好的，会继续", "见 https://example.com 好的，会继续", ("doubt_cleared", "no links")),
    (ZH, "好的，会继续", "见 pay.example.cn/x 好的，会继续", ("doubt_cleared", "no links")),
    (ZH, "  doubt_cleared:\n", "  doubt_cleared:\n    - text: 好\n", ("doubt_cleared", "2 texts")),
    (ZH, "好的，会继续", "后果自负，会继续", ("doubt_cleared", "'后果自负' is not allowed", "threat")),
    (ZH, "好的，会继续", "我行将起诉，会继续", ("doubt_cleared", "'起诉' is not allowed", "legal")),
    (ZH, "{promised_on}还款{amount}。在此", "{promised_on}{amount}。在此", ("two placeholders need words between",)),
    (ZH, "approved: {version", "approve: {version", ("unknown name 'approve'", "approved")),
    (ZH, "on: 2026-11-23}", "on: yesterday}", ("'yesterday' is not valid",)),
    (EN, "Hello. You may have missed it: {amount_due}", "Debt! You may have missed it: {amount_due}",
     ("reminder_grace", "'debt' is not allowed", "preview")),
    (EN, "Call {hotline}. Reply STOP", "Call {hotline}. Text STOP", ("way_out", "must say 'Reply STOP'")),
    (WORDS, "severity: legal", "severity: grave", ("'grave' is unknown", "block, legal, warn")),
    (WORDS, "tiers: [pre_due], ", "tiers: [pre_do], ", ("'pre_do'", "no tier")),
    (WORDS, "placeholders: [hotline]", "placeholders: [hotlines]", ("'hotlines'", "is unknown")),
    (WORDS, 'CNY: "0.045"', 'CNY: "cheap"', ("'cheap' is not valid",)),
    (WORDS, 'preview: "22"', 'preview: "2"', ("preview", "from 5 to 160")),
    (WORDS, "en: [police,", "em: [police,", ("unknown name 'em'",)),
    (ZH, "responses:\n", "responses:\n  joke:\n    - text: 哈\n", ("'joke'", "missing in this language")),
]  # fmt: skip


def copy(tmp_path: Path) -> Path:
    """The content as shipped, to be spoilt."""
    return Path(shutil.copytree(dialogues.ROOT, tmp_path / "dialogues"))


def change(root: Path, file: str, old: str, new: str) -> None:
    """Put other words in place of the first that stand there."""
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} has no {old!r} any more"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(("file", "old", "new", "words"), CASES, ids=lambda value: str(value)[:40])
def test_broken_content_stops_the_load_and_says_where(
    tmp_path: Path, file: str, old: str, new: str, words: tuple[str, ...]
) -> None:
    root = copy(tmp_path)
    change(root, file, old, new)
    with pytest.raises(ContentError) as error:
        load(root)
    for word in words:
        assert word in str(error.value)
    assert Path(file).stem in str(error.value) or "dialogues/" in str(error.value)


@pytest.mark.parametrize("file", [TABLE, DIALOGUE, BANK, HOLDS, QUEUES, PROMISES, STRATEGY, WORDS, ZH, EN])
def test_a_file_that_is_missing_empty_or_not_text_stops_the_load(tmp_path: Path, file: str) -> None:
    path = copy(tmp_path) / file
    for content in (None, b"", b"\xff\xfe", b"- a\n- b\n", b"just words", b"{" * 3000):
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ContentError, match=path.name):
            load(tmp_path / "dialogues")


def test_the_strict_default_pack_must_be_there(tmp_path: Path) -> None:
    root = copy(tmp_path)
    (root / "policies/contact/default.yml").unlink()
    with pytest.raises(ContentError, match=r"default\.yml"):
        load(root)


def test_a_response_that_nothing_says_is_a_mistake(tmp_path: Path) -> None:
    root = copy(tmp_path)
    for file in (ZH, EN):
        change(root, file, "responses:\n", "responses:\n  joke:\n    - text: ha\n")
    with pytest.raises(ContentError, match="'joke' is never said"):
        load(root)


def test_wording_may_only_use_what_is_known_where_it_is_said(tmp_path: Path) -> None:
    root = copy(tmp_path)
    for file in (ZH, EN):
        change(root, file, '  clarify:\n    - text: "', '  clarify:\n    - text: "{promised_on} ')
    with pytest.raises(ContentError, match=r"'clarify': \['promised_on'\] is not known where this is said"):
        load(root)


def test_both_languages_must_use_the_same_placeholders(tmp_path: Path) -> None:
    root = copy(tmp_path)
    change(root, ZH, '  amount_due:\n    - text: "截至{as_of}', '  amount_due:\n    - text: "截至今天')
    with pytest.raises(ContentError, match=r"'amount_due'.*other placeholders.*as_of"):
        load(root)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("examples: []", "nlu:"),
        ("nlu:\n- intent: opt_out", "block 1"),
        ("nlu:\n- intent: opt_out\n  examples: |\n    stop", "must start with"),
    ],
)
def test_training_examples_that_cannot_be_read_are_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "intents").mkdir()
    (tmp_path / "intents/zh.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=words):
        load_examples(tmp_path)


def test_without_examples_or_a_lexicon_the_reader_is_not_trained(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no examples"):
        load_examples(tmp_path)
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon/zh.yml").write_text("- a", encoding="utf-8")
    with pytest.raises(ContentError, match=r"zh.yml: needs a mapping"):
        load_lexicon("zh", tmp_path)


def test_marks_are_taken_out_of_examples_and_the_words_stay(tmp_path: Path) -> None:
    (tmp_path / "intents").mkdir()
    text = "nlu:\n- intent: promise_to_pay+hardship\n  examples: |\n    - [周五](date)还[500](amount) (a) [b]\n"
    (tmp_path / "intents/zh.yml").write_text(text, encoding="utf-8")
    [example] = load_examples(tmp_path)
    assert example.text == "周五还500 (a) [b]"
    assert example.intents == ("promise_to_pay", "hardship")
