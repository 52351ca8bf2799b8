"""The documents tell the truth: links lead somewhere, what they name exists, and what is generated is up to date."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bot import dialogues
from bot.commands import app
from bot.core.conversation import draw
from bot.dialogues.contact import rows_of
from bot.settings import Settings

ROOT = Path(__file__).parents[1]
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
PAGES = sorted([*READMES, *(ROOT / "docs").rglob("*.md")])
STATES, OPERATING, GLOSSARY = (ROOT / "docs" / f"{name}.md" for name in ("states", "operating", "glossary"))
CONTACT_RULES = ROOT / "docs" / "contact-rules.md"
FOR_TESTS = {"HUIXIN_TEST_POSTGRES"}
HOME = {"bot", "dialogues", "tests", "docs", "migrations"}
TEXT = {"", ".md", ".py", ".yml", ".toml", ".txt", ".html", ".js", ".css", ".svg", ".json", ".jsonl", ".mako", ".sh"}
NOT_OURS = {".git", ".venv", "var"}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"^ *```.*?^ *```", "", text_of(page), flags=re.DOTALL | re.MULTILINE)


def blocks(page: Path, kind: str) -> list[str]:
    """The code blocks of one kind."""
    return re.findall(rf"^ *```{kind}\n(.*?)^ *```", text_of(page), flags=re.DOTALL | re.MULTILINE)


def spoken(page: Path) -> list[str]:
    """What a page tells its reader to type: the lines of its shell blocks, and what it quotes in passing."""
    lines = [line.partition(" # ")[0] for block in blocks(page, "bash") for line in block.splitlines()]
    return lines + re.findall(r"`([^`\n]+)`", prose(page))


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_the_two_readmes_have_the_same_headings_and_the_same_commands() -> None:
    english, chinese = ([len(m) for m in re.findall(r"^(#+) ", prose(page), re.MULTILINE)] for page in READMES)
    assert english == chinese
    for kind in ("bash", "toml", "text"):
        ours, theirs = ([re.sub(r" +# .*", "", block) for block in blocks(page, kind)] for page in READMES)
        assert ours == theirs


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)|srcset=\"([^\"]+)\"|src=\"([^\"]+)\"", prose(page)):
        target, _, place = "".join(link).partition("#")
        if "://" in target:
            continue
        other = (page.parent / target).resolve() if target else page
        if not other.exists():
            broken.append(target)
        elif place and place not in map(anchor, re.findall(r"^#+ (.+)$", prose(other), re.MULTILINE)):
            broken.append(f"{target}#{place}")
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_are_named_exist(page: Path) -> None:
    named = [word for word in re.findall(r"`([\w.-]+/[\w./-]*)`", prose(page)) if word.split("/")[0] in HOME]
    assert [word for word in named if not (ROOT / word).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_settings_that_are_named_exist(page: Path) -> None:
    known = {f"HUIXIN_{name.upper()}" for name in Settings.model_fields} | FOR_TESTS
    assert set(re.findall(r"HUIXIN_[A-Z_]*[A-Z]", text_of(page))) <= known


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_targets_that_are_named_exist(page: Path) -> None:
    known = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {match[1] for line in spoken(page) if (match := re.match(r"make ([a-z-]+)$", line.strip()))}
    assert named <= known


def commands_in(page: Path) -> Iterator[list[str]]:
    """Every `huixin …` that a page names, as words."""
    for line in spoken(page):
        for part in re.findall(r"(?:^|[(\s])(?:\.venv/bin/)?huixin ([^|)\"]+)", line):
            yield shlex.split(part.replace("…", "x"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_and_options_that_are_named_exist(page: Path) -> None:
    for words in commands_in(page):
        command: Any = typer.main.get_command(app)
        rest = list(words)
        while rest and hasattr(command, "commands"):
            known = command.commands
            assert rest[0] in known, f"huixin {' '.join(words)}: known are {', '.join(known)}"
            command = known[rest.pop(0)]
        options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        assert {word for word in rest if word.startswith("--")} <= options, f"huixin {' '.join(words)}"


def test_the_state_diagram_is_drawn_from_the_table(request: pytest.FixtureRequest) -> None:
    drawn = draw(dialogues.load().rules.conversation)
    is_generated(request, STATES, r"```mermaid\n(.*?)```", drawn)


def test_every_setting_is_documented_with_its_default(request: pytest.FixtureRequest) -> None:
    rows = ["", "| environment variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        secret = "secret" in str(field.annotation).lower()
        default = "" if secret or field.default in (None, "") else f"`{field.default}`"
        rows.append(f"| `HUIXIN_{name.upper()}` | {default} | {field.description} |")
    is_generated(request, OPERATING, r"<!-- settings -->\n(.*?)<!-- /settings -->", "\n".join([*rows, "", ""]))


def test_every_contact_rule_is_in_the_table(request: pytest.FixtureRequest) -> None:
    about = ("id", "kind", "source", "grade", "effective_from", "effective_until")
    rows = ["", "| file | rule | kind | value | grade | in force | source |", "|---|---|---|---|---|---|---|"]
    for path in sorted((dialogues.ROOT / "policies" / "contact").glob("*.yml")):
        for rule in rows_of(path):
            value = "; ".join(f"{name} {text}" for name, text in rule.items() if name not in about)
            until = f" to {rule['effective_until']}" if "effective_until" in rule else ""
            cells = (path.stem, rule["id"], rule["kind"].replace("_", " "), value.replace("_", " "), rule["grade"])
            rows.append(f"| {' | '.join(cells)} | from {rule['effective_from']}{until} | {rule['source']} |")
    is_generated(request, CONTACT_RULES, r"<!-- rules -->\n(.*?)<!-- /rules -->", "\n".join([*rows, "", ""]))


def is_generated(request: pytest.FixtureRequest, page: Path, where: str, wanted: str) -> None:
    """Compare what a page holds between two marks; `pytest --update` writes it there instead."""
    found = re.search(where, text_of(page), re.DOTALL)
    assert found is not None
    if request.config.getoption("--update"):
        text = text_of(page)
        page.write_text(text[: found.start(1)] + wanted + text[found.end(1) :], encoding="utf-8")
        return
    assert found[1] == wanted, f"{name_of(page)} is out of date: pytest tests/test_docs.py --update"


def test_every_metric_is_documented() -> None:
    code = "".join(text_of(path) for path in (ROOT / "bot").rglob("*.py"))
    metrics = set(re.findall(r"(?:Counter|Histogram|Gauge)\(\s*\"(huixin_\w+)\"", code))
    assert metrics and metrics <= set(re.findall(r"huixin_\w+", text_of(OPERATING)))


def test_the_glossary_names_what_the_code_has() -> None:
    names = re.findall(r"^\|[^|]+\|[^|]+\| `([^`]+)` \|", text_of(GLOSSARY), re.MULTILINE)
    assert len(names) > 40
    missing = [name for name in names if not _exists(name)]
    assert missing == []


def _exists(name: str) -> bool:
    if "/" in name:
        return (ROOT / name).exists()
    words = name.split(".")
    for length in range(len(words), 0, -1):
        try:
            thing: object = importlib.import_module(".".join(words[:length]))
        except ModuleNotFoundError:
            continue
        for word in words[length:]:
            if not hasattr(thing, word) and word not in getattr(thing, "__dataclass_fields__", {}):
                return False
            thing = getattr(thing, word, None)
        return True
    return False


def test_the_glossary_has_each_term_once() -> None:
    terms = re.findall(r"^\| ([^|]+?) \|", text_of(GLOSSARY), re.MULTILINE)
    assert len(terms) == len(set(terms))


def test_decisions_have_the_four_parts_and_follow_one_another() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    for number, page in enumerate(pages, 1):
        assert text_of(page).startswith(f"# {number:04} ") and page.name.startswith(f"{number:04}-")
        parts = re.findall(r"^\*\*(.+?)\.\*\*", text_of(page), re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences", "What would change it"]


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the business of whoever installs, never of this repository."""
    hosts = ("pypi" + ".org", "python" + "hosted", "npm" + "js.", "index" + "-url", "conda" + ".anaconda")
    found = [name_of(path) for path in _files() if any(host in text_of(path) for host in hosts)]
    assert found == []


def _files() -> Iterator[Path]:
    for top in sorted(ROOT.iterdir()):
        if top.name in NOT_OURS or top.name.endswith("_cache") or top.name == ".hypothesis":
            continue
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and path.suffix in TEXT and "__pycache__" not in path.parts:
                yield path
