"""Which of the dates in a reply is the day by which the customer promises to pay (the intent layer says whether)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.core.reading import Asked
from bot.nlu.calendar_words import coming_day_number
from bot.nlu.clauses import Clause, clause_of, earns, pays
from bot.nlu.found_dates import FoundDate, find_dates
from bot.nlu.normal import Normal


@dataclass(frozen=True, slots=True)
class PromisedDate:
    """The promised day, or None with `vague` where a time was meant but no day. `rejected` says what was passed over.

    `spans` are all dates of the message, so that none of their figures is taken for money.
    `score` is 1.0 for a plain, single date. `conditional`: the payment hangs on something (wages, money coming in).
    """

    date: date | None
    vague: bool
    score: float
    conditional: bool
    span: tuple[int, int] | None
    rule: str
    rejected: tuple[str, ...]
    spans: tuple[tuple[int, int], ...] = ()


_CORRECTED = {
    "zh": re.compile(
        r"不对|不是|说错|打错|写错|错了|哦不|噢不|啊不|呃不|改[成到为]|改一?下|换成|换到|"
        r"推迟到|延到|更正|算了|应该是|还是|要不|不如"
    ),
    "en": re.compile(
        r"\b(?:no+|nope|nah|wait|sorry|i mean|meant|actually|make (?:it|that)|instead|rather|"
        r"scratch|correction|oops|my bad|"
        r"change|move|push|switch|better|more like|have to be|has to be|gonna be|going to be|"
        r"(?:will|it\'ll) be|typo|mistake|wrong|nvm|nevermind|let'?s say|say)\b|\*"
    ),
}
_ONCE_SAID = {
    "zh": re.compile(
        r"(?:之前|原来|本来|上次|原先|原本|上回|昨天)(?:我)?(?:是)?(?:说|答应|讲|约|想|要|打算|准备|"
        r"计划|定)?(?:好|过)?(?:的|了)?(?:是|在)?$"
    ),
    "en": re.compile(
        r"\b(?:said|told \w+|thought|was gonna|was going to|was supposed to|planned|meant to|originally)"
        r"(?: (?:that|i|i'?d|i'?ll|would|will|could|pay|paying|it|it'?d|you|u|be|was|to|by|on|"
        r"for|send|\W?\d[\d,.]*|said))*\s(?:the )?$"
    ),
}
_NOT_BEFORE = {
    "zh": re.compile(r"(?:不是|并非|而不是|不要|别|不用|不在|没说|甭|除了)(?:说|等|选)?$"),
    "en": re.compile(
        r"(?:\b(?:not|isn'?t|no|never|instead of|rather than|except|forget|scrap|skip|don'?t (?:say|mean|want))|"
        r"\b(?:can'?t|cannot|can not|couldn'?t|won'?t|wont|unable to|not able to|not gonna|"
        r"not going to)(?: \w+){0,4})(?:\s(?:on|by|for|at))?\s(?:the\s|this\s)?$"
    ),
}
_NOT_AFTER = {
    "zh": re.compile(
        r"^[,\s]?(?:我|可能|真的|实在|肯定|估计|恐怕|那天|的话|都|是|也|就)*(?:还不(?:了|上|起)(?!全|"
        r"那么|这么|多)|不一定|来不及|不行|不方便|没办法|没法|不能|做不到|不可以|赶不上|没空|太早|太赶|"
        r"太急|太快|够呛|不可能|没钱|不够|不成|悬|肯定没|凑不齐|凑不够|弄不到|拿不到|到不了|"
        r"不对|错了|说错|打错)"
    ),
    "en": re.compile(
        r"^\s?(?:,\s?(?=(?:but )?(?:i )?(?:can'?t|cannot|impossible|no good|won'?t)))?(?:(?:is|"
        r"was|it|that|will|does|do|just|really|probably|maybe|now|morning|night|i|im|"
        r"we)\s)*(?:isn'?t|won'?t|wont|doesn'?t|don'?t|didn'?t|not(?! \$?£?\d)|no longer|"
        r"no good|"
        r"too (?:soon|early)|bad|impossible|(?:can'?t|cannot)(?! (?:do |pay |manage |"
        r"afford )?(?:more|any ?more than|all|it all|the full|the whole|\W?\d))|fell through|"
        r"anymore|any more|is out|is off|wasn'?t)\b"
    ),
}
_STILL = {"zh": re.compile(r"才(?:能|可以|行|有)"), "en": re.compile(r"\b(?:until|till?|til|before)\b")}
_HEDGE = {
    "zh": re.compile(r"可能|大概|也许|争取|尽量|看看|试试|看情况|不一定|说不定|差不多|估计|应该"),
    "en": re.compile(
        r"\b(?:maybe|might|try|trying|hopefully|hope|possibly|perhaps|probably|prob|guess|"
        r"think|should|see if|with luck|fingers crossed)\b"
    ),
}
_WEAK_HEDGE = {
    "zh": re.compile(r"应该|估计|差不多|大概"),
    "en": re.compile(r"\b(?:should|think|probably|prob|guess)\b"),
}
_CONDITION = {
    "zh": re.compile(r"如果|要是|假如|只要|万一|等|发(?:了)?(?:工资|薪|钱)|到[帐账]|有钱|借到|下来|回款|的话|才能"),
    "en": re.compile(
        r"\b(?:if|once|when|as soon as|unless|provided|assuming|depends?|as long as|after i|"
        r"get paid|gets? paid|payday|paycheck|hits|clears|lands)\b"
    ),
}
_VAGUE = {
    "zh": re.compile(
        r"尽快|尽早|早日|过两天|过几天|过些天|过一?阵|过段|一段时间|有钱|有了钱?|手头|宽裕|"
        r"宽松|发(?:了)?(?:工资|薪|钱|奖金)|工资|薪水|到[帐账]|回款|周转|"
        r"晚点|晚些|晚几天|回头|改天|近期|最近|马上|立刻|立即|随后|一会|待会|等会|等下|稍后|"
        r"迟点|迟些|过后|以后再|之后|凑(?:够|齐|到)|[一两二三四五][二两三四五六]天|"
        r"十[几来多]天|个把月|个多月|找到工作|"
        r"借到|卖了|退了|到手|年后|过完年|有机会|抽空|不久|早晚|迟早|慢慢|等我?"
    ),
    "en": re.compile(
        r"\b(?:soon|asap|a\.s\.a\.p|as soon as|when i (?:can|get|have|am|start)|whenever|"
        r"pa?y ?da?y|(?:get|gets|getting|got) paid|pay ?che(?:ck|que)|pay ?chk|next check|"
        r"first check|once (?:i|my|the|it|he|she|we|they)|later|in a bit|"
        r"in a while|shortly|some ?time|some day|someday|one day|eventually|when (?:i|my|the|"
        r"it|he|she|we|they|things)|few days|"
        r"couple (?:of )?days|back on my feet|as quick|quickly|right away|"
        r"straight away|immediately|"
        r"momentarily|in a sec|in a min(?:ute)?|wages|salary|bonus|tax refund|refund|after (?:i|my|the|that)|"
        r"gradually|at some point)\b"
    ),
}
_ANAPHORA = {
    "zh": re.compile(
        r"到时|那时|那天|当天|就(?:还|转|付|打|处理|给|清|结)|再(?:还|转|付|打|处理)|立马|马上|"
        r"立刻|一起还|后还"
    ),
    "en": re.compile(r"\b(?:then|that day|at that point|same day|right after|straight after)\b"),
}
_LATEST = {
    "zh": re.compile(r"(?:最晚|最迟|不超过|最多到|肯定不过)\S{0,2}$"),
    "en": re.compile(r"(?:latest|no later than|at most)\W{0,2}(?:by |on )?$"),
}
_RETURNS = {"zh": re.compile(r"回来|到家|回到"), "en": re.compile(r"\b(?:back|home|return\w*)\b")}
_MOVED_TO = {
    "zh": re.compile(
        r"(?:改|推迟|延|延期|延后|延长|推|挪|换|拖|顺延|(?<![一二三四五])要|得|等|要等|"
        r"得等)(?:期|一下)?(?:到|成|至)$"
    ),
    "en": re.compile(
        r"\b(?:move|push|change|switch|extend|put|delay|bump|set|make)\b[^.!?]{0,25}\b(?:to|"
        r"until|till?|for)\s(?:the )?$"
    ),
}
_NOW = {
    "zh": re.compile(r"(?:现在|这就|立刻|即刻)(?:就|马上|我)?(?:去|来)?(?:还|转|付|打|处理|存|交)(?!不)"),
    "en": re.compile(
        r"(?<!not )\b(?:pay(?:ing)?|send(?:ing)?|do(?:ing)?|transfer(?:ring)?|sort(?:ing)?|"
        r"half|some|part|\d+)\b(?: (?:it|this|that|all|off|you|u|now|"
        r"\W?\d+))*? (?:right )?now\b(?!\?)"
    ),
}
_BARE_NUMBER = re.compile(
    r"^\W*(?:the |on |by )?([12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?(?:吧|呢|啊|please|pls|"
    r"\W)*$"
)
_FOR_YOU = re.compile(r"给你们?.{0,4}[还转打付存]了?$")  # 星期天我给你还了: it is yet to come
_NO_NOW = re.compile(r"\bhave|\bgot|can'?t|cannot|couldn|won'?t|not|unable|不能|没法|没钱|怎么|how|trouble|struggl")


def promised_date(normal: Normal, language: str, heard_at: datetime, asked: Asked | None) -> PromisedDate:
    """Choose among the dates of a reply: the one of the paying clause, the corrected one, the first of several."""
    found = find_dates(normal, language, heard_at)
    chosen = _choose(normal.text, "zh" if language == "zh" else "en", found, heard_at, asked)
    return replace(chosen, spans=tuple(one.span for one in found))


def _choose(text: str, lang: str, found: Sequence[FoundDate], heard_at: datetime, asked: Asked | None) -> PromisedDate:
    rejected: list[str] = []
    kept: list[tuple[float, FoundDate, Clause]] = []
    denied = {
        one.end for one in found if not one.past and _refused_after(text, lang, one, found) and one.start == one.end
    }
    clauses = [clause_of(text, lang, one.span) for one in found]
    reasons = [_why_not(text, lang, one, clause, found) for one, clause in zip(found, clauses, strict=True)]
    for index, (one, clause) in enumerate(zip(found, clauses, strict=True)):
        if reasons[index] is None and one.start == one.end and one.end in denied and not one.past:
            reasons[index] = None if _said_again(found, reasons, index) else "negated"
        reason = reasons[index] or _corrected(text, lang, one, found[index + 1 :], reasons[index + 1 :])
        if reason:
            rejected.append(f"{text[one.span[0] : one.span[1]]}: {reason}")
        else:
            gaps = (
                max([clause.start, *(o.span[1] for o in found[:index])]),
                min([clause.end, *(o.span[0] for o in found[index + 1 :])]),
            )
            kept.append((_weight(text, lang, one, clause, asked, gaps), one, clause))
    conditional = bool(_CONDITION[lang].search(text))
    firm = [entry for entry in kept if not entry[1].vague and entry[1].end is not None]
    now = _NOW[lang].search(text)
    if (
        now
        and all(now.start() < one.span[0] for _, one, _ in firm)
        and not _NO_NOW.search(text[max(0, now.start() - 12) : now.end()])
    ):
        return PromisedDate(heard_at.date(), False, 0.8, conditional, _now_word(now, lang), "now", tuple(rejected))
    if asked is Asked.DATE and not firm and (number := _BARE_NUMBER.match(text)):
        coming = coming_day_number(heard_at.date(), int(number[1]))
        if coming:
            return PromisedDate(coming, False, 0.9, conditional, number.span(1), "bare_day_number", tuple(rejected))
    days = _not_of_income([entry for entry in firm if entry[1].condition is None] or firm)
    if days:
        best = max(weight for weight, _, _ in days)
        leading = [one for weight, one, _ in days if weight >= best - 0.5]
        chosen = _first_paid(leading)
        rejected += [f"{text[o.span[0] : o.span[1]]}: later or weaker" for _, o, _ in days if o is not chosen]
        hedged = _HEDGE[lang].search(text)
        if hedged and chosen.precision in ("week", "month") and not _only_weak(text, lang):
            return PromisedDate(None, True, 0.6, conditional, chosen.span, f"hedged:{chosen.rule}", tuple(rejected))
        if best > -2:
            chosen = _after_income(chosen, kept)
            score = 1.0 - 0.25 * chosen.ambiguous - 0.2 * (best < 1) - 0.2 * bool(hedged) - 0.1 * (len(leading) > 1)
            return PromisedDate(
                chosen.end, False, round(max(score, 0.3), 2), conditional, chosen.span, chosen.rule, tuple(rejected)
            )
    vague = [one for _, one, _ in kept if one.vague or one.end is None]
    if vague:
        return PromisedDate(None, True, 1.0, conditional, vague[0].span, vague[0].rule, tuple(rejected))
    if match := _VAGUE[lang].search(text):
        return PromisedDate(None, True, 0.9, conditional, match.span(), "vague_words", tuple(rejected))
    return PromisedDate(None, False, 1.0, conditional, None, "none", tuple(rejected))


def _now_word(now: re.Match[str], lang: str) -> tuple[int, int]:
    return (now.start(), now.start() + 2) if lang == "zh" else (now.end() - 3, now.end())


def _after_income(chosen: FoundDate, kept: Sequence[tuple[float, FoundDate, Clause]]) -> FoundDate:
    """Wages next Monday, pay on Tuesday: the bare weekday is the one after the money came in."""
    if chosen.rule != "weekday" or chosen.end is None:
        return chosen
    for _, one, clause in kept:
        if clause.earns and one.span[1] <= chosen.span[0] and one.start == one.end and one.end:
            late = (one.end - chosen.end).days
            if 0 < late < 60:
                moved = chosen.end + timedelta(days=(late + 6) // 7 * 7)
                return replace(chosen, start=moved, end=moved, ambiguous=True)
    return chosen


def _not_of_income(days: list[tuple[float, FoundDate, Clause]]) -> list[tuple[float, FoundDate, Clause]]:
    """Payday is the 25th so the 26th: a later day of which only money is said beats the day on which wages come."""
    return [
        (weight, one, clause)
        for weight, one, clause in days
        if not (clause.earns and not clause.pays)
        or not any(
            other.span > one.span and (other.end or date.min) > (one.end or date.min) and not at.earns and w >= 0
            for w, other, at in days
        )
    ]


def _only_weak(text: str, lang: str) -> bool:
    return all(_WEAK_HEDGE[lang].fullmatch(match[0]) for match in _HEDGE[lang].finditer(text))


def _first_paid(leading: Sequence[FoundDate]) -> FoundDate:
    """Of several instalments the earliest; `end` is never None here."""
    return min(leading, key=lambda one: (one.end or date.max, one.span))


def _refused_after(text: str, lang: str, one: FoundDate, found: Sequence[FoundDate]) -> bool:
    """Whether what follows a date takes it back; in `Thursday not Tuesday` the no belongs to the next date."""
    after = text[one.span[1] :]
    no = _NOT_AFTER[lang].search(after)
    if no is None or not no[0].endswith("not"):
        return no is not None
    gaps = (after[no.end() : other.span[0] - one.span[1]] for other in found if other.span[0] - one.span[1] >= no.end())
    return not any(len(gap) <= 5 and gap.replace("the", "").strip() == "" for gap in gaps)


def _why_not(text: str, lang: str, one: FoundDate, clause: Clause, others: Sequence[FoundDate]) -> str | None:
    """The reason why a date cannot be the promised one, or None."""
    before, after = text[clause.start : one.span[0]], text[one.span[1] :]
    if one.past:
        return "past"
    if _NOT_BEFORE[lang].search(before) and not (
        lang == "en" and _STILL["en"].search(before[-8:] + text[one.span[0] : one.span[1]])
    ):
        return "negated"
    if _refused_after(text, lang, one, others) and not (lang == "zh" and _STILL["zh"].search(after[:6])):
        return "negated"
    if clause.paid and not clause.earns and not (lang == "zh" and _FOR_YOU.search(text[clause.start : clause.end])):
        return "already happened"
    return None


def _corrected(
    text: str, lang: str, one: FoundDate, later: Sequence[FoundDate], reasons: Sequence[str | None]
) -> str | None:
    """Corrected by a later date that stands: Friday, no, Saturday."""
    said_before = _ONCE_SAID[lang].search(text[: one.span[0]])
    for other, reason in zip(later, reasons, strict=True):
        if reason is None and other.condition is None and other.end != one.end:
            between = text[one.span[1] : other.span[0]]
            return "corrected" if said_before or (len(between) < 30 and _CORRECTED[lang].search(between)) else None
    return None


def _said_again(found: Sequence[FoundDate], reasons: Sequence[str | None], index: int) -> bool:
    """Whether the same day was refused earlier in the message and is offered here after all."""
    return any(found[at].end == found[index].end and reasons[at] == "negated" for at in range(index))


def _weight(text: str, lang: str, one: FoundDate, clause: Clause, asked: Asked | None, gaps: tuple[int, int]) -> float:
    """How much the words around a date speak of paying then."""
    before, after = text[: one.span[0]], text[one.span[1] :]
    weight = 0.0
    if clause.pays:
        weight += 3
    if clause.earns:
        weight += 1.5
    local = text[one.span[1] : gaps[1]] if lang == "zh" else text[gaps[0] : one.span[0]]
    local = local[-40:] if lang == "en" else local[:20]
    weight += 1.0 * pays(local, lang) - 1.0 * (earns(local, lang) and not pays(local, lang))
    if clause.elsewhere and not clause.pays:
        weight -= 3
        if (
            _ANAPHORA[lang].search(text[clause.end : clause.end + 30])
            or _ANAPHORA[lang].search(after[:20])
            or (
                _RETURNS[lang].search(text[clause.start : clause.end])
                and pays(text[clause.end : clause.end + 30], lang)
            )
        ):
            weight += 4
    if asked is Asked.DATE:
        weight += 1
    if _MOVED_TO[lang].search(before):
        weight += 3 + 3 * (clause.elsewhere and not clause.pays)
    if _LATEST[lang].search(before):
        weight += 2
    return weight
