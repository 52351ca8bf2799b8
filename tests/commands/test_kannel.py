"""The demonstration through Kannel where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import Huixin


def test_without_kannel_the_demonstration_says_what_to_install(
    huixin: Huixin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.gateways.kannel_boxes.shutil.which", lambda *_, **__: None)
    ended = huixin("demo", "--kannel")
    assert ended.code == 2 and "apt-get install kannel" in ended.err
