"""Turns templates into pages. Whatever customers wrote is escaped, and what could deceive the eye is made visible."""

from __future__ import annotations

import gzip
import hashlib
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web
from markupsafe import Markup

from bot.console.pad import tail
from bot.console.words import Words
from bot.core.calendar import local

HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
# Nothing that a page of ours needs of the device; a browser passes over what it does not know.
DENIED = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
    "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
    "publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
PERMISSIONS = ", ".join(f"{name}=()" for name in DENIED)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "Cache-Control": "no-store",
}
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


LIGHT_DARK = re.compile(r"(--[\w-]+): light-dark\(([^(),]+), ([^(),]+)\);")


def plain_colours(css: str) -> str:
    """The tokens of a style sheet again, for browsers that do not know light-dark() (before the summer of 2024)."""
    light, dark = ("".join(f"{one[0]}: {one[n]};" for one in LIGHT_DARK.findall(css)) for n in (1, 2))
    return (
        f"@supports not (color: light-dark(white, black)) {{ :root {{{light}}}"
        f' @media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{{dark}}} }}'
        f' :root[data-theme="dark"] {{{dark}}} }}'
    )


SENT = {"console.js": ("vendor", "scripts"), "console.css": ("styles",)}


def _static() -> dict[str, bytes]:
    """What browsers load: scripts and styles are written in several files and sent as one of each.

    In one script with htmx, ours listens before htmx starts, however slowly it comes.
    """
    found = {path.name: path.read_bytes() for path in (HERE / "static").iterdir() if path.suffix in TYPES}
    for name, folders in SENT.items():
        parts = [
            part for folder in folders for part in sorted((HERE / "static" / folder).glob(f"*{Path(name).suffix}"))
        ]
        found[name] = b"\n".join(part.read_bytes() for part in parts)
    found["console.css"] += plain_colours(found["console.css"].decode()).encode()
    return found


STATIC = _static()
ZIPPED = {name: gzip.compress(body, 9, mtime=0) for name, body in STATIC.items()}
VERSION = hashlib.sha256(b"".join(STATIC[name] for name in sorted(STATIC))).hexdigest()[:12]
SYMBOLS = {"CNY": "¥", "USD": "$", "GBP": "£", "EUR": "€", "HKD": "HK$", "CAD": "C$", "AUD": "A$", "INR": "₹"}

# Characters that hide, reorder or control text: shown as marks. A line break and what joins emoji or letters may stay.
_HIDDEN = [*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200B, 0x200E, 0x200F, *range(0x2028, 0x202F)]
_HIDDEN += [*range(0x2060, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xD800, 0xE000), *range(0xE0000, 0xE0080)]
_MARKS = {code: f"⟨U+{code:04X}⟩" for code in _HIDDEN if code not in (0x0A, 0x0D, 0x09)}


def visible(text: str) -> str:
    """The text with control, direction-changing and invisible characters written out as ⟨U+…⟩."""
    return text if text.isprintable() else text.translate(_MARKS)


def _finalize(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def money(amount: Decimal | None, currency: str) -> str:
    """¥1,234.50; a dash where there is no amount."""
    if amount is None:
        return "–"
    return f"{SYMBOLS.get(currency, currency + ' ')}{amount:,.2f}"


def clock(moment: datetime | None, zone: str, now: datetime | None = None) -> str:
    """14:02 on the day that `now` falls on there, else 11-23 14:02 (with the year where it is another)."""
    if moment is None:
        return ""
    there, today = local(moment, zone), local(now, zone) if now else None
    if today is not None and there.date() == today.date():
        return f"{there:%H:%M}"
    return f"{there:%m-%d %H:%M}" if today is None or there.year == today.year else f"{there:%Y-%m-%d %H:%M}"


def on_day(moment: datetime, zone: str) -> date:
    """The local day of a moment."""
    return local(moment, zone).date()


def span(time: timedelta, words: Words) -> str:
    """A length of time in its largest two units."""
    minutes = abs(int(time.total_seconds())) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days or hours:
        return words("time.days", d=days, h=hours) if days else words("time.hours", h=hours, m=minutes)
    return words("time.minutes", m=minutes)


def left(due_at: datetime, now: datetime, words: Words) -> str:
    """How long is left until then, or how long ago it was, in the largest two units."""
    return words("time.left" if due_at >= now else "time.over", span=span(due_at - now, words))


def urgency(due_at: datetime, now: datetime) -> str:
    """late, soon (within a quarter of an hour) or calm."""
    seconds = (due_at - now).total_seconds()
    return "late" if seconds < 0 else "soon" if seconds < 900 else "calm"


ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    finalize=_finalize,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.filters |= {"money": money, "clock": clock, "on_day": on_day}
ENVIRONMENT.globals |= {"version": VERSION, "left": left, "span": span, "urgency": urgency}


def page(template: str, status: int = 200, **values: Any) -> web.Response:
    """A page, with the headers that every page of ours carries."""
    text = ENVIRONMENT.get_template(template).render(values) + tail()
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=HEADERS)


async def static(request: web.Request) -> web.Response:
    """Our style sheet, script and icon: nothing personal, so they may be kept; a new version has a new address."""
    name = request.match_info["name"]
    if name not in STATIC:
        raise web.HTTPNotFound
    headers = {**HEADERS, "Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    body = STATIC[name]
    if "gzip" in request.headers.get("Accept-Encoding", "") and len(ZIPPED[name]) < len(body):
        body, headers = ZIPPED[name], {**headers, "Content-Encoding": "gzip"}
    return web.Response(body=body, content_type=TYPES[Path(name).suffix], charset="utf-8", headers=headers)


static.right = "open"  # type: ignore[attr-defined]  # like every guarded handler's: see access.guard
