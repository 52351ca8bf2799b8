"""The curves of thresholds as a picture: what a reply costs at each value. Plain SVG."""

from __future__ import annotations

from collections.abc import Sequence

from bot.nlu.thresholds import Curve
from bot.svg import svg_of, text_at

ACROSS, WIDE, HIGH, GAP_X, GAP_Y = 3, 220, 120, 70, 84
LEAST_SPAN = 0.05  # of costs: less is not worth a slope


def curves_svg(curves: Sequence[Curve]) -> str:
    """One small plot for each threshold, each on its own scale; a ring is the best value, a dashed line today's."""
    parts = []
    for number, curve in enumerate(curves):
        left, top = 60 + number % ACROSS * (WIDE + GAP_X), 60 + number // ACROSS * (HIGH + GAP_Y)
        parts += _plot(curve, left, top)
    rows = -(-len(curves) // ACROSS)
    told = (
        f"What a reply costs on average, in needless questions, at each value of {len(curves)} thresholds, "
        "each on its own scale. A dashed line marks the value in use, a ring the best."
    )
    return svg_of(60 + ACROSS * (WIDE + GAP_X), 60 + rows * (HIGH + GAP_Y), "What thresholds cost", told, parts)


def _plot(curve: Curve, left: float, top: float) -> list[str]:
    lowest = min(point.cost for point in curve.points)
    span = max(LEAST_SPAN, max(point.cost for point in curve.points) - lowest)

    def place(value: float, cost: float) -> tuple[float, float]:
        return left + value * WIDE, top + HIGH - (cost - lowest) / span * HIGH

    points = [place(point.value, point.cost) for point in curve.points]
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    now, best = left + curve.now.value * WIDE, curve.best
    best_x, best_y = place(best.value, best.cost)
    return [
        text_at(left, top - 22, curve.name, ""),
        text_at(
            left,
            top - 8,
            f"now {curve.now.value:g}: {curve.now.cost:.3f} · best {best.value:g}: {best.cost:.3f}",
            "small",
        ),
        f'<path class="rule" d="M{left} {top}V{top + HIGH}H{left + WIDE}"/>',
        f'<path class="ideal" d="M{now:.1f} {top}V{top + HIGH}"/>',
        f'<path d="M{line}" fill="none" stroke="var(--first)" stroke-width="2"/>',
        f'<circle cx="{best_x:.1f}" cy="{best_y:.1f}" r="4" fill="none" stroke="var(--second)" stroke-width="2"/>',
        *(
            text_at(left + tenth / 10 * WIDE, top + HIGH + 14, f"{tenth / 10:g}", "small middle")
            for tenth in (0, 5, 10)
        ),
        text_at(left - 6, top + 8, f"{lowest + span:.2f}", "small end"),
        text_at(left - 6, top + HIGH, f"{lowest:.2f}", "small end"),
    ]
