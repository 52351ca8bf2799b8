"""Plain SVG: words at a place, and a whole picture that says what it shows to those who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

# Ink and paper follow the reader's own light or dark setting; both hues keep their contrast on both papers.
_STYLE = """svg { --ink: #1f2933; --faint: #c5ccd3; --paper: #ffffff; --first: #1f7a8c; --second: #b8461b; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e4e7eb; --faint: #4a5560; --paper: #14181c; --first: #56b6c8; --second: #ef8354; }
}
text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.small { font-size: 10px; }
.paper { fill: var(--paper); }
.on { fill: var(--paper); }
.rule { stroke: var(--faint); fill: none; }
.ideal { stroke: var(--ink); stroke-dasharray: 4 4; fill: none; }
.fill0 { fill: var(--first); } .fill1 { fill: var(--second); }
.line0 { stroke: var(--first); fill: none; stroke-width: 2; }
.line1 { stroke: var(--second); fill: none; stroke-width: 2; stroke-dasharray: 6 3; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }"""


def text_at(x: float, y: float, words: str, kind: str) -> str:
    """Words at a place; `kind` are classes of the style."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>'


def bar_at(place: int, x: float, y: float, width: float, height: float, told: str) -> str:
    """A bar in the hue of its place, 0 or 1, that says what it stands for."""
    return (
        f'<rect class="fill{place}" x="{x:.1f}" y="{y:.1f}" width="{max(0, width):.1f}" height="{max(0, height):.1f}" '
        f'rx="2"><title>{escape(told)}</title></rect>'
    )


def svg_of(width: float, height: float, title: str, told: str, parts: Sequence[str]) -> str:
    """A whole picture; its ids are made of its title, so that several can stand on one page."""
    name = "".join(letter for letter in title.lower() if letter.isalpha())
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-labelledby="{name}-title {name}-desc">'
    )
    words = f'<title id="{name}-title">{escape(title)}</title>\n<desc id="{name}-desc">{escape(told)}</desc>'
    paper = f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>'
    return "\n".join((head, words, f"<style>{_STYLE}</style>", paper, *parts, "</svg>\n"))
