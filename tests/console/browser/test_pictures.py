"""The README's pictures: made here from the demonstration's portfolio at a fixed moment, so they show what there is.

`pytest tests/console/browser/test_pictures.py --update` writes them to docs/pictures/.
"""

from __future__ import annotations

import base64
import csv
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page

from bot import demo as shipped
from bot import intake
from bot.gateways.channel import Channel
from bot.gateways.simulator import Simulator
from bot.intake import Defaults
from bot.receipts import apply_receipts
from bot.send import send_due
from bot.turn import turn
from tests.console.browser.conftest import CHROMIUM as CHROMIUM
from tests.console.conftest import PASSWORD, Bank
from tests.console.test_phone import demo as demo  # the fixture: an office with phones

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "pictures"
READMES = {"zh": ROOT / "README.zh-CN.md", "en": ROOT / "README.md"}
SCENES, HEAVIEST = ("phone", "queue", "conversation"), 150_000
SAID = (
    (0, "我失业了，月底先还500行吗"), (1, "能不能分三期还"), (4, "这笔钱不是我借的，我有异议"), (6, "这周五还500"),
    (7, "我住院了，真的还不上，让我和人说"), (12, "我要投诉你们，天天发！"),
    (16, "I lost my job and can't pay right now"), (17, "This is not my debt, I dispute it"),
)  # fmt: skip
SMALLER = """(address) => new Promise((done) => {
  const image = new Image();
  image.onload = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    canvas.getContext("2d").drawImage(image, 0, 0);
    done(canvas.toDataURL("image/webp", 0.9));
  };
  image.src = address;
})"""
DRAFT = {"zh": "您好，我们已为您暂停催收，可以减免罚息", "en": "您好，我们已为您暂停催收，可以减免罚息"}


async def play(bank: Bank) -> None:
    """A morning of the demonstration: reminders went out, customers wrote back, the bot answered."""
    assert bank.office.demo is not None
    phones = bank.office.demo.phones
    assert isinstance(phones, Simulator)
    strategy, today = bank.office.mind.content.rules.strategy, date(2026, 11, 23)
    rows = enumerate(csv.DictReader(StringIO(shipped.portfolio(today))), 2)
    defaults = Defaults("zh", "Asia/Shanghai", "cn", "CNY", "CN")
    await intake.take(bank.database, intake.PORTFOLIO, iter(rows), defaults, strategy, bank.time())
    await work(bank, phones)
    for place, text in SAID:
        bank.time.now += timedelta(minutes=4)
        number = f"+86138000{10000 + place}" if place < 16 else f"+65813{10000 + place}"
        assert await phones.phone_replies(number, text, "1069", bank.time()) == 200
        await work(bank, phones)


async def work(bank: Bank, phones: Simulator) -> None:
    """What a worker does within the next seconds."""
    channels = {"phone": Channel("phone", phones, "1069", "【示例银行】", per_second=1000)}
    for _ in range(4):
        bank.time.now += timedelta(seconds=5)
        await turn(bank.database, bank.office.mind, bank.time())
        await send_due(bank.database, bank.office.mind, channels, bank.time)
        await phones.deliver_receipts(bank.time())
        await apply_receipts(bank.database, bank.office.mind, bank.time())


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_scene_can_be_shown(
    request: pytest.FixtureRequest, demo: Bank, chromium: Chromium, language: str, theme: str
) -> None:
    await play(demo)
    for login, role in shipped_people():
        await demo.person(login, role, "王芳" if role == "agent" else "")
    context = await chromium.new_context(
        locale="zh-CN" if language == "zh" else "en-GB", color_scheme="light" if theme == "light" else "dark",
        viewport={"width": 1366, "height": 768}, reduced_motion="reduce",
    )  # fmt: skip
    page = await context.new_page()
    url = str(demo.client.make_url("/")).rstrip("/")
    await page.goto(f"{url}/login?next=/queue")
    await page.locator("#login").fill("fang")
    await page.locator("#password").fill(PASSWORD)
    await page.locator("form.stack button.main").click()
    if await page.locator("html").get_attribute("lang") != language:
        await page.locator("form[action='/language'] button").click()
    await page.goto(f"{url}/queue")
    assert await page.locator("table.queue tbody tr").count() >= 5
    shots = {"queue": await page.screenshot()}
    await page.goto(f"{url}/customers/1")
    await page.locator("form[action='/customers/1/take'] button").click()
    await page.locator("#reply-text").fill(DRAFT[language])
    assert await page.locator("#texts mark").count() >= 1
    await page.wait_for_timeout(1_000)  # the check of the words comes a moment after the last key
    await page.locator("#texts mark").first.scroll_into_view_if_needed()
    shots["conversation"] = await page.screenshot()
    phone = await context.new_page()
    await phone.set_viewport_size({"width": 420, "height": 768})
    await phone.goto(f"{url}/demo/phone?customer=1")
    assert await phone.locator(".bubble").count() >= 2
    aside = await phone.locator(".phone").screenshot()
    shots["phone"] = await beside(await context.new_page(), aside, shots["conversation"], theme)
    assert set(shots) == set(SCENES)
    blank = await (await chromium.new_context()).new_page()
    for name, shot in shots.items():
        small = base64.b64decode(str(await blank.evaluate(SMALLER, address(shot))).partition(",")[2])
        assert small[8:12] == b"WEBP" and len(small) < HEAVIEST, f"{name}: {len(small):,} bytes"
        if request.config.getoption("--update"):
            (FOLDER / f"{name}-{language}-{theme}.webp").write_bytes(small)
    await context.close()


def address(png: bytes) -> str:
    """A picture as an address of its own."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def shipped_people() -> list[tuple[str, str]]:
    """Who works there."""
    return [("fang", "agent"), ("chen", "supervisor")]


async def beside(page: Page, phone: bytes, console: bytes, theme: str) -> bytes:
    """The phone beside the console, as a visitor would place the two windows."""
    await page.set_viewport_size({"width": 1366, "height": 620})
    back = "#eef1f5" if theme == "light" else "#12171d"
    await page.set_content(
        f"<body style='margin:0;background:{back};display:flex;gap:16px;padding:16px;box-sizing:border-box'>"
        f"<img src='{address(phone)}' style='height:588px'>"
        f"<img src='{address(console)}' style='min-width:0;flex:1;object-fit:contain'>"
    )
    await page.wait_for_timeout(200)
    return await page.screenshot()


@pytest.mark.parametrize("language", READMES)
def test_the_readme_shows_pictures_that_exist_in_both_themes(language: str, database_url: str) -> None:
    readme = READMES[language].read_text(encoding="utf-8")
    for name in SCENES:
        for theme in ("light", "dark"):
            path = f"docs/pictures/{name}-{language}-{theme}.webp"
            assert path in readme and (ROOT / path).stat().st_size < HEAVIEST, path
