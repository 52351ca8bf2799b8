"""What simulated customers write: words of the text banks, and promises with the day and sum that they mean."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from bot.dialogues import Example
from bot.simulate.luck import Luck
from bot.simulate.parameters import Parameters

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


class Pen:
    """Finds words for what a customer means, in their language."""

    def __init__(self, examples: Iterable[Example], parameters: Parameters) -> None:
        self._bank: dict[tuple[str, str], list[str]] = {}
        for one in examples:
            if one.origin == "written":
                self._bank.setdefault((one.language, "+".join(one.intents)), []).append(one.text)
        self._promises = parameters.promises

    def missing(self, languages: Iterable[str], meanings: Iterable[str]) -> list[str]:
        """The meanings for which the banks have no words in one of these languages."""
        return [f"{meaning} ({one})" for one in languages for meaning in meanings if (one, meaning) not in self._bank]

    def about(self, meaning: str, language: str, luck: Luck, *name: object) -> str:
        """A reply with this meaning, as somebody wrote it."""
        return luck.choose(self._bank[language, meaning], "words", meaning, *name)

    def promise(self, amount: Decimal, day: date, language: str, luck: Luck, *name: object) -> str:
        """A promise of this sum for this day."""
        figure = f"{amount:.2f}".removesuffix(".00")
        template = luck.choose(self._promises[language], "promise-words", *name)
        return template.format(day=day.day, month=day.month, monthname=MONTHS[day.month - 1], amount=figure)
