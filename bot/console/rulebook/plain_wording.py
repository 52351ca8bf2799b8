"""What we say and must not say: responses with their texts and approvals, outcomes, and the words that are barred."""

from __future__ import annotations

from collections.abc import Iterator

from bot.console.rulebook.plain import Group, Paragraph, listed, names
from bot.console.words import Words
from bot.core.conversation import Outcome
from bot.core.decision import Purpose
from bot.core.reading import Intent
from bot.core.segments import count
from bot.core.wording import Forbidden, Required
from bot.dialogues import Content
from bot.dialogues.load import said_by, sample
from bot.dialogues.wording import LANGUAGES, SIGNATURES


def responses(words: Words, content: Content) -> list[Group]:
    """Every response: reminders, answers of the table, what the code says, and what agents choose from."""
    said, found = said_by(content.rules, content.responses), []
    file = content.files.fields("responses/zh.yml")
    for kind in ("tier", "outcome", "the", "agents"):
        ours = [name for name in content.responses.texts["zh"] if said[name].partition(" ")[0] == kind]
        paragraphs = tuple(_response(words, content, name, said[name]) for name in ours)
        title = words.name("wording", kind)
        found.append(Group(f"wording:{kind}", title, "responses/", file.text("version"), paragraphs))
    return found


def _response(words: Words, content: Content, name: str, said: str) -> Paragraph:
    there, about = content.responses, []
    texts = tuple((language, there.texts[language][name]) for language in LANGUAGES)
    kind, _, what = said.partition(" ")
    said_in = {"tier": words.name("tier", what), "outcome": words.name("outcome", what)}.get(
        kind, words.name("wording", kind)
    )
    lines = [words("rules.said_by", what=said_in)]
    if needs := there.needs(name):
        lines.append(words("rules.variables", names=listed(words, (f"{{{one}}}" for one in sorted(needs)))))
    for language in LANGUAGES:
        parts = count(SIGNATURES[language] + there.render(name, language, sample(), "CNY"))
        approval = there.approvals[language][name]
        told = {"language": words.name("language", language), "version": approval.version, "on": approval.on}
        about.append(words("rules.approved", who=approval.by, **told))
        about.append(words("rules.segments", n=parts.parts, language=words.name("language", language)))
        if approval.legal:
            about.append(words("rules.approved_legal", language=words.name("language", language)))
        about += [
            f"{words.name('language', language)}: {words.name('finding', one.id)} ({one.words})"
            for one in content.warnings.get((language, name), ())
        ]
    title = there.titles.get(words.language, {}).get(name, name)
    return Paragraph(f"response:{name}", title, tuple(lines), tuple(about), code=name, texts=texts)


def barred(words: Words, content: Content) -> list[Group]:
    """Words that never leave, that need counsel or a reason, and what texts must hold."""
    file, wording = content.files.fields("policies/wording.yml"), content.wording
    where, version = file.where, file.text("version")
    rows = {row.text("id"): row for row in file.rows("forbidden")}
    forbidden = []
    for one in wording.forbidden:
        texts = tuple((language, listed(words, rows[one.id].values[language])) for language in LANGUAGES)
        title = words.name("finding", one.id)
        forbidden.append(Paragraph(f"words:{one.id}", title, tuple(_forbidden(words, one)), code=one.id, texts=texts))
    required = tuple(
        Paragraph(f"required:{one.id}", words.name("required", one.id), tuple(_required(words, one)), code=one.id)
        for one in wording.required
    )
    lead = (words("rules.long", n=wording.warn_parts),)
    return [
        Group("forbidden", words("rules.forbidden"), where, version, tuple(forbidden), lead),
        Group("required", words("rules.required"), where, version, required),
    ]


def _forbidden(words: Words, rule: Forbidden) -> Iterator[str]:
    yield words.name("severity", rule.severity)
    if rule.block_below_days is not None:
        yield words("rules.block_below", n=rule.block_below_days)
    if rule.preview:
        yield words("rules.preview", n=rule.preview)
    if rule.purposes:
        yield words("rules.purposes", names=names(words, "purpose", rule.purposes, Purpose))
    if rule.unless:
        yield words("rules.harmless", phrases=listed(words, (f"“{one}”" for one in rule.unless)))


def _required(words: Words, rule: Required) -> Iterator[str]:
    if rule.placeholders:
        yield words("rules.must_hold", names=listed(words, (f"{{{one}}}" for one in sorted(rule.placeholders))))
    for language, phrases in rule.phrases:
        quoted = listed(words, (f"“{one}”" for one in phrases))
        yield words("rules.words", language=words.name("language", language), phrases=quoted)
    yield words("rules.must_in", names=listed(words, sorted(rule.responses)))


def outcomes(words: Words, content: Content) -> list[Group]:
    """What a reply leads to: every outcome of the state table, and where it stands."""
    file, table = content.files.fields("conversation.yml"), content.rules.conversation
    where: dict[str, dict[Intent, int]] = {name: {} for name in table.outcomes}
    for (_, intent), arms in table.cells.items():
        for arm in arms:
            where[arm.outcome][intent] = where[arm.outcome].get(intent, 0) + 1
    paragraphs = tuple(
        Paragraph(f"outcome:{name}", words.name("outcome", name), tuple(_outcome(words, outcome, where[name])),
                  code=f"outcome:{name}")
        for name, outcome in table.outcomes.items()
    )  # fmt: skip
    return [Group("outcomes", words("rules.outcomes"), file.where, file.text("version"), paragraphs)]


def _outcome(words: Words, outcome: Outcome, heard: dict[Intent, int]) -> Iterator[str]:
    if heard:
        yield words("rules.heard", intents=names(words, "intent", heard, Intent))
    if outcome.say:
        yield words("rules.tier_says", response=outcome.say)
    if outcome.hold:
        yield words("why.hold", detail=words.name("hold", outcome.hold))
    if outcome.handoff:
        yield words("why.handoff", detail=words.name("queue", outcome.handoff))
    if outcome.act:
        yield words("rules.act", act=outcome.act)
    if outcome.asks:
        yield words("rules.leaves_open", what=words.name("asked", outcome.asks))
    if outcome.by_agents_too:
        yield words("rules.by_agents_too")
