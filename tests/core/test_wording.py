"""What texts must not say: found however it is written, and not where the same characters mean something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import dialogues
from bot.core.decision import Purpose
from bot.core.wording import Setting, Severity, blocks, lint
from tests.core import worlds as w

WORDING = dialogues.load().wording


def found(text: str, **setting: object) -> list[str]:
    return [f"{one.id}:{one.severity}" for one in lint(text, Setting(**{"purpose": Purpose.AGENT, **setting}), WORDING)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("不还的话后果自负", ["threat:block"]),
        ("不还的话后 果·自-负", ["threat:block"]),
        ("不还的话后\u200b果自负", ["threat:block"]),
        ("我们会通知您单位", ["third_parties:block"]),
        ("将依法立案", ["false_authority:block"]),
        ("资料已转成立案件库", []),
        ("加强催收管理", []),
        ("我们会强催", ["pressure:block"]),
        ("已过诉讼时效", []),
        ("我行将起诉", ["court:legal"]),
        ("请转到我微信", ["private_pay:block"]),
        ("请勿转账到任何个人账户", []),
        ("可以减免", ["promise_of_waiver:warn"]),
        ("Pay, or else!", ["threat:block"]),
        ("We will SUE you", ["court:legal"]),
        ("Please pursue the issue with Susan", []),
        ("You’ll regret this", ["threat:block"]),
        ("ｌａｗｓｕｉｔ", ["court:legal"]),
        ("We have the police on the line", ["false_authority:block"]),
        ("our policies are online", []),
        ("see pay.example.com", ["link:block"]),
        ("卡号6222021234567890123", ["long_number:block"]),
        ("身份证110101199003077758", ["long_number:block"]),
        ("电话13800138000，尾号1234", []),
        ("【某行】您好", ["signature:block"]),
        ("您好，我们一起商量还款安排。", []),
        ("Hello, when would suit you to talk?", []),
    ],
)
def test_words_are_found_however_written_and_only_where_they_mean_it(text: str, wanted: list[str]) -> None:
    assert found(text) == wanted


def test_urgency_blocks_early_and_warns_late() -> None:
    assert found("最后通牒", days_past_due=10) == ["urgency:block"]
    assert found("最后通牒", days_past_due=70) == ["urgency:warn"]


def test_what_counsel_approved_may_be_said_and_threats_never() -> None:
    assert found("我行将起诉", legal_approved=True) == []
    assert found("后果自负", legal_approved=True) == ["threat:block"]


def test_arrears_stand_in_no_reminders_first_line() -> None:
    assert found("您已逾期34天，请还款", purpose=Purpose.REMINDER) == ["preview:block"]
    assert found("您好，尾号1234的个人贷款应还1200元，已逾期34天", purpose=Purpose.REMINDER) == []
    assert found("您已逾期34天，请还款", purpose=Purpose.REPLY) == []


def test_a_long_text_is_a_warning_and_its_price_counts_every_part() -> None:
    long = "好" * 200
    assert found(long) == ["long:warn"]
    assert WORDING.cost("好" * 70, "CNY") == WORDING.prices["CNY"]
    assert WORDING.cost(long, "CNY") == WORDING.prices["CNY"] * 3
    assert WORDING.cost(long, "XYZ") is None


@w.quick
@given(st.sampled_from([(rule, phrase) for rule in WORDING.forbidden if not rule.preview for phrase in rule.phrases]), st.text(max_size=30))  # fmt: skip  # noqa: E501
def test_a_forbidden_phrase_is_found_in_any_text(case: tuple[object, str], around: str) -> None:
    rule, phrase = case
    ids = [one.id for one in lint(f"{around} , {phrase} , {around}", Setting(Purpose.AGENT), WORDING)]
    assert rule.id in ids  # type: ignore[attr-defined]


@w.quick
@given(st.text(max_size=200))
def test_linting_fails_on_no_text_and_what_blocks_is_no_warning(text: str) -> None:
    findings = lint(text, Setting(Purpose.AGENT), WORDING)
    assert all(one.severity is not Severity.WARN for one in blocks(findings))
