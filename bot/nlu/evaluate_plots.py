"""An evaluation as pictures: how far confidence can be believed, and what is taken for what. Plain SVG."""

from __future__ import annotations

from collections import Counter
from xml.sax.saxutils import escape

from bot.core.reading import Intent
from bot.nlu.evaluate import Evaluation

# Ink and paper follow the reader's own light or dark setting; the two hues keep their contrast on both papers.
STYLE = """<style>
svg { --ink: #1f2933; --faint: #c5ccd3; --paper: #ffffff; --right: #1f7a8c; --wrong: #b8461b; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e4e7eb; --faint: #4a5560; --paper: #14181c; --right: #56b6c8; --wrong: #ef8354; }
}
text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.small { font-size: 10px; }
.paper { fill: var(--paper); }
.rule { stroke: var(--faint); fill: none; }
.ideal { stroke: var(--ink); stroke-dasharray: 4 4; fill: none; }
.right { fill: var(--right); }
.wrong { fill: var(--wrong); }
.on { fill: var(--paper); }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
</style>"""


def calibration_svg(evaluation: Evaluation) -> str:
    """Ten columns: how often the primary was right where its confidence was in that tenth; the dashes are the ideal."""
    left, top, side = 56, 48, 360
    step = side / 10
    parts = []
    for tenth in range(0, 11, 2):
        y = top + side - tenth * step
        parts.append(f'<path class="rule" d="M{left} {y:.1f}H{left + side}"/>')
        parts.append(text_at(left - 8, y + 4, f"{tenth * 10} %", "end"))
        parts.append(text_at(left + tenth * step, top + side + 18, f"{tenth / 10:.1f}", "middle"))
    for n, one in enumerate(evaluation.calibration):
        if one.count:
            x, height = left + n * step, one.accuracy * side
            told = f"confidence {one.confidence:.2f}, right {one.accuracy:.1%}, {one.count} replies"
            parts.append(
                f'<rect class="right" x="{x + 3:.1f}" y="{top + side - height:.1f}" width="{step - 6:.1f}" '
                f'height="{height:.1f}" rx="2"><title>{told}</title></rect>'
            )
            inside = height > 20
            y = top + side - height + (14 if inside else -5)
            parts.append(text_at(x + step / 2, y, str(one.count), "small middle on" if inside else "small middle"))
    parts.append(f'<path class="ideal" d="M{left} {top + side}L{left + side} {top}"/>')
    parts.append(text_at(left + side / 2, top + side + 40, "confidence of the primary intent", "middle"))
    parts.append(text_at(left, 24, "How often it was right (figures: replies in each tenth)", ""))
    rows, error = len(evaluation.verdicts), evaluation.calibration_error
    told = (
        f"Accuracy of the primary intent in ten bins of its confidence, over {rows} labelled replies. "
        f"The expected calibration error is {error:.1%}. Columns on the dashed diagonal would be perfect."
    )
    return svg_of(left + side + 24, top + side + 56, "Calibration of readings", told, parts)


def confusion_svg(evaluation: Evaluation) -> str:
    """A square for each pair of labelled (row) and read (column) primary intent; the diagonal is right."""
    pairs = Counter((v.row.primary, v.reading.primary) for v in evaluation.verdicts)
    present = [intent for intent in Intent if any(intent in pair for pair in pairs)]
    meant_so = Counter(v.row.primary for v in evaluation.verdicts)
    cell, left, top = 22, 200, 176
    side = cell * len(present)
    parts = []
    for n, intent in enumerate(present):
        at = n * cell
        parts.append(text_at(left - 8, top + at + 15, f"{intent} ({meant_so[intent]})", "end"))
        x, y = left + at + 15, top - 8
        parts.append(f'<text transform="translate({x} {y}) rotate(-60)">{escape(intent)}</text>')
        parts.append(f'<path class="rule" d="M{left} {top + at}h{side}M{left + at} {top}v{side}"/>')
    parts.append(f'<path class="rule" d="M{left} {top + side}h{side}v{-side}"/>')
    for (meant, read), count in sorted(pairs.items()):
        x, y = left + present.index(read) * cell, top + present.index(meant) * cell
        share = count / meant_so[meant]
        kind = "right" if meant is read else "wrong"
        parts.append(
            f'<rect class="{kind}" fill-opacity="{0.25 + 0.75 * share:.2f}" x="{x + 1}" y="{y + 1}" width="{cell - 2}" '
            f'height="{cell - 2}" rx="2"><title>{meant} read as {read}: {count} of {meant_so[meant]}</title></rect>'
        )
        parts.append(text_at(x + cell / 2, y + 15, str(count), "small middle on" if share > 0.4 else "small middle"))
    parts.append(text_at(left - 8, top - 8, "labelled (rows) ↓   read →", "end"))
    right = sum(count for (meant, read), count in pairs.items() if meant is read)
    told = (
        f"Labelled against read primary intent of {len(evaluation.verdicts)} replies: {right} on the diagonal are "
        "right. The stronger the colour, the larger the share of the row."
    )
    return svg_of(left + side + 90, top + side + 20, "What is read for what", told, parts)


def text_at(x: float, y: float, words: str, kind: str) -> str:
    """Words at a place; `kind` are classes of STYLE."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>'


def svg_of(width: float, height: float, title: str, told: str, parts: list[str]) -> str:
    """A whole picture, with a title and a description for those who cannot see it."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-labelledby="title desc">'
    )
    paper = f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>'
    words = f'<title id="title">{escape(title)}</title>\n<desc id="desc">{escape(told)}</desc>'
    return "\n".join((head, words, STYLE, paper, *parts, "</svg>\n"))
