"""An evaluation as pictures: how far confidence can be believed, and what is taken for what. Plain SVG."""

from __future__ import annotations

from collections import Counter
from xml.sax.saxutils import escape

from bot.core.reading import Intent
from bot.nlu.evaluate import Evaluation
from bot.svg import bar_at, svg_of, text_at


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
            parts.append(bar_at(0, x + 3, top + side - height, step - 6, height, told))
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
        kind = "fill0" if meant is read else "fill1"
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
