"""The day and sum that a reply commits to, and whether a reply is nothing but a day or a sum."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from bot.core.reading import Asked, SaidAmount
from bot.nlu.amounts import promised_amount
from bot.nlu.dates import promised_date
from bot.nlu.normal import Normal

_WORTH_A_LOOK = re.compile(
    r"[\d$£€¥%零一二两三四五六七八九十百千万半几壹贰叁肆伍陆柒捌玖拾仟佰俩仨]|[天日号周月年底初末晚早午夜节前后快久时候会儿假春秋元全清完最]|"
    r"\b(?:to(?:day|morrow|night|nite|mo)|t[mo]\w*r\w*|mon|tue|we[dn]|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|"
    r"next|week|wk|month|day|end|soon|asap|pay ?day|pay ?check|after|before|by|until|till|when|once|later|"
    r"full|all|half|rest|everything|whole|minimum|min|balance|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twel|thir|fif|twenty|for|hundred|thousand|grand|couple|few|tonight|ten(?:ner|th)|fiver|ninth|eighth|(?:six|seven|eigh|nine|tw)\w*th|first|second|third)"
)


@dataclass(frozen=True, slots=True)
class Slots:
    """Day and sum as promised, with how sure each is, where they stand in the folded text, and what was rejected."""

    date: date | None = None
    vague: bool = False
    date_score: float = 1.0
    conditional: bool = False
    amount: SaidAmount | None = None
    amount_score: float = 1.0
    date_span: tuple[int, int] | None = None
    amount_span: tuple[int, int] | None = None
    date_rule: str = ""
    amount_rule: str = ""
    rejected: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether any day, vague time or sum was found."""
        return self.date is not None or self.vague or self.amount is not None


NONE = Slots()


def slots_of(normal: Normal, language: str, heard_at: datetime, asked: Asked | None) -> Slots:
    """The promised day and sum of a message, should it be a promise."""
    if asked is None and not _WORTH_A_LOOK.search(normal.text):
        return NONE
    day = promised_date(normal, language, heard_at, asked)
    said = promised_amount(normal, language, day.spans, asked)
    return Slots(
        date=day.date,
        vague=day.vague,
        date_score=day.score,
        conditional=day.conditional,
        amount=said.amount,
        amount_score=said.score,
        date_span=day.span,
        amount_span=said.span,
        date_rule=day.rule,
        amount_rule=said.rule,
        rejected=(*day.rejected, *said.rejected),
    )


def nothing_else(normal: Normal, slots: Slots, filler: re.Pattern[str]) -> bool:
    """Whether day and sum, taken out with filler words, leave nothing of the message."""
    if not slots.found:
        return False
    rest = list(normal.text)
    for span in (slots.date_span, slots.amount_span):
        if span:
            rest[span[0] : span[1]] = "\0" * (span[1] - span[0])
    return not filler.sub("", "".join(rest).replace("\0", " ")).strip(" \t,.!?~-。，！？、…:：;；")
