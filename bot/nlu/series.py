"""Several sums, each with its day (周五500，下周五再500): found clause by clause, or not at all."""

from __future__ import annotations

import re
from datetime import datetime

from bot.core.reading import AmountKind, DatedSum
from bot.nlu.normal import Normal, normalise
from bot.nlu.slots import slots_of

SAID_BACK = 0.7  # a series is never so sure that it is recorded without the customer's yes
MOST = 12
_NUMERAL = re.compile(
    r"[\d零一二两三四五六七八九十百千万半几壹贰叁肆伍陆柒捌玖拾仟佰俩仨]|"
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twel|thir|fif|twenty|for|hundred|thousand|grand|couple)"
)
_BETWEEN = re.compile(r"[,;，；、。\n](?!\d{3}(?!\d))|然后|剩下的?|\b(?:and|then|plus)\b")


def series_of(normal: Normal, language: str, heard_at: datetime) -> tuple[DatedSum, ...]:
    """The sums and days in order of time; empty unless at least two clauses each name an explicit day and sum."""
    clauses = [clause for clause in _BETWEEN.split(normal.text) if re.search(r"\w", clause)]
    if not 2 <= len(clauses) <= MOST or sum(_NUMERAL.search(clause) is not None for clause in clauses) < 2:
        return ()
    found = []
    for clause in clauses:
        slots = slots_of(normalise(clause), language, heard_at, None)
        said = slots.amount
        if slots.date is None and said is None:
            continue
        if slots.date is None or slots.vague or slots.conditional or said is None or said.kind is not AmountKind.EXACT:
            return ()
        if said.value is None or said.value <= 0:
            return ()
        found.append(DatedSum(said.value, slots.date))
    found.sort(key=lambda one: one.date)
    if len(found) < 2 or len({one.date for one in found}) < len(found):
        return ()
    return tuple(found)
