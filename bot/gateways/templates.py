"""Approved templates: which of the provider's templates says a response, and what fills its variables.

templates:
  promise_recorded:
    zh: {code: SMS_480000001, params: {amount: amount, day: promised_on}}   # named variables (Alibaba Cloud)
  payment_received:
    zh: {code: "2200001", params: [amount, amount_due]}                     # {1}, {2} in order (Tencent Cloud)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.dialogues import ContentError, Responses
from bot.dialogues.fields import Fields

Templates = Mapping[tuple[str, str], "Template"]  # by response and language


@dataclass(frozen=True, slots=True)
class Template:
    """One approved template: the provider's code, and our placeholder for each of its variables, in order."""

    code: str
    params: tuple[tuple[str, str], ...]
    where: str  # file and place, for messages

    def fill(self, words: Mapping[str, str]) -> dict[str, str]:
        """The variables written out, from words that hold every placeholder."""
        return {name: words[placeholder] for name, placeholder in self.params}


@dataclass(frozen=True, slots=True)
class Gaps:
    """What a channel's templates lack: responses without one by language, and templates that do not fit theirs.

    What agents choose from is no gap: without a template it is not offered to them.
    """

    missing: Mapping[str, tuple[str, ...]]
    wrong: tuple[str, ...]


def load_templates(path: Path) -> Templates:
    """The templates of a file; raise ContentError with the place and the cure."""
    found: dict[tuple[str, str], Template] = {}
    for response, languages in Fields.of(path).only("templates").part("templates").parts().items():
        for language, fields in languages.parts().items():
            fields.only("code", "params")
            found[response, language] = Template(fields.text("code"), _params(fields), fields.where)
    return found


def gaps(templates: Templates, responses: Responses) -> Gaps:
    """Hold templates against the wording: each response in each language, and each template's variables."""
    wrong = []
    for (response, language), template in templates.items():
        if language not in responses.texts:
            wrong.append(f"{template.where}: there is no language {language!r}; write {' or '.join(responses.texts)}")
        elif response not in responses.texts[language]:
            wrong.append(f"{template.where}: there is no response {response!r} in dialogues/responses")
        else:
            wrong += _misfits(template, responses, response, language)
    missing = {
        language: tuple(
            name
            for name in texts
            if (name, language) not in templates and name not in responses.titles.get(language, {})
        )
        for language, texts in responses.texts.items()
    }
    return Gaps(missing, tuple(wrong))


def _misfits(template: Template, responses: Responses, response: str, language: str) -> list[str]:
    used = {placeholder for _, placeholder in template.params}
    needed = responses.needs(response)
    unknown, unsaid = used - needed - responses.bank[language].keys(), needed - used
    found = []
    if unknown:
        known = ", ".join(sorted(needed | responses.bank[language].keys()))
        found.append(f"{template.where}: {', '.join(sorted(unknown))}: this response knows only {known}")
    if unsaid:
        found.append(f"{template.where}: the template leaves out {', '.join(sorted(unsaid))}, which the response says")
    return found


def _params(fields: Fields) -> tuple[tuple[str, str], ...]:
    """Named variables as a mapping, or numbered ones as a list; left out where the template has none."""
    given = fields.values.get("params", [])
    if isinstance(given, list) and all(isinstance(one, str) and one for one in given):
        return tuple((str(number), placeholder) for number, placeholder in enumerate(given, 1))
    if isinstance(given, Mapping):
        named = fields.part("params")
        return tuple((name, named.text(name)) for name in named.values)
    raise ContentError(f"{fields.where}: params: write {{variable: placeholder}}, or [placeholder, …] in order")
