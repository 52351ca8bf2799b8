"""Every figure of an evaluation, checked by hand on ten replies whose readings are given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.console import Console

from bot.core.reading import AmountKind, Asked, Intent, Reading, SaidAmount
from bot.nlu.evaluate import Evaluation, Row, evaluate
from bot.nlu.evaluate_against import ScoreError, compare, read_scores
from bot.nlu.evaluate_plots import calibration_svg, confusion_svg
from bot.nlu.evaluate_report import as_json, render
from bot.nlu.read import Reader

HEARD_AT = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
FRIDAY, SATURDAY = date(2026, 11, 27), date(2026, 11, 28)
PROMISE, UNCLEAR, PAID = Intent.PROMISE_TO_PAY, Intent.UNCLEAR, Intent.ALREADY_PAID


class Given(Reader):
    """A reader that was told what each text means."""

    def __init__(self, readings: dict[str, Reading]) -> None:
        self.readings = readings

    def read(
        self, texts: str | Sequence[str], heard_at: datetime, asked: Asked | None = None, language: str | None = None
    ) -> Reading:
        """The reading that was given for this text."""
        return self.readings["".join(texts)]

    def read_many(self, rows: Sequence[tuple[str | Sequence[str], datetime, Asked | None]]) -> list[Reading]:
        """The readings that were given for these texts."""
        return [self.read(*row) for row in rows]


def meant(id: str, *intents: Intent, lang: str = "zh", **fields: Any) -> Row:
    """A label; the text is the id."""
    return Row(id, lang, id, HEARD_AT, intents, **fields)


def read_as(id: str, *intents: Intent, sure: float = 1.0, **fields: Any) -> Reading:
    """A reading of that text, equally sure of each intent."""
    return Reading(id, "zh", intents, dict.fromkeys(intents, sure), **fields)


def money(value: int) -> SaidAmount:
    """A figure, as said."""
    return SaidAmount(AmountKind.EXACT, Decimal(value))


# Beside each pair: what is wrong, and what the bot does.
PAIRS = [
    (meant("right", PROMISE, date=FRIDAY, amount=500), read_as("right", PROMISE, date=FRIDAY, amount=money(500))),
    # the wrong day, recorded: silent
    (
        meant("day", PROMISE, date=FRIDAY, amount=500),
        read_as("day", PROMISE, date=SATURDAY, amount=money(500), sure=0.8),
    ),
    # the wrong sum, but not sure enough of it: asked back
    (
        meant("sum", PROMISE, date=FRIDAY, amount=500, note="a slip"),
        read_as("sum", PROMISE, date=FRIDAY, amount=money(50), amount_score=0.7, sure=0.8),
    ),
    # a day and a sum that nobody promised, recorded: silent
    (
        meant("invented", PAID, lang="en", note="past"),
        read_as("invented", PROMISE, date=FRIDAY, amount=SaidAmount(AmountKind.FULL)),
    ),
    (meant("stop", Intent.OPT_OUT, lang="en"), read_as("stop", Intent.OPT_OUT)),
    # a missed opt-out, read as a payment: the ledger is watched, nobody is told: silent
    (meant("missed stop", Intent.OPT_OUT, lang="en"), read_as("missed stop", PAID, sure=0.6)),
    # the same, less sure: asked back
    (meant("unsure", Intent.OPT_OUT, lang="en"), read_as("unsure", PAID, sure=0.45)),
    # the same, opt-out suspected: asked
    (meant("doubt", Intent.OPT_OUT, lang="en"), read_as("doubt", PAID, opt_out_suspected=True)),
    # a danger missed, but a person looks
    (meant("danger", Intent.SELF_HARM), read_as("danger", Intent.HARDSHIP, sure=0.3)),
    (meant("noise", UNCLEAR), read_as("noise", UNCLEAR, sure=0.05)),
]


@pytest.fixture
def evaluation() -> Evaluation:
    """The ten replies, judged."""
    return evaluate(Given({reading.text: reading for _, reading in PAIRS}), [row for row, _ in PAIRS])


def test_shares_count_what_is_right_over_all_and_in_each_slice(evaluation: Evaluation) -> None:
    slices = evaluation.slices
    assert list(slices) == ["all", "zh", "en", "everyday", "traps"]
    right = {name: (part.primary.count, part.primary.of) for name, part in slices.items()}
    assert right == {"all": (5, 10), "zh": (4, 5), "en": (1, 5), "everyday": (4, 8), "traps": (1, 2)}
    assert (slices["all"].dates.count, slices["all"].dates.of) == (2, 3)
    assert (slices["all"].amounts.count, slices["all"].amounts.of) == (2, 3)
    assert (slices["all"].dates_invented.count, slices["all"].dates_invented.of) == (1, 7)
    assert (slices["all"].amounts_invented.count, slices["all"].amounts_invented.of) == (1, 7)
    assert slices["all"].unclear.value == 1.0
    assert slices["traps"].unclear.value is None


def test_each_intent_has_precision_recall_and_f1(evaluation: Evaluation) -> None:
    everything = evaluation.slices["all"]
    promise = everything.intent(PROMISE)
    assert (promise.precision.value, promise.recall.value, promise.recall.of) == (0.75, 1.0, 3)
    assert promise.f1 == pytest.approx(6 / 7)
    opt_out = everything.intent(Intent.OPT_OUT)
    assert (opt_out.precision.value, opt_out.recall.value, opt_out.f1) == (1.0, 0.25, 0.4)
    assert everything.intent(Intent.SELF_HARM).recall.value == 0.0
    assert everything.intent(Intent.DECEASED).recall.value is None
    # promise 6/7, opt_out 2/5, already_paid 0, self_harm 0, unclear 1; hardship was never meant
    assert everything.macro_f1 == pytest.approx((6 / 7 + 2 / 5 + 0 + 0 + 1) / 5)


def test_silent_errors_are_those_that_nobody_is_asked_or_called_about(evaluation: Evaluation) -> None:
    assert [verdict.row.id for verdict in evaluation.silent_errors] == ["day", "invented", "missed stop"]
    outcomes = {verdict.row.id: verdict.done.outcome for verdict in evaluation.verdicts}
    assert outcomes["sum"] == "offer_promise"
    assert outcomes["unsure"] == "clarify"
    assert outcomes["doubt"] == "ask_whether_opt_out"
    assert outcomes["danger"] == "open_hardship"


def test_what_is_sure_enough_decides_what_is_silent() -> None:
    reader = Given({reading.text: reading for _, reading in PAIRS})
    lax = evaluate(reader, [row for row, _ in PAIRS], sure_enough=0.4, slot_sure=0.7)
    assert [verdict.row.id for verdict in lax.silent_errors] == ["day", "sum", "invented", "missed stop", "unsure"]
    strict = evaluate(reader, [row for row, _ in PAIRS], sure_enough=0.9)
    assert [verdict.row.id for verdict in strict.silent_errors] == ["invented"]


def test_a_yes_to_our_offer_that_was_no_yes_is_a_silent_error() -> None:
    row = meant("ok?", UNCLEAR, asked=Asked.CONFIRM_PROMISE)
    judged = evaluate(Given({"ok?": read_as("ok?", Intent.AFFIRM)}), [row])
    assert [verdict.done.outcome for verdict in judged.silent_errors] == ["record_offer"]


def test_confusions_are_counted_worst_first(evaluation: Evaluation) -> None:
    assert evaluation.confusions == [
        (Intent.OPT_OUT, PAID, 3),
        (PAID, PROMISE, 1),
        (Intent.SELF_HARM, Intent.HARDSHIP, 1),
    ]


def test_calibration_weighs_each_tenth_by_its_replies(evaluation: Evaluation) -> None:
    bins = evaluation.calibration
    assert [one.count for one in bins] == [1, 0, 0, 1, 1, 0, 1, 0, 2, 4]
    assert bins[8].confidence == pytest.approx(0.8)
    assert (bins[8].accuracy, bins[9].accuracy) == (1.0, 0.5)
    gaps = 1 * 0.95 + 1 * 0.3 + 1 * 0.45 + 1 * 0.6 + 2 * 0.2 + 4 * 0.5
    assert evaluation.calibration_error == pytest.approx(gaps / 10)


def test_cost_is_measured_and_kept_out_of_the_scores(evaluation: Evaluation) -> None:
    assert 0 < evaluation.cost.median_us <= evaluation.cost.p99_us
    assert evaluation.cost.batch_us > 0
    again = evaluate(Given({reading.text: reading for _, reading in PAIRS}), [row for row, _ in PAIRS])
    assert as_json(again) == as_json(evaluation)


def test_scores_go_through_json_and_hold_the_figures(evaluation: Evaluation) -> None:
    scores = json.loads(json.dumps(as_json(evaluation)))
    assert scores["slices"]["all"]["primary_accuracy"] == 0.5
    assert scores["slices"]["all"]["opt_out_recall"] == 0.25
    assert scores["slices"]["zh"]["opt_out_recall"] is None
    assert scores["slices"]["all"]["intents"]["promise_to_pay"] == {
        "precision": 0.75,
        "recall": 1.0,
        "f1": 0.8571,
        "support": 3,
    }
    assert scores["silent_errors"] == ["day", "invented", "missed stop"]
    assert scores["wrong"]["invented"] == ["primary", "intents", "date", "amount"]
    assert "right" not in scores["wrong"]


def test_the_report_shows_every_silent_error_with_text_label_and_reading(evaluation: Evaluation) -> None:
    console = Console(width=80, file=StringIO())
    with console.capture() as printed:
        console.print(render(evaluation))
    text = printed.get()
    silent = text[text.index("Silent errors") :]
    assert "label   already_paid  (past)" in silent
    assert 'read    promise_to_pay · date 2026-11-27 · amount "full"' in silent
    assert [id for id in ("day", "sum", "invented", "missed stop", "doubt") if f"\n{id}  " in silent] == [
        "day", "invented", "missed stop",
    ]  # fmt: skip
    grave = text[text.index("Grave meanings missed") : text.index("Silent errors")]
    assert "danger" in grave


@pytest.mark.parametrize("draw", [calibration_svg, confusion_svg])
def test_pictures_are_svg_that_says_what_it_shows(evaluation: Evaluation, draw: Any) -> None:
    root = ElementTree.fromstring(draw(evaluation))
    name = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{name}svg"
    assert root.findtext(f"{name}title")
    assert "10 " in (root.findtext(f"{name}desc") or "")
    assert "http" not in draw(evaluation).replace("http://www.w3.org/2000/svg", "")


def test_the_same_readings_have_not_fallen(evaluation: Evaluation) -> None:
    comparison = compare(evaluation, as_json(evaluation))
    assert (comparison.falls, comparison.broken) == ((), ())


def test_a_fall_is_named_with_the_replies_that_broke(evaluation: Evaluation) -> None:
    kept = as_json(evaluation)
    readings = {reading.text: reading for _, reading in PAIRS}
    readings["stop"] = read_as("stop", UNCLEAR)
    worse = compare(evaluate(Given(readings), [row for row, _ in PAIRS]), kept)
    assert {(fall.slice, fall.figure) for fall in worse.falls} == {
        (part, figure) for part in ("all", "en") for figure in ("primary_accuracy", "macro_f1", "opt_out_recall")
    }
    assert "opt_out_recall of all fell from 25.00% to 0.00%" in [str(fall) for fall in worse.falls]
    assert [verdict.row.id for verdict in worse.broken] == ["stop"]


def test_a_point_less_is_borne_and_more_is_not(evaluation: Evaluation) -> None:
    kept = as_json(evaluation)
    kept["slices"]["all"]["primary_accuracy"] = 0.51
    assert compare(evaluation, kept).falls == ()
    kept["slices"]["all"]["primary_accuracy"] = 0.512
    assert [fall.figure for fall in compare(evaluation, kept).falls] == ["primary_accuracy"]


def test_scores_of_other_rows_are_not_compared(evaluation: Evaluation) -> None:
    other = evaluate(Given({reading.text: reading for _, reading in PAIRS}), [row for row, _ in PAIRS[:4]])
    with pytest.raises(ScoreError, match="10 rows of all, these files 4"):
        compare(other, as_json(evaluation))


def test_a_file_that_holds_no_scores_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    path.write_text("[1]")
    with pytest.raises(ScoreError, match=r"scores\.json: no score file"):
        read_scores(path)
