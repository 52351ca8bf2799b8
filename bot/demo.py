"""A demonstration: its own keys, channels whose texts go to a simulated phone, and a small portfolio."""

from __future__ import annotations

import asyncio
import base64
import csv
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from bot.console import Login, Phones
from bot.gateways import build, rehearsal
from bot.gateways.channel import Channel
from bot.gateways.kannel_carrier import KannelCarrier
from bot.gateways.simulator import Simulator

FOLDER = Path("var/demo")
NUMBER = "106900001234"
# login, role, name: two supervisors, since nobody approves what they proposed themselves
WORKERS = (
    ("agent", "agent", "王芳"), ("supervisor", "supervisor", "陈明"), ("supervisor2", "supervisor", "林洁"),
    ("auditor", "auditor", "周岩"), ("admin", "admin", "何平"),
)  # fmt: skip
LOGINS = tuple(Login(login, f"demo-{login}", sees_customers=role != "admin") for login, role, _ in WORKERS)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a demonstration signs and seals with; made once, kept beside its database."""

    data_key: str
    bank_secret: str
    twilio_token: str
    alibaba_path: str
    api_token: str


def load_secrets(folder: Path) -> Secrets:
    """The secrets of this demonstration, made at its first start."""
    path = folder / "secrets.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = {
            "data_key": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "bank_secret": "whsec_" + base64.b64encode(os.urandom(32)).decode(),
            "twilio_token": secrets.token_hex(16),
            "alibaba_path": secrets.token_urlsafe(24),
            "api_token": secrets.token_urlsafe(24),
        }
        path.touch(mode=0o600)
        path.write_text(json.dumps(made, indent=1), encoding="utf-8")
    return Secrets(**json.loads(path.read_text(encoding="utf-8")))


def hook(own: Secrets, public_url: str) -> str:
    """Where a Kannel brings replies and reports."""
    return f"{public_url}/hooks/phone/{own.alibaba_path}"


class Rehearsal:
    """The demonstration's carrier: one simulator behind the webhooks of several providers.

    With a Kannel, the texts of the channel `phone` really pass through it.
    """

    def __init__(self, own: Secrets, public_url: str, kannel: KannelCarrier | None = None):
        self.number = NUMBER
        self.logins = LOGINS
        simulator = Simulator.from_options(
            {"secret": own.bank_secret, "callback_url": f"{public_url}/hooks/phone", "seed": "demo"}
        )
        self.simulator = simulator
        self.phones: Phones = kannel or simulator
        twilio = build("twilio", {
            "account_sid": "AC" + "0" * 32, "auth_tokens": own.twilio_token, "from_number": "+14155550199",
            "callback_url": f"{public_url}/hooks/twilio",
        })  # fmt: skip
        bank = build("generic", {"secrets": own.bank_secret})
        alibaba = build("alibaba", {"path_token": own.alibaba_path})
        self.channels = {
            "phone": Channel("phone", kannel.gateway(NUMBER) if kannel else simulator, NUMBER, "【示例银行】"),
            "bank": Channel("bank", rehearsal.Rehearsal(bank, simulator), NUMBER, "【示例银行】"),
            "twilio": Channel(
                "twilio", rehearsal.Rehearsal(twilio, simulator), "+14155550199", "【示例银行】", region="US"
            ),
            "alibaba": Channel("alibaba", rehearsal.Rehearsal(alibaba, simulator), NUMBER, "【示例银行】"),
        }
        self._stop = asyncio.Event()

    async def deliver_receipts(self, now: Callable[[], datetime]) -> None:
        """Let the carrier report every second until stopped."""
        while not self._stop.is_set():
            await self.simulator.deliver_receipts(now())
            try:
                await asyncio.wait_for(self._stop.wait(), 1.0)
            except TimeoutError:
                continue

    def stop(self) -> None:
        """End the reports."""
        self._stop.set()


def portfolio(today: date) -> str:
    """A small portfolio as CSV: every product and tier, Chinese and English, numbers from ranges nobody holds."""
    file = StringIO()
    rows = [_row(place, person, today) for place, person in enumerate(_PEOPLE)]
    writer = csv.DictWriter(file, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


# name, language, product, amount due, days past due
_PEOPLE: tuple[tuple[str, str, str, int, int], ...] = (
    ("王强", "zh", "personal_loan", 1200, 34), ("李娜", "zh", "credit_card", 3650, 12),
    ("张伟", "zh", "business_loan", 18000, 8), ("刘洋", "zh", "personal_loan", 860, 2),
    ("陈静", "zh", "credit_card", 5420, 47), ("杨帆", "zh", "credit_card", 990, -2),
    ("赵敏", "zh", "personal_loan", 2300, 21), ("黄磊", "zh", "personal_loan", 7600, 66),
    ("周杰", "zh", "business_loan", 42000, 19), ("吴芳", "zh", "credit_card", 1580, 5),
    ("徐丽", "zh", "personal_loan", 640, 1), ("孙浩", "zh", "credit_card", 8800, 95),
    ("马超", "zh", "personal_loan", 3100, 28), ("朱琳", "zh", "credit_card", 2750, 15),
    ("胡军", "zh", "business_loan", 26500, 33), ("郭婷", "zh", "personal_loan", 1450, 7),
    ("Mike Tan", "en", "credit_card", 740, 9), ("Sarah Lim", "en", "personal_loan", 1900, 31),
    ("David Ng", "en", "business_loan", 15500, 14), ("Emily Wong", "en", "credit_card", 420, 3),
)  # fmt: skip


def _row(place: int, person: tuple[str, str, str, int, int], today: date) -> dict[str, Any]:
    name, language, product, due, days = person
    return {
        "customer": f"C{1001 + place}",
        "name": name,
        "phone": f"+86138000{10000 + place}" if language == "zh" else f"+65813{10000 + place}",
        "account": f"A{place:02}{due % 9000 + 1000}",
        "product": product,
        "balance": f"{due * 4}.00",
        "amount_due": f"{due}.00",
        "due_date": (today - timedelta(days=days)).isoformat(),
        "minimum_due": f"{due // 10}.00" if product == "credit_card" else "",
        "tail": f"{due % 9000 + 1000}",
        "language": language,
        "zone": "Asia/Shanghai" if language == "zh" else "Asia/Singapore",
        "jurisdiction": "cn" if language == "zh" else "default",
        "currency": "CNY" if language == "zh" else "SGD",
    }
