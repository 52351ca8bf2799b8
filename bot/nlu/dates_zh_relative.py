"""Chinese words that count from today: 明天, 下周五, 三天后, 两周内, 明年."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from bot.nlu.calendar_words import (
    ONE_DAY,
    Grain,
    Stretch,
    add_months,
    coming_weekday,
    day,
    part_of,
    week_of,
    weekend_of,
    year_of,
)
from bot.nlu.dates_zh_words import COUNT, HOW, NUMERALS, WEEKDAYS, number_of, steps_of
from bot.nlu.grammar import Grammar
from bot.nlu.pieces import Piece
from bot.nlu.within import nth_weekday_of

RULES = Grammar()
rule = RULES.rule


_UNITS = {"天": 1, "日": 1, "晚": 1, "周": 7, "星期": 7, "礼拜": 7}


_PAIRS = frozenset({"一两", "一二", "两三", "二三", "三四", "三五", "四五", "五六", "六七", "七八"})


@rule(
    "after_units",
    rf"({COUNT}|半|几|两三|三四|三五)\s?(?:个)?(半)?\s?(工作日|天|日|周|星期|礼拜|"
    rf"(?<=[个半仨俩])月|年|小时|钟头|钟|分钟|刻钟|秒钟?|季度)(?:的?时间)?"
    r"(之?后|以后|过后|之?内|以内|里面?|左右|(?<!日)(?:之前|以前|前))(?![天年])",
    NUMERALS + "半几",
)
def _after_units(m: re.Match[str], now: datetime) -> Piece | None:
    return _counted(m, now, m[1], m[3], m[4], half=bool(m[2]))


@rule(
    "ahead_units",
    rf"(过|再过|再给我|给我|等我?|再等|未来|接下来|往?后面?|今后|之后|向后|下|再|缓|再缓|"
    rf"宽限|宽限我|近|最近|过去|过去的|前|往前|上|之前)的?\s?({COUNT}|半|几|两三|三五)"
    r"\s?(个)?(半)?(工作日|天|日|周|星期|礼拜|(?<=个)月|(?<=半)月|(?<=[仨俩])月|年|小时|"
    r"钟头|分钟|刻钟|秒)(?!前|以前|之前|初|底)(内|之内|以内|后|之后|以后|里)?",
    "过再给等未接往后今之向下缓宽近最前上",
)
def _ahead_units(m: re.Match[str], now: datetime) -> Piece | None:
    if m[1] in ("上", "下", "前", "后") and m[2] == "半":
        return None
    if m[1][0] in "近最" or m[1][:2] in ("过去", "之前", "往前") or m[1] in ("上", "前"):
        return _counted(m, now, m[2], m[5], "前", lasting=True)
    if m[1] in ("下", "后", "往后", "后面") and m[5] in ("周", "星期", "礼拜") and m[2] != "几":
        last = week_of(now.date() + timedelta(weeks=number_of(m[2])))
        first = week_of(now.date() + timedelta(weeks=1))
        return Piece.of(m, Stretch(first.start, last.end, Grain.DAY))
    return _counted(m, now, m[2], m[5], m[6] or "内", half=bool(m[4]))


def _counted(
    m: re.Match[str], now: datetime, said: str, unit: str, suffix: str, *, half: bool = False, lasting: bool = False
) -> Piece | None:
    """N days, weeks, months or hours from now (or ago); a few is three and vague."""
    pair = len(said) == 2 and said in _PAIRS
    vague = said == "几" or pair or (m[0].startswith("过") and said == "两" and unit == "天")
    count = 0.5 if said == "半" else 3.0 if said == "几" else float(number_of(said[-1] if pair else said))
    if pair and "内" in suffix:
        vague = False
    if half:
        count += 0.5
    if count <= 0 or count > 400:
        return None
    sign = -1 if "前" in suffix else 1
    today = now.date()
    if unit in _UNITS:
        moved = today + sign * timedelta(days=int(count * _UNITS[unit] + 0.5))
    elif unit == "工作日":
        moved = _working_days(today, sign * int(count))
    elif unit in ("月", "季度"):
        months = count * (3 if unit == "季度" else 1)
        moved = add_months(today, sign * int(months)) + sign * timedelta(days=15 if months % 1 else 0)
    elif unit == "年":
        moved = add_months(today, sign * int(count * 12))
    else:
        hours = {"小": 1.0, "钟": 1.0, "分": 1 / 60, "刻": 0.25, "秒": 1 / 3600}[unit[0]]
        moved = (now + sign * timedelta(hours=count * hours)).date()
    span = (sign > 0 and "内" in suffix) or "里" in suffix
    start = min(today, moved) if span or lasting else moved
    end = max(today, moved) if lasting else moved
    if lasting and sign < 0:
        end = today
    return Piece.of(m, Stretch(start, end, Grain.DAY, vague=vague), spoken_past=sign < 0)


def _working_days(start: date, count: int) -> date:
    step = ONE_DAY if count > 0 else -ONE_DAY
    while count:
        start += step
        if start.weekday() < 5:
            count -= 1 if step > timedelta(0) else -1
    return start


@rule("year_and_half", rf"({COUNT})年半(?:之?后|以后|内|之内)", NUMERALS)
def _year_and_half(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, day(add_months(now.date(), number_of(m[1]) * 12 + 6)))


@rule("next_working_day", r"下一?个工作日", "下")
def _next_working_day(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, day(_working_days(now.date(), 1)))


@rule(
    "bare_units",
    (
        rf"^(?:大概|大约|差不多|要|还要|还得|得)*({COUNT}|半|几|两三)个?(半)?(工作日|天|周|星期|"
        rf"礼拜|(?<=个)月|(?<=半)月)(?:左右|吧|呢|啊|时间|[。.!])*$"
    ),
    NUMERALS + "半几大差要还得",
)
def _bare_units(m: re.Match[str], now: datetime) -> Piece | None:
    """The whole message is a length of time: an answer to when."""
    return _counted(m, now, m[1], m[3], "后", half=bool(m[2]))


@rule(
    "weekday",
    (
        rf"(?:{HOW})?(?:周|星期|"
        rf"礼拜)([一二三四五六日天](?!\d{{1,2}}(?!\d))|[1-7](?!\d))(?:[、/]?(?P<and>[二三四五六日天])(?=$|"
        rf"[还付转前之左内\s,。吧都]))?(?!\.)(?!次|个月|期|直)"
    ),
    "下上这本当今周星礼",
)
def _weekday(m: re.Match[str], now: datetime) -> Piece | None:
    weekday = WEEKDAYS[m["and"] or m[2]]
    if m["how"]:
        monday = week_of(now.date() + timedelta(weeks=steps_of(m["how"]))).start
        assert monday is not None
        return Piece.of(m, day(monday + timedelta(days=weekday)))
    within = nth_weekday_of(1, weekday, Grain.WEEK)
    return Piece.of(m, day(coming_weekday(now.date(), weekday)), within, weekday=weekday)


@rule("weekend", rf"(?:{HOW})?(?:周末|礼拜末|星期末|周六日|周六周日|双休日)", "下上这本当今周礼星双")
def _weekend(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, weekend_of(now.date() + timedelta(weeks=steps_of(m["how"]) if m["how"] else 0)))


@rule("week", rf"{HOW}(?:周|星期|礼拜)(?!年)(?:(中|初|底)(?!旬))?", "下上这本当今次同")
def _week(m: re.Match[str], now: datetime) -> Piece | None:
    week = week_of(now.date() + timedelta(weeks=steps_of(m["how"])))
    part = {"初": "start", "中": "mid", "底": "end"}.get(m[2] or "")
    return Piece.of(m, (part_of(week, part) if part else week) or week)


_YEARS = dict.fromkeys(("今年", "本年", "本年度", "当年", "这一年", "这年"), 0)
_YEARS |= dict.fromkeys(("明年", "来年", "次年", "下一年"), 1) | {"后年": 2, "大后年": 3}
_YEARS |= {"去年": -1, "上一年": -1, "前年": -2, "大前年": -3}


@rule(
    "year_word",
    (
        r"(今年|本年度?|当年|这一年|这年|明年|来年|次年|下一年|大?后年|去年|上一年|"
        r"大?前年)(?!前|后)"
    ),
    "今本当这明来次下大后去上前",
)
def _year_word(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, year_of(now.year + _YEARS[m[1]]))


_DAY_WORDS = {"今": 0, "当": 0, "即": 0, "明": 1, "次": 1, "翌": 1, "后": 2, "昨": -1, "前": -2}


@rule(
    "day_word",
    (
        r"(大*)(今|当|即|明|次|翌|后|昨|前)(?:(?:个)?[天日儿](?!元|语|常|前|报|益|本|程)|(?=早|"
        r"晚|晨|夜))|(第二天|隔天|隔日)|(现在|此时|此刻|当前|眼下)"
    ),
    "大今当即明次翌后昨前第隔现此眼",
)
def _day_word(m: re.Match[str], now: datetime) -> Piece | None:
    if m[3]:
        return Piece.of(m, day(now.date() + ONE_DAY), lambda outer: day(outer.end + ONE_DAY) if outer.end else None)
    if m[4]:
        return Piece.of(m, day(now.date()), now=True)
    steps = _DAY_WORDS[m[2]]
    if m[1]:
        if abs(steps) != 2:
            return None
        steps += len(m[1]) * (1 if steps > 0 else -1)
    moved = day(now.date() + timedelta(days=steps))
    if m[2] in "后明":  # 明天的后天
        return Piece.of(m, moved, lambda outer: day(outer.end + timedelta(days=steps)) if outer.end else None)
    return Piece.of(m, moved)


@rule(
    "days_joined",
    (
        r"今明(?:两天|天)?|明后(?:两天|天)?|(?:这|就这)(?:一)?(?:两|几|俩|三)天|近(?:几|"
        r"两)[天日]|近期"
    ),
    "今明这就近",
)
def _days_joined(m: re.Match[str], now: datetime) -> Piece | None:
    today = now.date()
    if m[0].startswith("今明"):
        return Piece.of(m, Stretch(today, today + ONE_DAY))
    if m[0].startswith("明后"):
        return Piece.of(m, Stretch(today + ONE_DAY, today + timedelta(days=2)))
    return Piece.of(m, Stretch(today, today + timedelta(days=2), vague=True))


@rule("days_on", rf"(?:的)?(?:之|往|向)?后的?({COUNT})天", "的之往向后")
def _days_on(m: re.Match[str], now: datetime) -> Piece | None:
    count = number_of(m[1])
    return Piece.of(
        m,
        Stretch(None, None, Grain.TIME),
        lambda outer: Stretch(outer.end, outer.end + timedelta(days=count)) if outer.end else None,
        needs_outer=Grain.DAY,
    )
