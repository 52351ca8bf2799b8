"""How a page is looked at: axe-core, what is clipped or out of reach, in several themes and widths of one page load."""

from __future__ import annotations

import os
from itertools import product
from typing import Literal, cast

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
View = tuple[str, int]  # theme, width in px
THEMES, WIDTHS, TALL = ("light", "dark"), (390, 1366), 800
# Every pair of theme, language and width; with HUIXIN_BOTH=1 all eight together.
PAIRS: dict[str, list[View]] = {
    "zh": [("light", 390), ("dark", 1366)],
    "en": [("dark", 390), ("light", 1366)],
}
EVERY: list[View] = list(product(THEMES, WIDTHS))

AXE = """(options) => axe.run(document, { ...options, resultTypes: ["violations"] }).then((result) =>
  result.violations.map((one) => `${one.id}: ${one.nodes[0].html.replace(/\\s+/g, " ").slice(0, 120)}`))"""
LAYOUT = r"""() => {
  const found = [], page = document.documentElement;
  const scrolls = (one) => {
    for (let up = one.parentElement; up; up = up.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return true;
    return false;
  };
  if (page.scrollWidth > page.clientWidth) {
    const out = [...document.querySelectorAll("body *")].filter((one) => !scrolls(one) &&
      one.getBoundingClientRect().left + Math.max(one.offsetWidth, one.scrollWidth) > page.clientWidth + 1);
    found.push(`${page.scrollWidth} px wide: ${out.pop()?.outerHTML.replace(/\s+/g, " ").slice(0, 100)}`);
  }
  const parts = "a, button, summary, label, select, textarea, input:not([type=hidden]), .badge, h1, h2";
  document.querySelectorAll(parts).forEach((one) => {
    const box = one.getBoundingClientRect();
    if (!box.width || !box.height || one.closest(".hidden, .skip, [hidden]")) return;
    const name = one.outerHTML.replace(/\s+/g, " ").slice(0, 100);
    const text = one.matches("button, summary, label, .badge, h1, h2");
    if (text && one.clientWidth && one.scrollWidth > one.clientWidth + 1) found.push(`clipped: ${name}`);
    if ((box.left < -1 || box.right > innerWidth + 1) && !scrolls(one)) found.push(`out of reach: ${name}`);
  });
  return found;
}"""


def views(language: str) -> list[View]:
    """The themes and widths in which a page of this language is looked at."""
    return EVERY if os.environ.get("HUIXIN_BOTH") else PAIRS[language]


async def look(page: Page, where: str, language: str) -> list[str]:
    """What keeps anybody out of the page as it stands; themes and widths change, the page is not loaded again."""
    if not await speaks(page, language):
        return [f"{where}: is not in {language}"]
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    found = []
    for theme, width in views(language):
        await page.emulate_media(color_scheme=cast("Literal['light', 'dark']", theme))
        await page.set_viewport_size({"width": width, "height": TALL})
        wrong = [*await page.evaluate(AXE, RULES), *await page.evaluate(LAYOUT)]
        found += [f"{where}, {theme}, {language}, {width} px: {one}" for one in wrong]
    return found


async def speaks(page: Page, language: str) -> bool:
    """Whether the page is in this language."""
    return (await page.locator("html").get_attribute("lang") or "").startswith(language)


async def speak(page: Page, language: str) -> None:
    """Read the page in this language."""
    if not await speaks(page, language):
        await page.locator("form[action='/language'] button").click()


async def unfold(page: Page) -> None:
    """Unfold every form, so that it is looked at too."""
    for box in await page.locator("details:not([open]) > summary").all():
        if await box.is_visible():
            await box.click()
