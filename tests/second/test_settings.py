"""A second reader that cannot work is named at the start, with the setting that is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from bot.dialogues import Content
from bot.nlu.read import Reader
from bot.parts import second_of
from bot.settings import SettingsError, load_settings


async def test_there_is_none_unless_a_setting_names_one(reader: Reader, content: Content) -> None:
    assert second_of(load_settings(), reader, content) is None


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"second_reader": "rasa"}, "HUIXIN_SECOND_URL"),
        ({"second_reader": "rasa", "second_url": "ftp://somewhere"}, "HUIXIN_SECOND_URL"),
        ({"second_reader": "rasa", "second_url": "http://[broken"}, "HUIXIN_SECOND_URL"),
        ({"second_reader": "openai", "second_url": "http://127.0.0.1:1/v1"}, "HUIXIN_SECOND_MODEL"),
        ({"second_reader": "rasa", "second_url": "http://x", "second_key": "a\nb"}, "HUIXIN_SECOND_KEY"),
    ],
)
def test_what_it_lacks_is_named(given: dict[str, Any], names: str, reader: Reader, content: Content) -> None:
    with pytest.raises(SettingsError, match=names):
        second_of(load_settings(**given), reader, content)


def test_an_unknown_kind_is_refused_and_the_key_is_not_shown() -> None:
    with pytest.raises(SettingsError, match="HUIXIN_SECOND_READER"):
        load_settings(second_reader="oracle", second_key="sk-secret")
    assert "sk-secret" not in repr(load_settings(second_key="sk-secret"))
