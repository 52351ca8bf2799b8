"""The channels from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import Huixin

TENCENT = """
[tencent]
gateway = "tencent"
number = "1069"
templates = "approved.yml"
options = {path_token = "tttttttttttttttttttttt", secret_id = "i", secret_key = "k", app_id = "1", sign_name = "示例"}
"""


@pytest.fixture
def channels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of channels, and beside it a file of templates."""
    path = tmp_path / "channels.toml"
    path.write_text(TENCENT, encoding="utf-8")
    (tmp_path / "approved.yml").write_text(
        "templates: {settled: {zh: {code: '77', params: [amount]}}}", encoding="utf-8"
    )
    monkeypatch.setenv("HUIXIN_CHANNELS", str(path))
    return path


def test_check_says_which_responses_have_no_template_on_a_channel(huixin: Huixin, channels: Path) -> None:
    ended = huixin("check", "--channel", "tencent")
    assert ended.code == 1
    assert "zh settled                      77 {'1': 'amount'}" in ended.out
    assert "en settled                      no template" in ended.out
    assert "tencent sends templates alone" in ended.out


def test_check_names_a_template_that_does_not_fit_and_a_channel_that_is_not_there(
    huixin: Huixin, channels: Path
) -> None:
    (channels.parent / "approved.yml").write_text("templates: {settled: {zh: {code: '77'}}}", encoding="utf-8")
    ended = huixin("check", "--channel", "tencent")
    assert ended.code == 1
    assert "settled: zh: the template leaves out amount, which the response says" in ended.out
    ended = huixin("check", "--channel", "twilio")
    assert (ended.code, ended.err) == (2, "error: there is no channel 'twilio'; HUIXIN_CHANNELS has tencent\n")
