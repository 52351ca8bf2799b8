"""A simulation as pictures: how far customers came, what came in by when, how often they were contacted. Plain SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from bot.svg import bar_at, svg_of, text_at

LEFT, TOP, WIDTH, HEIGHT = 130, 56, 480, 240


def funnel_svg(funnels: Mapping[str, Mapping[str, int]]) -> str:
    """One bar for each step and policy: how many customers came so far."""
    steps = list(next(iter(funnels.values())))
    bar = 18 if len(funnels) == 1 else 12
    row = bar * len(funnels) + 14
    parts = _legend(list(funnels))
    for n, step in enumerate(steps):
        y = TOP + n * row
        parts.append(text_at(LEFT - 8, y + bar * len(funnels) / 2 + 4, step, "end"))
        for place, counts in enumerate(funnels.values()):
            width = WIDTH * counts[step] / (counts[steps[0]] or 1)
            parts.append(bar_at(place, LEFT, y + place * bar, width, bar - 2, f"{step}: {counts[step]}"))
            share = f"{counts[step]} ({counts[step] / (counts[steps[0]] or 1):.0%})"
            parts.append(text_at(LEFT + width + 6, y + place * bar + bar - 5, share, ""))
    told = "How many of the simulated customers came how far, each policy a bar."
    return svg_of(LEFT + WIDTH + 100, TOP + len(steps) * row + 10, "How far customers came", told, parts)


def recovery_svg(curves: Mapping[str, Sequence[float]]) -> str:
    """A line for each policy: the share of what was due that had come in by the end of each day."""
    days = max(len(curve) for curve in curves.values()) - 1
    parts = _legend(list(curves)) + _frame(days, "day")
    for place, (name, curve) in enumerate(curves.items()):
        points = [(LEFT + WIDTH * n / (days or 1), TOP + HEIGHT * (1 - share)) for n, share in enumerate(curve)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        label = f"<title>{escape(name)}: {curve[-1]:.1%} by the last day</title>"
        parts.append(f'<path class="line{place}" d="M{path}">{label}</path>')
        parts.append(text_at(LEFT + WIDTH + 6, points[-1][1] + 4 + place * 12, f"{curve[-1]:.1%}", ""))
    told = "The share of what was due at the start that had been paid by the end of each day."
    return svg_of(LEFT + WIDTH + 70, TOP + HEIGHT + 56, "What came in by when", told, parts)


def contacts_svg(histograms: Mapping[str, Mapping[int, int]]) -> str:
    """A column for each number of contacts: the share of customers who had so many."""
    most = max(max(one, default=0) for one in histograms.values())
    highest = max(max(one.values(), default=0) / (sum(one.values()) or 1) for one in histograms.values()) or 1.0
    parts = _legend(list(histograms))
    step = WIDTH / (most + 1)
    wide = max(1.0, (step - 2) / len(histograms))
    for tenth in range(0, 11, 2):
        y = TOP + HEIGHT * (1 - tenth / 10)
        parts.append(f'<path class="rule" d="M{LEFT} {y:.1f}h{WIDTH}"/>')
        parts.append(text_at(LEFT - 8, y + 4, f"{highest * tenth / 10:.1%}", "end"))
    for number in range(most + 1):
        x = LEFT + number * step
        if number % max(1, most // 12) == 0:
            parts.append(text_at(x + step / 2, TOP + HEIGHT + 18, str(number), "middle"))
        for place, counts in enumerate(histograms.values()):
            share = counts.get(number, 0) / (sum(counts.values()) or 1)
            height = HEIGHT * share / highest
            told = f"{number} contacts: {counts.get(number, 0)} customers"
            parts.append(bar_at(place, x + 1 + place * wide, TOP + HEIGHT - height, wide, height, told))
    parts.append(text_at(LEFT + WIDTH / 2, TOP + HEIGHT + 40, "contacts in all", "middle"))
    told = "How many customers were contacted how often: texts that the bank began, replies not counted."
    return svg_of(LEFT + WIDTH + 40, TOP + HEIGHT + 56, "Contacts per customer", told, parts)


def page(title: str, pictures: Mapping[str, str], tables: Mapping[str, Sequence[Sequence[object]]]) -> str:
    """The pictures and the figures behind them as one page of HTML, for those who cannot see the pictures."""
    body = []
    for name, svg in pictures.items():
        head, *rows = tables[name]
        cells = "".join(f'<th scope="col">{escape(str(cell))}</th>' for cell in head)
        lines = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
        body.append(f"{svg}<details><summary>figures</summary><table><tr>{cells}</tr>{lines}</table></details>")
    style = (
        "body{font:15px system-ui,sans-serif;margin:2rem;color-scheme:light dark}td,th{text-align:right;padding:0 1ch}"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body><h1>{escape(title)}</h1>{''.join(body)}</body></html>\n"
    )


def _frame(most: int, unit: str) -> list[str]:
    parts = []
    for tenth in range(0, 11, 2):
        y = TOP + HEIGHT * (1 - tenth / 10)
        parts.append(f'<path class="rule" d="M{LEFT} {y:.1f}h{WIDTH}"/>')
        parts.append(text_at(LEFT - 8, y + 4, f"{tenth * 10} %", "end"))
    for n in range(0, most + 1, max(1, most // 9)):
        parts.append(text_at(LEFT + WIDTH * n / (most or 1), TOP + HEIGHT + 18, str(n), "middle"))
    parts.append(text_at(LEFT + WIDTH / 2, TOP + HEIGHT + 40, unit, "middle"))
    return parts


def _legend(names: Sequence[str]) -> list[str]:
    if len(names) < 2:
        return []
    parts = []
    for place, name in enumerate(names):
        parts.append(bar_at(place, LEFT + place * 240, 20, 12, 12, name))
        parts.append(text_at(LEFT + place * 240 + 18, 30, name, ""))
    return parts
