"""The pages about gateways: every option is told, and every example works."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bot.gateways import GATEWAYS, build

PAGES = Path(__file__).parents[2] / "docs" / "gateways"
PAGE_OF = {kind: PAGES / f"{'kannel' if kind == 'jasmin' else kind}.md" for kind in GATEWAYS}
FROM_THE_ENVIRONMENT = {
    "secrets": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "path_token": "t" * 22,
    "callback_url": "https://sms.bank.example/hooks/channel/token",
}


@pytest.mark.parametrize("kind", GATEWAYS)
def test_every_option_is_told(kind: str) -> None:
    told = set(re.findall(r"`([a-z_]+)`", PAGE_OF[kind].read_text(encoding="utf-8")))
    assert {option.name for option in GATEWAYS[kind].options} <= told


@pytest.mark.parametrize("page", sorted(set(PAGE_OF.values())), ids=lambda page: page.stem)
def test_every_example_builds(page: Path) -> None:
    examples = re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert examples
    for example in examples:
        for table in tomllib.loads(example).values():
            options = {
                name: FROM_THE_ENVIRONMENT.get(name, "secret") if value.startswith("env:") else value
                for name, value in table["options"].items()
            }
            assert page == PAGE_OF[build(table["gateway"], options).name]
