"""Where each rule stands and what it rests on: for explaining decisions, from the content files themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.dialogues.content import ROOT
from bot.dialogues.fields import Fields

# Reasons whose rule is a whole file: the first word of the reason, and the file.
FILES = {
    "heard": "conversation.yml", "guard": "conversation.yml", "outcome": "conversation.yml",
    "state": "conversation.yml", "tier": "policies/strategy.yml", "handoff": "policies/handoffs.yml",
    "promise": "policies/promises.yml", "broken-in-a-row": "policies/promises.yml",
    "unsure": "policies/dialogue.yml", "plan": "policies/plans.yml", "instalment-missed": "policies/plans.yml",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """A rule's file and version, and what it rests on where the file says so for this rule."""

    file: str
    version: str
    basis: str = ""
    grade: str = ""

    def __str__(self) -> str:
        parts = [f"{self.file} {self.version}", self.basis, f"grade {self.grade}" if self.grade else ""]
        return "; ".join(part for part in parts if part)


class Sources:
    """The sources of one folder of dialogues/, which has passed the check at load."""

    def __init__(self, root: Path = ROOT):
        self._files = {reason: Source(file, Fields.of(root / file).text("version")) for reason, file in FILES.items()}
        self._rules: dict[str, Source] = {}
        for path in sorted((root / "policies" / "contact").glob("*.yml")):
            self._add_rows(path, root, "rules", "")
        self._add_rows(root / "policies" / "plans.yml", root, "terms", "plan-terms:")
        holds = Fields.of(root / "policies" / "holds.yml")
        for kind, part in holds.part("holds").parts().items():
            self._rules[f"hold:{kind}"] = _source(part, "policies/holds.yml", holds.text("version"))

    def of(self, reason: str) -> Source | None:
        """The source of a decision's reason, such as hold:dispute, not-now:CN-TIME or outcome:open_dispute."""
        kind, _, detail = reason.partition(":")
        if kind == "not-now":
            return self._rules.get(detail)
        return self._rules.get(reason) or self._files.get(kind)

    def _add_rows(self, path: Path, root: Path, name: str, prefix: str) -> None:
        fields = Fields.of(path)
        if name in fields.values:
            for row in fields.rows(name):
                where = path.relative_to(root).as_posix()
                self._rules[prefix + row.text("id")] = _source(row, where, fields.text("version"))


def _source(row: Fields, file: str, version: str) -> Source:
    return Source(file, version, row.maybe("source") or "", row.maybe("grade") or "")
