"""What the report codes of China's carriers mean; they differ by channel and province: a best guess.

The first row found anywhere in the code or its message counts, in any case. Others deserve another try.
"""

from __future__ import annotations

import re

from bot.gateways.base import ErrorClass

CODES = (
    # On a blacklist: this person refused texts or complained. BLACK_KEY is a blocked word, not a person.
    (r"BLACK(?!_KEY)|黑名单|退订|SC:0016|DB:0144", ErrorClass.OPTED_OUT),
    # The words, or our signature.
    (r"BLACK_KEY|KEYWORD|SIGN_|REJECTD|DB:0318|MK:0014|MK:0115|\bID:", ErrorClass.PERMANENT),
    (r"关键字|敏感词", ErrorClass.PERMANENT),
    (r"LIMIT|BEYONDN|DB:0142|MK:1041|IB:0008|流控", ErrorClass.THROTTLED),
    # Switched off, or no answer within the carrier's own network.
    (r"EXPIRED|MK:0010|MK:0023|关机|不在服务区|\b(MA|MB|MC|IA|IC):", ErrorClass.RETRYABLE),
    # Nobody has this number. One that is suspended (MK:0005, 停机) may be back when its bill is paid.
    (r"\bMK:0001\b|空号|不存在", ErrorClass.DEAD_NUMBER),
    # Suspended, or a handset that cannot take texts.
    (r"UNDELIV|\bMK:|停机", ErrorClass.PERMANENT),
)
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), kind) for pattern, kind in CODES)


def class_of_report(code: str, message: str = "") -> ErrorClass:
    """What a failed report's code, such as MK:0001, means for the number or the content."""
    said = f"{code} {message}"
    return next((kind for pattern, kind in _COMPILED if pattern.search(said)), ErrorClass.RETRYABLE)
