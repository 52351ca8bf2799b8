"""Words around a date that tell whether it is the promised day: corrections, refusals, hedges, conditions."""

from __future__ import annotations

import re

CORRECTED = {
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
ONCE_SAID = {
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
NOT_BEFORE = {
    "zh": re.compile(r"(?:不是|并非|而不是|不要|别|不用|不在|没说|甭|除了)(?:说|等|选)?$"),
    "en": re.compile(
        r"(?:\b(?:not|isn'?t|no|never|instead of|rather than|except|forget|scrap|skip|don'?t (?:say|mean|want))|"
        r"\b(?:can'?t|cannot|can not|couldn'?t|won'?t|wont|unable to|not able to|not gonna|"
        r"not going to)(?: \w+){0,4})(?:\s(?:on|by|for|at))?\s(?:the\s|this\s)?$"
    ),
}
NOT_AFTER = {
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
STILL = {"zh": re.compile(r"才(?:能|可以|行|有)"), "en": re.compile(r"\b(?:until|till?|til|before)\b")}
HEDGE = {
    "zh": re.compile(r"可能|大概|也许|争取|尽量|看看|试试|看情况|不一定|说不定|差不多|估计|应该"),
    "en": re.compile(
        r"\b(?:maybe|might|try|trying|hopefully|hope|possibly|perhaps|probably|prob|guess|"
        r"think|should|see if|with luck|fingers crossed)\b"
    ),
}
WEAK_HEDGE = {
    "zh": re.compile(r"应该|估计|差不多|大概"),
    "en": re.compile(r"\b(?:should|think|probably|prob|guess)\b"),
}
CONDITION = {
    "zh": re.compile(r"如果|要是|假如|只要|万一|等|发(?:了)?(?:工资|薪|钱)|到[帐账]|有钱|借到|下来|回款|的话|才能"),
    "en": re.compile(
        r"\b(?:if|once|when|as soon as|unless|provided|assuming|depends?|as long as|after i|"
        r"get paid|gets? paid|payday|paycheck|hits|clears|lands)\b"
    ),
}
VAGUE = {
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
ANAPHORA = {
    "zh": re.compile(
        r"到时|那时|那天|当天|就(?:还|转|付|打|处理|给|清|结)|再(?:还|转|付|打|处理)|立马|马上|"
        r"立刻|一起还|后还"
    ),
    "en": re.compile(r"\b(?:then|that day|at that point|same day|right after|straight after)\b"),
}
LATEST = {
    "zh": re.compile(r"(?:最晚|最迟|不超过|最多到|肯定不过)\S{0,2}$"),
    "en": re.compile(r"(?:latest|no later than|at most)\W{0,2}(?:by |on )?$"),
}
RETURNS = {"zh": re.compile(r"回来|到家|回到"), "en": re.compile(r"\b(?:back|home|return\w*)\b")}
MOVED_TO = {
    "zh": re.compile(
        r"(?:改|推迟|延|延期|延后|延长|推|挪|换|拖|顺延|(?<![一二三四五])要|得|等|要等|"
        r"得等)(?:期|一下)?(?:到|成|至)$"
    ),
    "en": re.compile(
        r"\b(?:move|push|change|switch|extend|put|delay|bump|set|make)\b[^.!?]{0,25}\b(?:to|"
        r"until|till?|for)\s(?:the )?$"
    ),
}
NOW = {
    "zh": re.compile(r"(?:现在|这就|立刻|即刻)(?:就|马上|我)?(?:去|来)?(?:还|转|付|打|处理|存|交)(?!不)"),
    "en": re.compile(
        r"(?<!not )\b(?:pay(?:ing)?|send(?:ing)?|do(?:ing)?|transfer(?:ring)?|sort(?:ing)?|"
        r"half|some|part|\d+)\b(?: (?:it|this|that|all|off|you|u|now|"
        r"\W?\d+))*? (?:right )?now\b(?!\?)"
    ),
}
BARE_NUMBER = re.compile(
    r"^\W*(?:the |on |by )?([12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?(?:吧|呢|啊|please|pls|"
    r"\W)*$"
)
FOR_YOU = re.compile(r"给你们?.{0,4}[还转打付存]了?$")  # 星期天我给你还了: it is yet to come
NO_NOW = re.compile(r"\bhave|\bgot|can'?t|cannot|couldn|won'?t|not|unable|不能|没法|没钱|怎么|how|trouble|struggl")
