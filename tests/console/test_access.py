"""Who may do what, where requests may come from, and what a hostile text can do to a page: nothing."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from aiohttp import web

from bot import console
from bot.console import Office
from bot.console.access import ROLES, Right
from bot.console.render import HERE, STATIC, ZIPPED, visible
from bot.store import texts
from bot.store.agents import Role
from tests.console.conftest import Bank, Browser, address

CONSOLE = Path(console.__file__).parent
TEMPLATES = sorted((CONSOLE / "templates").rglob("*.html"))
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</textarea><form action=//evil.example><input name=x>",
    "javascript:alert(1) https://evil.example/login",
    "{{ 7*7 }} {% raw %} ${7*7} #{7}",
    "</bdi></p><iframe src=//evil.example>",
    "\u202etxet desrever\u202c \u2066x\u2069",
    "bell\u0007 null\u0000 escape\u001b[31m zero\u200bwidth \ufeff \U000e0041",
    "a\ud800b",
]
TRICKS = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800]")


def test_every_route_asks_for_a_right(office: Office) -> None:
    app = web.Application()
    console.mount(app, office)
    rights = {
        (route.method, str(route.resource)): getattr(route.handler, "right", None) for route in app.router.routes()
    }
    assert len(rights) > 20
    assert [where for where, right in rights.items() if right not in set(Right)] == []
    writes = [r for r in console.routes(office) if r.method == "POST" and r.right is Right.OPEN]
    assert {r.path for r in writes} == {
        "/login",
        "/login/code",
        "/login/again",
        "/session/unlock",
        "/setup",
        "/language",
    }


def test_only_agents_and_supervisors_act_and_administrators_see_no_customers() -> None:
    assert {role for role in Role if Right.ACT in ROLES[role]} == {Role.AGENT, Role.SUPERVISOR}
    assert ROLES[Role.ADMIN] == {Right.SIGNED_IN, Right.LOOK_PEOPLE, Right.MANAGE, Right.PUBLISH, Right.FORESEE}
    assert Right.READ in ROLES[Role.AUDITOR]


async def test_nobody_sees_or_changes_anything_without_logging_in(bank: Bank, office: Office) -> None:
    customer = await bank.customer()
    await bank.person("fang")
    for route in console.routes(office):
        if route.right is Right.OPEN:
            continue
        browser = Browser(bank.client)
        path = address(route, customer)
        page = await (browser.get(path) if route.method == "GET" else browser.post(path, text="x"))
        assert "Password" in page.words, route.path
        assert "李" not in page.html
    assert await bank.readings() == []


async def test_an_auditor_reads_and_cannot_act(bank: Bank, office: Office) -> None:
    customer = await bank.customer()
    auditor = await bank.browser("audit", "auditor")
    page = await auditor.get(f"/customers/{customer}")
    assert page.status == 200
    assert "Your role can only read." in page.words
    for route in console.routes(office):
        if route.right in (Right.ACT, Right.MANAGE) and route.method == "POST":
            path = address(route, customer)
            assert (await auditor.post(path, text="x")).status == 403, path
    assert (await bank.owner(customer))[1] is None


async def test_an_administrator_manages_people_and_sees_no_customer(bank: Bank) -> None:
    customer = await bank.customer()
    boss = await bank.browser("root", "admin")
    assert "People" in (await boss.get("/")).words
    for path in ("/queue", f"/customers/{customer}", f"/customers/{customer}/journal", "/customers?q=13800000001"):
        assert (await boss.get(path)).status == 403
    fields = {"login": "chen", "name": "Chen", "role": "agent", "password": "long enough", "language": "zh"}
    assert "chen" in (await boss.post("/people", **fields)).words
    assert (await boss.post("/people", **fields)).status == 422
    assert (await boss.post("/people", **{**fields, "login": "wu", "role": "king"})).status == 422
    assert (await (await bank.browser("fang")).get("/people")).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", None])
async def test_a_change_that_another_site_asks_for_is_refused(bank: Bank, site: str | None) -> None:
    customer = await bank.customer()
    browser = await bank.browser("fang")
    assert (await browser.post(f"/customers/{customer}/take", site=site)).status == 403
    assert (await bank.owner(customer))[1] is None


async def test_a_browser_that_only_names_the_origin_is_judged_by_it(bank: Bank) -> None:
    customer = await bank.customer()
    browser = await bank.browser("fang")
    browser.headers["Origin"] = "https://evil.example"
    assert (await browser.post(f"/customers/{customer}/take", site=None)).status == 403
    browser.headers["Origin"] = f"http://{bank.client.host}:{bank.client.port}"
    assert (await browser.post(f"/customers/{customer}/take", site=None)).status == 200


async def test_a_change_without_the_sessions_token_is_refused(bank: Bank) -> None:
    customer = await bank.customer()
    browser, other = await bank.browser("fang"), await bank.browser("chen")
    for token in ("", "x", other.csrf, "\u00e9"):
        assert (await browser.post(f"/customers/{customer}/take", csrf=token)).status == 403
    assert (await bank.owner(customer))[1] is None


async def test_every_page_carries_the_policy_and_personal_data_is_not_stored(bank: Bank) -> None:
    customer = await bank.customer()
    browser = await bank.browser("fang")
    for path in (
        "/queue",
        f"/customers/{customer}",
        f"/customers/{customer}/journal",
        "/customers",
        "/people",
        "/login",
    ):
        headers = (await browser.get(path)).headers
        assert headers["Content-Security-Policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


async def test_hostile_texts_add_no_element_no_link_and_no_trick_to_any_page(bank: Bank) -> None:
    customer = await bank.customer()
    await bank.called(customer)
    browser = await bank.browser("fang")
    await browser.post(f"/customers/{customer}/take")
    paths = ["/queue?folder=mine", f"/customers/{customer}"]
    await bank.wrote(customer, "x")
    before = {path: len((await browser.get(path)).elements) for path in paths}
    for text in HOSTILE:
        async with bank.database.write() as connection:
            await connection.execute(texts.inbound.update().values(text=text))
        for path in paths:
            page = await browser.get(path)
            assert page.status == 200
            assert len(page.elements) == before[path], (path, text)
            assert not re.search(
                "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800]", page.html
            )


async def test_hostile_words_of_our_own_people_add_no_element_either(bank: Bank) -> None:
    customer = await bank.customer(name="<b>李</b>")
    browser = await bank.browser("fang")
    page = await browser.post(f"/customers/{customer}/take")
    plain = len(page.elements)
    refused = await browser.post(
        f"/customers/{customer}/reply", text="</textarea><script>1</script>", seen="-1", after="x"
    )
    assert "<script>1" not in refused.html
    noted = await browser.post(f"/customers/{customer}/note", text="<script>alert(1)</script>")
    assert "&lt;script&gt;alert(1)" in noted.html
    assert [tag for tag, _ in noted.elements].count("script") == 1  # ours, of the page's head
    assert plain > 50


def test_what_hides_or_reverses_text_is_written_out_and_what_joins_letters_stays() -> None:
    assert visible("a\u202eb\u0000c\u200bd\ud800") == "a⟨U+202E⟩b⟨U+0000⟩c⟨U+200B⟩d⟨U+D800⟩"
    assert visible("你好\n👨\u200d👩 نص ok\t") == "你好\n👨\u200d👩 نص ok\t"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_trusts_a_text_or_carries_style_or_script_of_its_own(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    for banned in (r"\|\s*safe", r"autoescape", r"Markup", r"style=", r"\son[a-z]+=", r"<style", r"<script(?! src)"):
        assert not re.search(banned, text), banned


def test_scripts_and_styles_stay_small_and_the_pages_load_nothing_from_elsewhere() -> None:
    assert len(ZIPPED["console.js"]) < 30_000
    assert len(ZIPPED["console.css"]) < 10_000
    for name, body in STATIC.items():
        assert b"https://" not in body, name
    for template in TEMPLATES:
        assert "//" not in re.sub(r"<!--.*?-->", "", template.read_text(encoding="utf-8")).replace("https://", "!!")


def test_what_others_wrote_is_what_they_published() -> None:
    """Every file beside SHA256SUMS is listed there, with its licence, and unchanged."""
    folder = HERE / "static" / "vendor"
    lines = (line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines())
    listed = {name: digest for digest, name in lines}
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert listed == {name: digest for name, digest in there.items() if name != "SHA256SUMS"}
    assert "htmx-LICENSE.txt" in listed


async def test_static_files_are_served_by_name_only(bank: Bank) -> None:
    browser = Browser(bank.client)
    assert (await browser.get("/static/console.css")).headers["Content-Type"] == "text/css; charset=utf-8"
    for name in ("..%2fwords.py", "console.py", "%2e%2e/render.py", ""):
        assert (await browser.get(f"/static/{name}")).status == 404
