"""The sum that a customer promises, told from every other number in the message; and the bare extractor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from bot.core.reading import AmountKind, Asked, SaidAmount
from bot.nlu.clauses import clause_of, pays
from bot.nlu.found_dates import find_dates
from bot.nlu.normal import Normal, normalise
from bot.nlu.said_amounts import FoundAmount, find_amounts


@dataclass(frozen=True, slots=True)
class PromisedAmount:
    """The promised sum or None. `score` is 1.0 for a plain figure with a currency word or a verb of paying.

    `rejected` lists the numbers that were passed over and why.
    """

    amount: SaidAmount | None
    score: float
    span: tuple[int, int] | None
    rule: str
    rejected: tuple[str, ...]


_OTHER_BEFORE = {
    "zh": re.compile(
        r"(?:尾号|末四位|后四位|卡号|账号|帐号|单号|订单号?|编号|合同号?|工号|案号|电话|"
        r"手机号?|号码|微信号?|qq|vx|加我|身份证|第|分|逾期|已经?|过了|等了|今年|才|"
        r"刚满?|满|年龄|岁数|尾数|密码|验证码|"
        r"回复|周|星期|礼拜|房间|楼|利率|年化|日息|月息|分期|分成|打了|催了|超过|延|缓|"
        r"宽限)(?:是|为|:|到|了|都)?\s?$"
    ),
    "en": re.compile(
        r"(?:\b(?:ending(?: in)?|ends(?: in)?|last (?:four|4)|acc(?:oun)?t|account|number|no\.|"
        r"(?:acc(?:oun)?t|card|loan|ref|case|order) no|num|ref|reference|case|file|loan|card|"
        r"id|code|pin|chapter|ch|room|rm|apt|unit|flat|suite|section|age|aged|im|i'm|i am|"
        r"she's|he's|shes|hes|is only|only|turn(?:ed|ing)?|just turned|since|"
        r"call(?:ed)?(?: me)?(?: at| on)?|at|ext|extension|phone|cell|mobile|tel|text|route|"
        r"step|day|week|month|year|option|press|reply|over|within|every|number is|"
        r"split (?:it )?(?:into|in|over)|in|top|level|grade|unit|covid)|#|@)\s?:?\s?$"
    ),
}
_OTHER_AFTER = {
    "zh": re.compile(
        r"^\s?(?:[a-z]|岁|期|个|天|号|日|月|周|年|点|次|人|家|折|分钟|分(?!钱)|秒|小时|楼|位|"
        r"条|遍|口|名|号楼|星期|礼拜|级|度|斤|公里|%|回|场|趟|通|倍|笔|颗|块地|张|院|线|些|定|下|"
        r"起|直|样|旦|切|般|路|共|会|边|方|再|早|大早|时|心|手|哥|姐|弟|妹|叔|中|律|旁|同|向|"
        r"并|面|种|刻|批|点点|辈|步|身)"
    ),
    "en": re.compile(
        r"^[\s-]?(?:years?|yrs?|yo\b|y/o|months?|mths?|mos?\b|weeks?|wks?|days?|hours?|hrs?|"
        r"h\b|minutes?|mins?|am\b|pm\b|a\.m|p\.m|times|x\b|payments?|pmts?|instal+ments?|kids?|"
        r"children|people|persons?|st\b|nd\b|rd\b|th\b|"
        r"percent|%|calls?|texts?|messages?|emails?|miles?|lbs?|jobs?|o'?clock|of (?:us|them|"
        r"you|my)|more (?:days?|weeks?|months?|times?)|cards?|loans?|accounts?|nights?|/\d|:\d|"
        r"or (?:two|three) (?:days|weeks)|"
        r"ways?|things?|options?|different|other|bedroom|bills?|cents|business|working|"
        r"letters?|attempts?|parts?|chunks?|st\s|apr|points?|minute)"
    ),
}
_NOT_PROMISED = {
    "zh": re.compile(
        r"(?:欠|借|贷|本金|利息|罚息|违约金|手续费|滞纳金|逾期费|费用|工资|月薪|收入|赚|挣|"
        r"(?:要|让|叫|逼|催|凭什么)我?们?还|房租|押金|学费|医药费|药费|医疗费|余额|额度|账单|"
        r"变成?|涨到|怎么是|怎么变|显示|说是|"
        r"多收|扣(?:了我?|我)|收(?:了我?|我)|[只还就才]剩|卡里|存款|花了|被骗|"
        r"已经?还了?|还过|还了|转了|付了|打了|交了|之前还[了过]|上次还|上个月还了?)(?:了|是|有|"
        r"就|才|每个?月|一个月|大约|每期|你们|我|的|也|都|只|大概|快|我的)*\s?$"
    ),
    "en": re.compile(
        r"\b(?:owe[ds]?|owing|borrowed|loan of|balance (?:is|of|was)|fees?(?: of)?|"
        r"late fee(?: of)?|charge[sd]?(?: me| of)?|interest(?: of)?|penalty(?: of)?|rent(?: is|"
        r" of)?|salary(?: is| of)?|(?:i|we|only|she|he) (?:make|earn|get|gets|makes|earns|"
        r"made)|"
        r"wages?(?: are| of)?|income(?: is| of)?|says?|said|told me|wants? me|(?:says?|said|"
        r"told me|wants? me) (?:to )?pay|claim(?:ing|s)?|showing|shows|"
        r"limit(?: is| of)?|took(?: out)?|taken|paid(?: you| u)?|already (?:paid|sent)|"
        r"sent(?: you| u)?(?: the| a)?|cost(?:s|ing)?(?: me)?|spent|bill(?: is| of| for)?|lost|"
        r"stole|"
        r"overcharged(?: me)?|"
        r"was (?:gonna|going to|supposed to|meant to) (?:pay|send|do|give)|"
        r"only have|have only|left with|only got|down to|from)(?: (?:is|"
        r"was|of|about|around|like|only|the|a|me|you|u|my|just|over|nearly|almost|"
        r"another))*\s?$"
    ),
}
_NEGATED = {
    "zh": (
        re.compile(r"(?:不是|并非|不要|别说|没有|没说|还不[了起上]|拿不出|凑不[齐到出够]|不够)(?:说|还)?\s?$"),
        re.compile(
            r"^(?:块钱?|元|我)?(?:都|也|是|就|实在|真的|真|肯定)*(?:还不|拿不|凑不|没有|不行|太多|"
            r"不可能|不够|付不|出不|做不到|办不到|没办法|吃不消)"
        ),
    ),
    "en": (
        re.compile(
            r"\b(?:not|isn'?t|can'?t|cannot|couldn'?t|won'?t|unable to|instead of|rather than|"
            r"don'?t have|dont have|never)(?: (?:do|pay|afford|manage|make|send|be able to|owe|"
            r"have|give|find|even|the|that|a|full))*\s?$"
        ),
        re.compile(
            r"^\s?(?:dollars?|bucks|quid|pounds?)?\s?(?:is|was|will be|'s|a month is|"
            r"would be)?\s?(?:too much|too high|impossible|not possible|wrong|no way|can'?t|"
            r"more than i|isn'?t|won'?t|way too)"
        ),
    ),
}
_CORRECTED = {
    "zh": re.compile(r"不对|不是|说错|打错|写错|错了|哦不|改[成为]|换成|更正|算了|应该是|要不|不如|只能|最多"),
    "en": re.compile(
        r"\b(?:no+|nope|wait|sorry|i mean|meant|actually|make (?:it|that)|instead|rather|"
        r"scratch|correction|oops|my bad|more like|typo|only manage|i can do|can only|nvm|"
        r"let'?s say)\b|\*"
    ),
}
_FIRST = {
    "zh": re.compile(r"先|首[期付笔次]|头"),
    "en": re.compile(r"\b(?:first|now|upfront|up front|down|today|initial|to start|for now)\b"),
}
_REST = {
    "zh": re.compile(r"剩|余下|其余|再还|尾款|后面"),
    "en": re.compile(r"\b(?:rest|remaining|remainder|balance|other)\b"),
}
_HOTLINE = re.compile(r"(?:[打拨找]|投诉)\s?(?:1[0-2]\d{1,3}|9\d{4})$")
_IN_HAND = {
    "zh": re.compile(r"凑(?:到|了|够)了?$|已有$"),
    "en": re.compile(r"(?<!ll )(?<!will )\b(?:have|got) (?:about |like )?$"),
}
_OWED_AND_PAID = {
    "zh": re.compile(r".*[欠差]你?们?的\|(?:块|元)?钱?(?:全|都|一次|一起|还(?!是|有)|结|付)"),
    "en": re.compile(r"(?!)"),
}
_MEANT = {
    "zh": (re.compile(r"(?:说的?是|应该?是|改[成为]|换成|是)\s?$"), re.compile(r"(?:块|元)?,?(?:不是|而不是|而非)\d*")),
    "en": (
        re.compile(r"\b(?:said|meant|make it|make that|should be|it'?s|change to)\s$"),
        re.compile(r"\s?,? not \W?\d"),
    ),
}
_PRINCIPAL = re.compile(r"本金(?:的|是|有|那)?\s?$")
_AT_HOUR = re.compile(r"\b(?:by|at|before|around|after|till?|until|@)\s$")
_DIGIT_RUN = re.compile(r"\d[\d\s()-]{5,}\d")


def promised_amount(
    normal: Normal, language: str, date_spans: Sequence[tuple[int, int]], asked: Asked | None
) -> PromisedAmount:
    """Choose among the numbers of a reply: the corrected one, the first of several, never a phone, an age or a date."""
    lang = "zh" if language == "zh" else "en"
    text = normal.text
    found = find_amounts(text, lang, date_spans)
    rejected: list[str] = []
    kept: list[tuple[float, FoundAmount]] = []
    whole = _bare(text)
    for index, one in enumerate(found):
        reason = _why_not(text, lang, one, found, index, date_spans, asked)
        weight = 0.0
        if reason is None:
            weight, reason = _weight(text, lang, one, date_spans, asked, whole)
        if reason:
            rejected.append(f"{text[one.span[0] : one.span[1]]}: {reason}")
        else:
            kept.append((weight, one))
    if not kept:
        return PromisedAmount(None, 1.0, None, "none", tuple(rejected))
    best = max(weight for weight, _ in kept)
    leading = [one for weight, one in kept if weight >= best - 1.0]
    chosen = _chosen(text, leading)
    rejected += [f"{text[o.span[0] : o.span[1]]}: later or weaker" for _, o in kept if o is not chosen]
    others = {one.said for one in leading if one.said != chosen.said}
    score = 1.0 - 0.3 * chosen.rough - 0.2 * (best < 2) - 0.15 * bool(others)
    return PromisedAmount(chosen.said, round(max(score, 0.3), 2), chosen.span, chosen.rule, tuple(rejected))


def _bare(text: str) -> bool:
    """Whether the message is hardly more than the number."""
    return len(re.sub(r"[\s.,!?。吧呢啊哈元块钱先$£¥~]+|ok|yes|yeah|around|about|maybe", "", text)) <= 12


def _why_not(
    text: str,
    lang: str,
    one: FoundAmount,
    found: Sequence[FoundAmount],
    index: int,
    date_spans: Sequence[tuple[int, int]],
    asked: Asked | None,
) -> str | None:
    start, end = one.span
    before, after = text[max(0, start - 30) : start], text[end : end + 24]
    exact = one.said.kind is AmountKind.EXACT
    if (exact or one.rule == "share") and _dated(one, date_spans):
        return "date"
    if exact and not one.money:
        if any(
            start < run.end() and run.start() < end and sum(c.isdigit() for c in run[0]) >= 7
            for run in _DIGIT_RUN.finditer(text)
        ):
            return "phone or account"
        if one.said.value is not None and one.said.value < 5 and not (asked is Asked.AMOUNT and _bare(text)):
            return "count"
        if asked is Asked.DATE and _bare(text) and not date_spans:
            return "answers when"
        if lang == "en" and one.said.value is not None and one.said.value <= 12 and _AT_HOUR.search(before):
            return "time of day"
        if lang == "zh" and _HOTLINE.search(text[max(0, start - 2) : end]):
            return "a hotline"
        dated = any(0 <= begin - end <= 1 for begin, _ in date_spans)
        if not dated and _OTHER_AFTER[lang].match(after):
            return "counts something else"
        if _OTHER_BEFORE[lang].search(before):
            return "names something else"
    if exact and one.said.value == 0:
        return "zero"
    if one.said.kind is AmountKind.FRACTION and re.search(
        r"利|息|率|折|减免|interest|apr|discount|off\b|rate", text[max(0, start - 8) : end + 8]
    ):
        return "a rate"
    if one.said.kind is AmountKind.FRACTION and _IN_HAND[lang].search(before):
        return "in hand"
    if (
        lang == "zh"
        and exact
        and text[start:end].strip("一半分毛块") == ""
        and re.match(r"[分毛]?钱?(?:都|也)?[不没别休]", after)
    ):
        return "not a penny"
    if exact and _PRINCIPAL.search(before) and pays(text[end : clause_of(text, lang, one.span).end], lang):
        return None
    if exact and _NOT_PROMISED[lang].search(before) and not _OWED_AND_PAID[lang].match(before[-4:] + "|" + after):
        return "owed, earned or already paid"
    if _negated(text, lang, one):
        return "negated"
    later = [
        o
        for o in found[index + 1 :]
        if o.said != one.said and o.said.value != 0 and not _negated(text, lang, o) and not _dated(o, date_spans)
    ]
    if (
        later
        and _CORRECTED[lang].search(text[end : later[0].span[0]])
        and later[0].span[0] - end < 24
        and not _other_kind(one, later[0])
    ):
        return "corrected"
    return None


def _dated(one: FoundAmount, date_spans: Sequence[tuple[int, int]]) -> bool:
    return any(one.span[0] < stop and begin < one.span[1] for begin, stop in date_spans)


def _negated(text: str, lang: str, one: FoundAmount) -> bool:
    head, tail = _NEGATED[lang]
    start, end = one.span
    return bool(head.search(text[max(0, start - 30) : start]) or tail.match(text[end : end + 24]))


def _other_kind(one: FoundAmount, later: FoundAmount) -> bool:
    return (
        one.said.kind is AmountKind.EXACT
        and later.said.kind is AmountKind.EXACT
        and not later.money
        and (later.said.value or 0) < 5
    )


def _weight(
    text: str, lang: str, one: FoundAmount, date_spans: Sequence[tuple[int, int]], asked: Asked | None, whole: bool
) -> tuple[float, str | None]:
    """How much speaks for money that is promised; a reason where too little does."""
    clause = clause_of(text, lang, one.span)
    start, end = one.span
    exact = one.said.kind is AmountKind.EXACT
    if clause.paid and not clause.earns:
        return 0, "already paid"
    weight = 0.0
    if one.money:
        weight += 2
    if clause.pays:
        weight += 2
    if asked is Asked.AMOUNT:
        weight += 1.5
    if exact and (_MEANT[lang][0].search(text[:start]) or _MEANT[lang][1].match(text[end:])):
        weight += 1.5
    if exact and any(
        clause.start <= begin < clause.end or 0 <= start - stop < 6 or 0 <= begin - end < 6
        for begin, stop in date_spans
    ):
        weight += 1
    if clause.elsewhere and not clause.pays:
        weight -= 1.5
    alone = not text[clause.start : start].strip() and not text[end : clause.end].strip(" .!")
    if (
        exact
        and weight < 1
        and (whole or (alone and date_spans) or ((date_spans or pays(text, lang)) and not clause.elsewhere))
    ):
        weight += 1
    if exact and weight < 1:
        return weight, "nothing says that it is money promised"
    local = text[max(clause.start, start - 8) : min(clause.end, end + 6)]
    if _FIRST[lang].search(local):
        weight += 0.5
    if not exact and one.said.kind is AmountKind.FULL:
        weight -= 1 if _REST[lang].search(text[max(clause.start, start - 10) : end + 4]) else 0
    return weight, None


def _chosen(text: str, leading: Sequence[FoundAmount]) -> FoundAmount:
    """The first named; a figure beside a share or 'all' in the same breath is what they mean by it."""
    first = leading[0]
    if first.said.kind is not AmountKind.EXACT:
        for other in leading[1:]:
            gap = text[first.span[1] : other.span[0]]
            if other.said.kind is AmountKind.EXACT and other.money and len(gap) <= 6 and not re.search(r"[。!?;]", gap):
                return other
    return first


ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # where days stand in a text does not depend on the day


def extract(text: str, language: str) -> Decimal | None:
    """The first number of any text: money before plain figures, shares as what they are (half is 0.5)."""
    normal = normalise(text)
    found = [one for one in find_amounts(normal.text, language) if one.said.value is not None]
    days = [day.span for day in find_dates(normal, language, ANY_DAY) if day.condition is None]
    beside = [one for one in found if not any(one.span[0] < end and start < one.span[1] for start, end in days)]
    found = beside or found  # 周五还500 speaks of 500, not of 五
    exact = [one for one in found if one.money and one.said.kind is AmountKind.EXACT]
    shares = [one for one in found if one.said.kind is AmountKind.FRACTION]
    chosen = next(iter(exact or shares or found), None)
    return chosen.said.value if chosen else None
