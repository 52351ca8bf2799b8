"""Both themes hold in browsers that do not know light-dark(), too: the tokens are written again for them."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, Route

from bot.console.render import HERE, LIGHT_DARK, STATIC
from tests.console.browser.conftest import Open
from tests.console.conftest import Bank

SHEET = STATIC["console.css"].decode()
TOKENS = """(names) => names.map((name) => {
  const one = document.createElement("i"), given = document.body.appendChild(one);
  given.style.color = `var(${name})`;
  return `${name} ${getComputedStyle(given).color}`;
})"""


async def colours(page: Page, chosen: str, system: str) -> list[str]:
    """What every token looks like to somebody who chose this theme, on a system that is set to that."""
    await page.emulate_media(color_scheme="dark" if system == "dark" else "light")
    await page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", chosen)
    found: list[str] = await page.evaluate(TOKENS, [name for name, _, _ in LIGHT_DARK.findall(SHEET)])
    return found


async def as_old(route: Route) -> None:
    """The style sheet as a browser reads it that does not know the function."""
    await route.fulfill(body=SHEET.replace("light-dark(", "a-later-function("), content_type="text/css")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_older_browser_shows_the_same_colours(bank: Bank, open_as: Open) -> None:
    page = await open_as("wang", "/settings")
    cases = [(chosen, system) for chosen in ("system", "light", "dark") for system in ("light", "dark")]
    new = {case: await colours(page, *case) for case in cases}
    assert new["system", "light"] != new["system", "dark"]
    assert len(set(new["system", "light"])) > 30
    await page.route("**/static/console.css*", as_old)
    await page.reload()
    assert not await page.evaluate("CSS.supports('color', 'a-later-function(white, black)')")
    for case in cases:
        assert await colours(page, *case) == new[case], case


def test_every_use_of_the_function_is_such_a_token() -> None:
    styles = SHEET.split("@supports not (color: light-dark")[0]
    assert styles.count("light-dark(") == len(LIGHT_DARK.findall(styles)) > 30


def test_pages_use_only_signs_that_the_fonts_of_any_office_have() -> None:
    files = [
        path for path in HERE.rglob("*") if path.suffix in (".html", ".po", ".css") or path.parent.name == "scripts"
    ]
    signs = {sign for path in files for sign in path.read_text(encoding="utf-8") if 0x2010 <= ord(sign) < 0x3000}
    assert signs <= set("–—“”…•←→⇢▲○◌●◔⚠✎✓✔✕✖"), "pictographs are empty boxes on many a desk"
    emoji = {sign for path in files for sign in path.read_text(encoding="utf-8") if ord(sign) >= 0x1F000}
    assert not emoji
