"""Plots are plain SVG text: the same for the same values, with nothing that a strict policy refuses."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from bot.console.supervise import charts
from bot.console.supervise.charts import Series
from bot.console.supervise.control import p_chart

EVIL = "<script>alert(1)</script>\" onload='x' & co"


def write(value: float) -> str:
    return f"{value:g}"


def every(word: str) -> list[Markup]:
    series = [Series(word, (1.0, None, 3.0, 4.0), (0.5,) * 4, (2.0,) * 4, frozenset({2})), Series("b", (0, 2, 0, 1))]
    return [
        charts.line("a", word, word, ["1", word, "3", "4"], series, write),
        charts.stacked("b", word, word, ["1", word, "3", "4"], series, write),
        charts.funnel("c", word, word, [(word, 10), ("b", 5), ("c", 0)]),
        charts.strip("d", word, word, [(word, 2, [(word, 3), ("2", 0)])]),
    ]


def test_every_plot_is_well_formed_named_and_described() -> None:
    for svg in every("Kept & broken"):
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img"
        title, desc = root.find("title"), root.find("desc")
        assert title is not None and desc is not None
        assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
        assert title.text == desc.text == "Kept & broken"


def test_no_plot_needs_script_or_style_whatever_the_words() -> None:
    for svg in every(EVIL):
        assert not re.search(r"<script|<style|\bstyle=|<[^>]*\son[a-z]+=", svg)
        assert {element.tag for element in ElementTree.fromstring(svg).iter()} <= {
            "svg", "title", "desc", "path", "rect", "circle", "text"
        }  # fmt: skip


def test_the_same_values_are_the_same_text() -> None:
    assert every("x") == every("x")


def test_a_missing_value_is_a_gap_and_a_point_outside_is_ringed() -> None:
    series = [Series("rate", (1.0, None, 3.0, 4.0), outside=frozenset({2}))]
    svg = charts.line("a", "t", "d", list("1234"), series, write)
    assert svg.count('class="line c0"') == 1  # the first point alone is no line
    assert svg.count('class="outside"') == 1 and "rate, 3: 3" in svg


def test_bars_add_up_to_the_height_of_their_sum() -> None:
    svg = charts.stacked("b", "t", "d", ["x"], [Series("a", (3,)), Series("b", (7,))], write)
    heights = [float(found) for found in re.findall(r'class="bar c\d" [^>]*width="448.0" height="([\d.]+)"', svg)]
    assert heights == [54.0, 126.0]


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e9)), max_size=120))
def test_no_values_break_a_plot(values: list[float | None]) -> None:
    places = [str(n) for n in range(len(values))]
    for draw in (charts.line, charts.stacked):
        svg = draw("a", "t", "d", places, [Series("s", tuple(values))], write)
        ElementTree.fromstring(svg)
        assert "nan" not in svg and "inf" not in svg


@given(st.floats(1e-9, 1e12))
def test_a_scale_reaches_its_largest_value_and_not_far_beyond(value: float) -> None:
    assert value * 0.999 <= charts.ceiling(value) <= value * 10


def test_a_day_far_from_the_mean_is_outside_and_few_cases_are_forgiven() -> None:
    days = [(10, 1000)] * 12 + [(40, 1000), (1, 9)]
    found = p_chart(days)
    assert found.outside == {12}
    assert found.mean is not None and 0.012 < found.mean < 0.014
    low, high = found.low[12], found.high[12]
    spread = 3 * (found.mean * (1 - found.mean) / 1000) ** 0.5
    assert low is not None and high is not None
    assert abs(high - found.mean - spread) < 1e-12 and abs(found.mean - low - spread) < 1e-12


def test_days_on_which_nothing_was_counted_have_no_rate() -> None:
    found = p_chart([(0, 0), (1, 10)])
    assert found.rates == (None, 0.1) and found.low[0] is None
    assert p_chart([(0, 0)]).mean is None


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: (min(pair), max(pair)))))
def test_limits_lie_around_the_mean_within_a_share(counted: list[tuple[int, int]]) -> None:
    found = p_chart(counted)
    for low, high in zip(found.low, found.high, strict=True):
        if low is not None and high is not None and found.mean is not None:
            assert 0 <= low <= found.mean <= high <= 1
