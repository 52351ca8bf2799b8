"""Plots as SVG text: values in, markup out. No script, no style attribute; colours are classes of styles/plots.css.

Every plot has a title and a description for those who do not see it; its table stands beside it on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup

LEFT, TOP, WIDTH, HEIGHT = 56, 12, 560, 180
RIGHT, BOTTOM = LEFT + WIDTH, TOP + HEIGHT
LABELS = 8  # at most so many words along the bottom
SHADES = 6  # classes c0 … c5 of the style sheet

Write = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one layer of bars: a value for each place along the bottom, None where there is none.

    `shade` is the class of its colour, without one its place among the series. `low` and `high` are the limits between
    which a line is expected; `outside` are the places beyond them.
    """

    name: str
    values: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    outside: frozenset[int] = frozenset()
    shade: int | None = None


def line(id: str, title: str, told: str, places: Sequence[str], series: Sequence[Series], write: Write) -> Markup:
    """Lines over the places; a gap where a value is missing. Points outside their limits are ringed."""
    known = [value for one in series for value in (*one.values, *one.high) if value is not None]
    top = ceiling(max(known, default=0))
    parts = _frame(places, top, write)
    for shade, one in zip(_shades(series), series, strict=True):
        for limit in (one.low, one.high):
            parts += [_path(run, top, len(places), "limit") for run in _runs(limit)]
        parts += [_path(run, top, len(places), f"line c{shade}") for run in _runs(one.values)]
        for place, value in enumerate(one.values):
            if value is not None:
                kind = "outside" if place in one.outside else f"point c{shade}"
                x, y = _x(place, len(places)), _y(value, top)
                parts.append(
                    Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{}"><title>{}</title></circle>').format(
                        kind, x, y, 6 if place in one.outside else 2.5, f"{one.name}, {places[place]}: {write(value)}"
                    )
                )
    return _svg(id, title, told, BOTTOM + 24 + _legend_height(series), [*parts, *_legend(series)])


def stacked(id: str, title: str, told: str, places: Sequence[str], series: Sequence[Series], write: Write) -> Markup:
    """A bar for each place, made of layers in the order of the series."""
    sums = [sum(one.values[place] or 0 for one in series) for place in range(len(places))]
    top = ceiling(max(sums, default=0))
    parts = _frame(places, top, write)
    shades = _shades(series)
    width = WIDTH / max(len(places), 1)
    for place in range(len(places)):
        below = 0.0
        for shade, one in zip(shades, series, strict=True):
            value = one.values[place] or 0
            if value:
                at, tall = _y(below + value, top), HEIGHT * value / top
                told_of = f"{one.name}, {places[place]}: {write(value)}"
                parts.append(_bar(shade, LEFT + (place + 0.1) * width, at, width * 0.8, tall, told_of))
            below += value
    return _svg(id, title, told, BOTTOM + 24 + _legend_height(series), [*parts, *_legend(series)])


def funnel(id: str, title: str, told: str, steps: Sequence[tuple[str, int]]) -> Markup:
    """A bar for each step; each is a part of the first one."""
    whole, parts = max(steps[0][1] if steps else 0, 1), []
    for place, (name, count) in enumerate(steps):
        y, width = TOP + place * 40, WIDTH * count / whole
        parts += [
            _text(LEFT, y + 10, f"{name}: {count:,} ({count / whole:.1%})", "label"),
            Markup('<rect class="sunk" x="{}" y="{}" width="{}" height="16"/>').format(LEFT, y + 16, WIDTH),
            _bar(0, LEFT, y + 16, width, 16, f"{name}: {count:,}"),
        ]
    return _svg(id, title, told, TOP + len(steps) * 40, parts)


