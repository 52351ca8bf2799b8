"""Every command explains itself, and what a person can mend is said in one line."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from bot.commands import app
from tests.commands.conftest import Huixin

ROOT = typer.main.get_command(app)


def commands(command: Any, before: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every command below this one, by the words that call it."""
    below = getattr(command, "commands", None)
    if below is None:
        return {before: command}
    return {path: one for name, sub in below.items() for path, one in commands(sub, (*before, name)).items()}


@pytest.mark.parametrize("path", commands(ROOT), ids=" ".join)
def test_help_says_what_a_command_does_and_what_each_option_means(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*path, "--help"])
    assert result.exit_code == 0
    command = commands(ROOT)[path]
    assert len(command.help) > 20
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{' '.join(path)} {parameter.name}: no help"


def test_without_arguments_the_commands_are_listed() -> None:
    result = CliRunner().invoke(app, [])
    for name in ("demo", "serve", "say", "read", "import", "payments", "case", "why", "verify", "check"):
        assert name in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("read",),
        ("read", "x", "--asked", "moon"),
        ("read", "x", "--at", "tomorrow"),
        ("read", "x", "--at", "2026-11-23T10:00"),
        ("say", "--zone", "Mars/Olympus"),
        ("say", "--language", "fr"),
        ("say", "--due", "-1"),
        ("import",),
        ("payments",),
        ("sign", "vodafone", "hello"),
    ],
    ids=" ".join,
)
def test_wrong_arguments_are_explained_and_exit_with_2(huixin: Huixin, arguments: tuple[str, ...]) -> None:
    ended = huixin(*arguments)
    assert ended.code == 2
    assert "Usage" in ended.err and "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HUIXIN_PORT", "eighty", "HUIXIN_PORT"),
        ("HUIXIN_LANGUAGE", "fr", "HUIXIN_LANGUAGE"),
        ("HUIXIN_CHANNELS", "/nowhere/[bank].toml", "/nowhere/[bank].toml does not exist"),
        ("HUIXIN_DATA_KEY", "short", "make one with `huixin new-key`"),
        ("HUIXIN_DATA_KEY", "", "make a key with `huixin new-key`"),
    ],
)
@pytest.mark.usefixtures("place")
def test_a_wrong_setting_is_one_line_that_names_it(
    huixin: Huixin, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    ended = huixin("serve", "--work")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1 and ended.err.startswith("error:") and words in ended.err


@pytest.mark.parametrize("command", [("case", "C1"), ("why", "C1"), ("verify",), ("serve",), ("import", "file.csv")])
def test_a_database_that_was_never_migrated_says_which_command_helps(
    huixin: Huixin, place: object, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("HUIXIN_DATABASE", f"sqlite:///{place}/other.db")
    ended = huixin(*command)
    assert ended.code == 2 and "huixin migrate" in ended.err and ended.err.count("\n") == 1


@pytest.mark.usefixtures("place")
def test_a_database_that_cannot_be_reached_is_one_line(huixin: Huixin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIXIN_DATABASE", "postgresql://nobody@127.0.0.1:1/none")
    ended = huixin("verify")
    assert ended.code == 2 and "cannot be reached" in ended.err and ended.err.count("\n") == 1


@pytest.mark.usefixtures("place")
def test_sqlite_serves_one_process_and_says_so(huixin: Huixin) -> None:
    assert "PostgreSQL" in huixin("work").err
    assert "--no-work" in huixin("serve", "--no-work").err


@pytest.mark.usefixtures("place")
def test_without_a_demonstration_there_is_nothing_to_look_into(huixin: Huixin) -> None:
    ended = huixin("case", "C1", "--demo")
    assert ended.code == 2 and "make demo" in ended.err
