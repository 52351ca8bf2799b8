"""Whole messages that stop the texts, however they are typed, and messages that only look like it."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.core.reading import Intent
from bot.nlu.read import Reader

HEARD_AT = datetime.fromisoformat("2026-11-23T10:00:00+08:00")

OPT_OUTS = """
    退订 · 退訂 · 退订。 · 退 订 · 退订!!! · 【退订】 · “退订” · 退订🙏 · 🛑退订 · 退\u200b订 · 退订退订
    请退订 · 退订,谢谢 · 麻烦退订 · 退订谢谢 · 拒收 · 取消订阅 · 停止 · 请停止,谢谢
    TD · td · Td · ＴＤ · ｔｄ · T D · T.D. · td。 · TD!! · 回复TD · 回TD
    STOP · stop · Stop. · sToP · ＳＴＯＰ · ｓｔｏｐ · 𝐒𝐓𝐎𝐏 · Ⓢⓣⓞⓟ · S T O P · S.T.O.P. · s-t-o-p
    *STOP* · "STOP" · 'stop' · (stop) · STOP!!! · stop… · STOP 🛑 · stop 🙏 · stop stop · STOPSTOP
    please stop · stop please · STOP, thanks · stop thank you · pls stop · STOPALL · stop all · STOP ALL · stop-all
    UNSUBSCRIBE · unsubscribe · Unsubscribe please · ＵＮＳＵＢＳＣＲＩＢＥ · opt out · OPT OUT · opt-out · OPTOUT
    CANCEL · cancel · END · end. · QUIT · Quit! · revoke
"""

NEAR_MISSES = """
    退款 · 退货 · 退休了 · 退烧药 · 我的T恤退了 · 退订单 · 订单退了 · 退订酒店要手续费
    停车 · 停电了 · 停薪留职 · 不停地加班 · 别停我的卡
    stopwatch · nonstop · non-stop · stopover · bus stop · unstoppable · doorstop · pitstop
    weekend · weekends · legend · friend · pretend · spend · send · ended
    end of the month · by month end · month-end · the end
    cancelled · cancellation · cancel the plan · quite · mosquito · I quit my job
    quitting smoking · revoked my licence · stop charging me interest · don't stop my card
    TDK · td bank · TD Ameritrade · ltd
"""


def listed(table: str) -> list[str]:
    """The messages of a table, which a middle dot parts."""
    return [message.strip() for line in table.strip().splitlines() for message in line.split("·")]


@pytest.mark.parametrize("message", listed(OPT_OUTS))
def test_a_word_that_stops_texts_does_so_however_it_is_typed(reader: Reader, message: str) -> None:
    reading = reader.read(message, HEARD_AT)
    assert reading.primary is Intent.OPT_OUT
    assert reading.confidence(Intent.OPT_OUT) >= 0.9


@pytest.mark.parametrize("message", listed(NEAR_MISSES))
def test_a_message_that_only_looks_like_it_stops_nothing(reader: Reader, message: str) -> None:
    assert not reader.read(message, HEARD_AT).has(Intent.OPT_OUT)
