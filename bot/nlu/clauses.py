"""Which part of a message a date or amount stands in, and what that part speaks of: paying, something else, a no."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BREAK = {
    "zh": re.compile(r"[,。!?;、\s…~:]+|然后|但是?|不过|可是|所以|因为|而且|并且"),
    "en": re.compile(
        r"[.,!?;:\n()]+(?=\s|$)|\.{2,}|\s-+\s|\s(?:but|and|then|so|cause|cuz|coz|because|bc|n|"
        r"&|while|as|though|however|if)(?=\s)"
    ),
}

_PAYS = {
    "zh": re.compile(
        r"(?<![归偿])还(?!有|是|在|没|欠|要多|款日|不|差|得等|剩|算|催|发|打电话|需要|能不能|"
        r"可以吗|想问|请)|环款|还款(?!日|方式|链接|账)|处理|转(?!人工|告|行|院|班)|打(?:过|给|"
        r"钱|款|到|进|回)|付|缴|交(?!代|通|警|流)|"
        r"存(?!在)|结清|汇|搞定|解决|补上|补齐|清掉|弄好|给你们?(?!.{0,3}(?:答复|回复|回电|"
        r"电话|消息|说|话|信|交代))|支付|划走|[挤挪腾匀筹抠][^,。]{0,6}(?:出来|给你)|扣(?!了|款日|钱都)|凑|到位"
    ),
    "en": re.compile(
        r"\b(?:pay(?:ing|ment|in)?|send(?:ing)?|snd|transfer(?:ring)?|clear(?:ing)?|settle|"
        r"sort(?:ing|ed)?|have (?:it|the|ur|your|that|\W?\d+)|(?:u|you|i)'?ll have|will have|"
        r"get (?:it|u|you|that|this|the money)|do(?:ing)? (?:it|that|\W?\d)|put(?:ting)?|"
        r"drop(?:ping)?|give|giving|deposit|wire|zelle|venmo|catch(?:ing)? up|"
        r"take care|handle|make (?:a|the|my|it|that)|bring|cover|due from me|can do|could do|"
        r"will do|'ll do|ill do|all of it|square|good for|expect|deliver|money|mail)\b"
    ),
}
_EARNS = {
    "zh": re.compile(
        r"发(?:了)?(?:工资|薪|钱|奖金|年终奖)|工资|薪水|开支|到[帐账]|回款|年终奖|奖金|结账|"
        r"结款|退税|打生活费|生活费(?:来|到|打)|款(?:子|项)?(?:回来|下来|到)"
    ),
    "en": re.compile(
        r"\b(?:(?:get|got|getting|gets|be|im|i'm|am|we) paid|pa?y ?da?y|pay ?che(?:ck|que)|"
        r"pay ?chk|wages?|salary|check (?:comes|hits|clears|lands|drops)|"
        r"(?:my|first|next) check|direct deposit|bonus|tax refund|refund|benefits?|ssi|ssdi|"
        r"disability|social security|"
        r"pension|stimulus|commission|paid)\b"
    ),
}
_ELSE = {
    "zh": re.compile(
        r"手术|住院|出院|开庭|法院|法庭|官司|生日|结婚|婚礼|回老家|回国|回家|出差|回来|出来|"
        r"上班|休息|放假|考试|面试|体检|复查|化疗|预产|葬|头七|搬家|"
        r"到期|账单|还款日|扣款日|出账|失业|被裁|裁员|下岗|离职|辞职|停工|停发|没发|没开|去世|"
        r"走了|过世|电话|打扰|骚扰|联系|短信|消息|答复|回复|回电|催|见面|不在|在外地|关机|换号|"
        r"开学|学费|生活费|房租|借的|贷的|办的|报警|投诉|审理|判决|上门|开工|复工|入职|值班"
    ),
    "en": re.compile(
        r"\b(?:surgery|operation|hospital|court|hearing|trial|birthday|wedding|funeral|"
        r"appointment|appt|interview|flight|trip|vacation|holidays?|away|"
        r"back|home|here|gone|town|call(?:ing|ed|s)?|text(?:ing|ed|s)?|contact(?:ing|ed)?|"
        r"emai?l(?:ing|ed)?|letter|ring|phone|due|bill(?:ed|s)?|statement|rent|mortgage|school|"
        r"baby|"
        r"born|laid|lost|fired|quit|accident|moving|move house|let (?:you|u|ya) know|"
        r"get back to|releas\w+|evict\w*|job|work(?:ing)?|shift|shut|closed|open(?:ed)?|died|"
        r"passed|chemo|"
        r"treatment|rehab|jail|prison|discharged?|moved|since|sick|speak|talk|meet(?:ing)?|"
        r"lawyer|attorney|judge|bankruptcy|"
        r"charged?|late fee|account opened|borrowed|took|opened)\b"
    ),
}
_PAID = {
    "zh": re.compile(
        r"(?:已经?|早就?|刚|都)(?:把钱|就)?(?:还|转|付|打|交|存)|(?:还|转|付|打|交|扣|"
        r"存)(?:过(?!去|来|户|账|帐|年|节)|了(?!吧|就|再|剩|之后|以后|工资|钱就|款就)|掉了|"
        r"进去了|走了)"
    ),
    "en": re.compile(
        r"\b(?:(?<!get )(?<!got )(?<!be )(?<!im )(?<!i'm )(?<!am )(?<!gets )(?<!getting )(?<!until )paid(?! (?:on|"
        r"by|fortnightly|weekly|monthly|every|next|this|tomorrow))|"
        r"(?:i|we|already|just) (?:paid|sent|made|transferred|cleared|settled|did)|"
        r"(?:i|we) (?:mailed|posted|wired|transfer+ed)|"
        r"(?:left|out of) my account|have (?:already )?(?:paid|sent)|sent (?:u|you|it|that|the|\W?\d)|"
        r"took|taken|charged|"
        r"debited|was (?:paid|taken|sent)|went (?:out|through))\b"
    ),
}


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the message between two breaks, and what it speaks of."""

    start: int
    end: int
    pays: bool
    earns: bool
    elsewhere: bool
    paid: bool


def pays(text: str, language: str) -> bool:
    """Whether some words speak of paying."""
    return bool(_PAYS["zh" if language == "zh" else "en"].search(text))


def earns(text: str, language: str) -> bool:
    """Whether some words speak of money coming in."""
    return bool(_EARNS["zh" if language == "zh" else "en"].search(text))


_WILL = {
    "zh": re.compile(r"把|明[天日早晚儿]|后天|下[个下]*[周月礼星]|月底|会|要|准备|打算|将|一定|保证|肯定|争取|尽"),
    "en": re.compile(r"\b(?:will|i'?ll|gonna|going to|tomorrow|tmr\w*|next|can|should|plan|promise)\b"),
}


def clause_of(text: str, language: str, span: tuple[int, int]) -> Clause:
    """The clause around a span; breaks inside the span do not count."""
    lang = "zh" if language == "zh" else "en"
    start, end = 0, len(text)
    for gap in _BREAK[lang].finditer(text):
        if gap.end() <= span[0]:
            start = gap.end()
        elif gap.start() >= span[1]:
            end = gap.start()
            break
    words = f"{text[start : span[0]]} {text[span[1] : end]}"
    return Clause(
        start,
        end,
        bool(_PAYS[lang].search(words)),
        bool(_EARNS[lang].search(words)),
        bool(_ELSE[lang].search(words)),
        bool(_PAID[lang].search(words)) and not _WILL[lang].search(text[start:end]),
    )
