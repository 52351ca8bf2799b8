"""Words around a number that tell whether it is money that is promised, or a date, a phone, a debt, a refusal."""

from __future__ import annotations

import re

OTHER_BEFORE = {
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
OTHER_AFTER = {
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
NOT_PROMISED = {
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
NEGATED = {
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
CORRECTED = {
    "zh": re.compile(r"不对|不是|说错|打错|写错|错了|哦不|改[成为]|换成|更正|算了|应该是|要不|不如|只能|最多"),
    "en": re.compile(
        r"\b(?:no+|nope|wait|sorry|i mean|meant|actually|make (?:it|that)|instead|rather|"
        r"scratch|correction|oops|my bad|more like|typo|only manage|i can do|can only|nvm|"
        r"let'?s say)\b|\*"
    ),
}
FIRST = {
    "zh": re.compile(r"先|首[期付笔次]|头"),
    "en": re.compile(r"\b(?:first|now|upfront|up front|down|today|initial|to start|for now)\b"),
}
REST = {
    "zh": re.compile(r"剩|余下|其余|再还|尾款|后面"),
    "en": re.compile(r"\b(?:rest|remaining|remainder|balance|other)\b"),
}
HOTLINE = re.compile(r"(?:[打拨找]|投诉)\s?(?:1[0-2]\d{1,3}|9\d{4})$")
IN_HAND = {
    "zh": re.compile(r"凑(?:到|了|够)了?$|已有$"),
    "en": re.compile(r"(?<!ll )(?<!will )\b(?:have|got) (?:about |like )?$"),
}
OWED_AND_PAID = {
    "zh": re.compile(r".*[欠差]你?们?的\|(?:块|元)?钱?(?:全|都|一次|一起|还(?!是|有)|结|付)"),
    "en": re.compile(r"(?!)"),
}
MEANT = {
    "zh": (re.compile(r"(?:说的?是|应该?是|改[成为]|换成|是)\s?$"), re.compile(r"(?:块|元)?,?(?:不是|而不是|而非)\d*")),
    "en": (
        re.compile(r"\b(?:said|meant|make it|make that|should be|it'?s|change to)\s$"),
        re.compile(r"\s?,? not \W?\d"),
    ),
}
PRINCIPAL = re.compile(r"本金(?:的|是|有|那)?\s?$")
AT_HOUR = re.compile(r"\b(?:by|at|before|around|after|till?|until|@)\s$")
DIGIT_RUN = re.compile(r"\d[\d\s()-]{5,}\d")
RATE = re.compile(r"利|息|率|折|减免|interest|apr|discount|off\b|rate")
