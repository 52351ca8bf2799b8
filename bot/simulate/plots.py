"""A simulation as pictures: how far customers came, what came in by when, how often they were contacted. Plain SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

# Ink and paper follow the reader's own light or dark setting; both hues keep their contrast on both papers.
STYLE = """<style>
svg { --ink: #1f2933; --faint: #c5ccd3; --paper: #ffffff; --first: #1f7a8c; --second: #b8461b; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e4e7eb; --faint: #4a5560; --paper: #14181c; --first: #56b6c8; --second: #ef8354; }
}
text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.paper { fill: var(--paper); }
.rule { stroke: var(--faint); fill: none; }
.fill0 { fill: var(--first); } .fill1 { fill: var(--second); }
.line0 { stroke: var(--first); fill: none; stroke-width: 2; }
.line1 { stroke: var(--second); fill: none; stroke-width: 2; stroke-dasharray: 6 3; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
</style>"""
LEFT, TOP, WIDTH, HEIGHT = 130, 56, 480, 240


def funnel_svg(funnels: Mapping[str, Mapping[str, int]]) -> str:
    """One bar for each step and policy: how many customers came so far."""
    steps = list(next(iter(funnels.values())))
    bar = 18 if len(funnels) == 1 else 12
    row = bar * len(funnels) + 14
    parts = _legend(list(funnels))
    for n, step in enumerate(steps):
        y = TOP + n * row
        parts.append(_text(LEFT - 8, y + bar * len(funnels) / 2 + 4, step, "end"))
        for place, counts in enumerate(funnels.values()):
            width = WIDTH * counts[step] / (counts[steps[0]] or 1)
            parts.append(_bar(place, LEFT, y + place * bar, width, bar - 2, f"{step}: {counts[step]}"))
            share = f"{counts[step]} ({counts[step] / (counts[steps[0]] or 1):.0%})"
            parts.append(_text(LEFT + width + 6, y + place * bar + bar - 5, share, ""))
    told = "How many of the simulated customers came how far, each policy a bar."
    return _svg(LEFT + WIDTH + 100, TOP + len(steps) * row + 10, "How far customers came", told, parts)


def recovery_svg(curves: Mapping[str, Sequence[float]]) -> str:
    """A line for each policy: the share of what was due that had come in by the end of each day."""
    days = max(len(curve) for curve in curves.values()) - 1
    parts = _legend(list(curves)) + _frame(days, "day")
    for place, (name, curve) in enumerate(curves.items()):
        points = [(LEFT + WIDTH * n / (days or 1), TOP + HEIGHT * (1 - share)) for n, share in enumerate(curve)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        label = f"<title>{escape(name)}: {curve[-1]:.1%} by the last day</title>"
        parts.append(f'<path class="line{place}" d="M{path}">{label}</path>')
        parts.append(_text(LEFT + WIDTH + 6, points[-1][1] + 4 + place * 12, f"{curve[-1]:.1%}", ""))
    told = "The share of what was due at the start that had been paid by the end of each day."
    return _svg(LEFT + WIDTH + 70, TOP + HEIGHT + 56, "What came in by when", told, parts)


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
        parts.append(_text(LEFT - 8, y + 4, f"{highest * tenth / 10:.1%}", "end"))
    for number in range(most + 1):
        x = LEFT + number * step
        if number % max(1, most // 12) == 0:
            parts.append(_text(x + step / 2, TOP + HEIGHT + 18, str(number), "middle"))
        for place, counts in enumerate(histograms.values()):
            share = counts.get(number, 0) / (sum(counts.values()) or 1)
            height = HEIGHT * share / highest
            told = f"{number} contacts: {counts.get(number, 0)} customers"
            parts.append(_bar(place, x + 1 + place * wide, TOP + HEIGHT - height, wide, height, told))
    parts.append(_text(LEFT + WIDTH / 2, TOP + HEIGHT + 40, "contacts in all", "middle"))
    told = "How many customers were contacted how often: texts that the bank began, replies not counted."
    return _svg(LEFT + WIDTH + 40, TOP + HEIGHT + 56, "Contacts per customer", told, parts)


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
        parts.append(_text(LEFT - 8, y + 4, f"{tenth * 10} %", "end"))
    for n in range(0, most + 1, max(1, most // 9)):
        parts.append(_text(LEFT + WIDTH * n / (most or 1), TOP + HEIGHT + 18, str(n), "middle"))
    parts.append(_text(LEFT + WIDTH / 2, TOP + HEIGHT + 40, unit, "middle"))
    return parts


def _legend(names: Sequence[str]) -> list[str]:
    if len(names) < 2:
        return []
    parts = []
    for place, name in enumerate(names):
        parts.append(_bar(place, LEFT + place * 240, 20, 12, 12, name))
        parts.append(_text(LEFT + place * 240 + 18, 30, name, ""))
    return parts


def _bar(place: int, x: float, y: float, width: float, height: float, told: str) -> str:
    return (
        f'<rect class="fill{place}" x="{x:.1f}" y="{y:.1f}" width="{max(0, width):.1f}" height="{max(0, height):.1f}" '
        f'rx="2"><title>{escape(told)}</title></rect>'
    )


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>'


def _svg(width: float, height: float, title: str, told: str, parts: list[str]) -> str:
    name = "".join(letter for letter in title.lower() if letter.isalpha())
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-labelledby="{name}-title {name}-desc">'
    )
    paper = f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>'
    words = f'<title id="{name}-title">{escape(title)}</title>\n<desc id="{name}-desc">{escape(told)}</desc>'
    return "\n".join((head, words, STYLE, paper, *parts, "</svg>\n"))
