"""What every simulated life shares."""

from __future__ import annotations

from dataclasses import dataclass

from bot.checker.policy import Policy
from bot.core.rules import Rules
from bot.core.talk import Render
from bot.nlu.read import Reader
from bot.simulate.parameters import Parameters
from bot.simulate.writing import Pen


@dataclass(frozen=True, slots=True)
class World:
    """The rules and wording under trial, the reader, and the policy as the checker reads it."""

    rules: Rules
    render: Render
    reader: Reader
    policy: Policy
    parameters: Parameters
    pen: Pen