def strip(id: str, title: str, told: str, rows: Sequence[tuple[str, int, Sequence[tuple[str, int]]]]) -> Markup:
    """A row of cells for each name, which count those who are so far: warmer towards its limit, hot from there on."""
    parts = []
    for at, (name, limit, cells) in enumerate(rows):
        y, width = TOP + at * 64, WIDTH / max(len(cells), 1)
        parts.append(_text(LEFT, y + 10, name, "label"))
        for place, (label, count) in enumerate(cells):
            x, heat = LEFT + place * width, _heat(place + 1, limit) if count else 0
            parts += [
                Markup(
                    '<rect class="cell heat{}" x="{:.1f}" y="{}" width="{:.1f}" height="26"><title>{}</title></rect>'
                ).format(heat, x + 1, y + 16, width - 2, f"{name}, {label}: {count:,}"),
                _text(x + width / 2, y + 33, f"{count:,}", f"in heat{heat}"),
                _text(x + width / 2, y + 54, label, "tick middle"),
            ]
    return _svg(id, title, told, TOP + len(rows) * 64, parts)


def _heat(used: int, limit: int) -> int:
    """How near to a limit: 4 at it, 3 just before, 2 from half of it."""
    return 4 if used >= limit else 3 if used == limit - 1 else 2 if 2 * used >= limit else 1


def ceiling(value: float) -> float:
    """The top of a scale: 1, 2 or 5 times a power of ten, not below the value; 1 where there is nothing."""
    if value < 1e-9:
        return 1.0
    step = 10.0 ** floor(log10(value))
    return next(step * times for times in (1, 2, 5, 10) if step * times >= value * 0.999999)


def _x(place: int, places: int) -> float:
    return LEFT + WIDTH * (place + 0.5) / max(places, 1)


def _y(value: float, top: float) -> float:
    return BOTTOM - HEIGHT * value / top


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """The stretches without a gap."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [run for run in runs if len(run) > 1]


def _path(run: Sequence[tuple[int, float]], top: float, places: int, kind: str) -> Markup:
    points = "L".join(f"{_x(place, places):.1f} {_y(value, top):.1f}" for place, value in run)
    return Markup('<path class="{}" d="M{}"/>').format(kind, points)


def _frame(places: Sequence[str], top: float, write: Write) -> list[Markup]:
    parts = []
    for quarter in range(5):
        value = top * quarter / 4
        y = _y(value, top)
        parts.append(Markup('<path class="rule" d="M{} {:.1f}H{}"/>').format(LEFT, y, RIGHT))
        if quarter % 2 == 0:
            parts.append(_text(LEFT - 6, y + 4, write(value), "tick end"))
    every = -(-len(places) // LABELS) or 1
    for place in range(0, len(places), every):
        parts.append(_text(_x(place, len(places)), BOTTOM + 16, places[place], "tick middle"))
    return parts


def _legend_height(series: Sequence[Series]) -> int:
    return 20 * -(-len(series) // 3)


def _shades(series: Sequence[Series]) -> list[int]:
    return [at % SHADES if one.shade is None else one.shade for at, one in enumerate(series)]


def _legend(series: Sequence[Series]) -> list[Markup]:
    parts = []
    for at, (shade, one) in enumerate(zip(_shades(series), series, strict=True)):
        x, y = LEFT + at % 3 * WIDTH / 3, BOTTOM + 26 + at // 3 * 20
        parts.append(_bar(shade, x, y, 10, 10, one.name))
        parts.append(_text(x + 15, y + 9, one.name, "label"))
    return parts


def _bar(shade: int, x: float, y: float, width: float, height: float, told: str) -> Markup:
    return Markup(
        '<rect class="bar c{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
    ).format(shade, x, y, width, height, told)


def _text(x: float, y: float, words: str, kind: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(kind, x, y, words)


def _svg(id: str, title: str, told: str, height: float, parts: Sequence[Markup]) -> Markup:
    head = Markup(
        '<svg class="plot" viewBox="0 0 {} {:.0f}" role="img" aria-labelledby="{}-title {}-desc">'
        '<title id="{}-title">{}</title><desc id="{}-desc">{}</desc>'
    ).format(RIGHT + 12, height, id, id, id, title, id, told)
    return head + Markup("\n").join(parts) + Markup("</svg>")
