"""What a misreading leads to, by kind; and that the best value of a threshold is a safe one."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core.reading import AmountKind, Intent, Reading, SaidAmount, by_rank
from bot.dialogues import ROOT, Content, ContentError
from bot.dialogues.costs import Mistake, load_costs
from bot.nlu.evaluate_rows import Row
from bot.nlu.evaluate_silent import decision_on
from bot.nlu.mistakes import meant, mistake_of, right_decision
from bot.nlu.thresholds import Curve, Point

AT = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
FRIDAY = date(2026, 11, 27)
PAYS: dict[str, Any] = {"date": FRIDAY, "amount": SaidAmount(AmountKind.EXACT, Decimal(500))}


def labelled(*intents: Intent, **fields: object) -> Row:
    return Row("1", "zh", "…", AT, by_rank(frozenset(intents)), **fields)  # type: ignore[arg-type]


def read(*intents: Intent, sure: float = 0.9, **fields: object) -> Reading:
    return Reading("…", "zh", by_rank(frozenset(intents)), dict.fromkeys(intents, sure), **fields)  # type: ignore[arg-type]


I = Intent  # noqa: E741
CASES = [
    (labelled(I.SELF_HARM), read(I.HARDSHIP), Mistake.WRONG_ANSWER),  # a person is called all the same
    (labelled(I.SELF_HARM), read(I.ACKNOWLEDGE), Mistake.MISSED_CRISIS),
    (labelled(I.DECEASED), read(I.UNCLEAR), Mistake.MISSED_CRISIS),
    (labelled(I.OPT_OUT), read(I.REFUSAL), Mistake.MISSED_OPT_OUT),
    (labelled(I.OPT_OUT), read(I.UNCLEAR), Mistake.MISSED_OPT_OUT),
    (labelled(I.OPT_OUT), read(I.UNCLEAR, opt_out_suspected=True), Mistake.ASKED),
    (labelled(I.WRONG_NUMBER), read(I.ASK_AMOUNT), Mistake.DISCLOSED),
    (labelled(I.WRONG_NUMBER), read(I.ACKNOWLEDGE), Mistake.MISSED_PERSON),
    (labelled(I.WRONG_NUMBER), read(I.UNCLEAR), Mistake.ASKED),
    (labelled(I.DISPUTE), read(I.ACKNOWLEDGE), Mistake.MISSED_PERSON),
    (labelled(I.ASK_HOW_TO_PAY), read(I.PROMISE_TO_PAY, **PAYS), Mistake.WRONG_PROMISE),
    (labelled(I.PROMISE_TO_PAY, date=FRIDAY, amount=600), read(I.PROMISE_TO_PAY, **PAYS), Mistake.WRONG_PROMISE),
    (labelled(I.PROMISE_TO_PAY, date=FRIDAY, amount=500), read(I.PROMISE_TO_PAY, **PAYS), None),
    (labelled(I.PROMISE_TO_PAY, date=FRIDAY, amount=500), read(I.PROMISE_TO_PAY, sure=0.1, **PAYS), Mistake.ASKED),
    (labelled(I.ACKNOWLEDGE), read(I.OPT_OUT), Mistake.WRONG_STOP),
    (labelled(I.ACKNOWLEDGE), read(I.WRONG_NUMBER), Mistake.WRONG_STOP),
    (labelled(I.ACKNOWLEDGE), read(I.COMPLAINT), Mistake.PERSON_TOO_MANY),
    (labelled(I.ASK_AMOUNT), read(I.ASK_HOW_TO_PAY), Mistake.WRONG_ANSWER),
    (labelled(I.ASK_AMOUNT), read(I.ASK_AMOUNT), None),
    (labelled(I.ASK_AMOUNT), read(I.ASK_AMOUNT, sure=0.1), Mistake.ASKED),
    (labelled(I.UNCLEAR), read(I.UNCLEAR), None),
]


@pytest.mark.parametrize(("row", "reading", "mistake"), CASES)
def test_a_misreading_is_named_by_what_it_leads_to(
    row: Row, reading: Reading, mistake: Mistake | None, content: Content
) -> None:
    rules = content.rules
    read_so, right = decision_on(reading, row, rules), right_decision(row, rules)
    assert mistake_of(row, read_so, right, content.responses.telling_sums()) == mistake


@pytest.mark.parametrize("row", [case[0] for case in CASES])
def test_the_right_reading_is_no_mistake(row: Row, content: Content) -> None:
    right = right_decision(row, content.rules)
    assert mistake_of(row, decision_on(meant(row), row, content.rules), right, frozenset()) is None


def test_of_equally_good_values_the_middle_of_the_longest_run_is_best() -> None:
    costs = {0.1: 1.0, 0.2: 2.0, 0.3: 1.0, 0.4: 1.0, 0.5: 1.0, 0.6: 3.0}
    points = tuple(Point(value, cost, 0.3) for value, cost in costs.items())
    curve = Curve("t", "f", points[1], points)
    assert curve.best.value == 0.4
    assert [point.value for point in curve.better] == [0.1, 0.3, 0.4, 0.5]


def test_what_may_be_chance_is_not_better() -> None:
    points = (Point(0.1, 1.0, 0.6), Point(0.2, 2.0, 0.0))
    assert Curve("t", "f", points[1], points).better == ()


def test_every_mistake_has_a_cost_with_its_reason_and_the_grave_cost_more() -> None:
    costs = load_costs()
    ranked = [costs[mistake] for mistake in Mistake]
    assert ranked == sorted(ranked, reverse=True) and ranked[-1] == 1


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('cost: "1000"', 'cost: "-1"', "cost"),
        ('cost: "1000"', 'cost: "nan"', "cost"),
        ("missed_crisis", "oops", "oops"),
    ],
)
def test_a_broken_cost_is_named(old: str, new: str, names: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("dialogues")
    (folder / "policies").mkdir()
    text = (ROOT / "policies" / "costs.yml").read_text(encoding="utf-8")
    (folder / "policies" / "costs.yml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ContentError, match=names):
        load_costs(folder)
