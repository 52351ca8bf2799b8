"""Portfolios and payments in: from CSV files and over an authenticated JSON API. Bad rows are named, good ones kept."""

from __future__ import annotations

import csv
import hmac
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any, Generic, TypeVar

from aiohttp import web

from bot.core.calendar import zone_info
from bot.core.case import Product
from bot.core.strategy import Strategy
from bot.store.inbox import e164
from bot.store.portfolio import PaymentRow, PortfolioRow, Tally, put_payments, put_portfolio
from bot.store.session import Database, StoreDown

BATCH = 2000
API_LIMIT = 10 * 1024 * 1024
FILE_LIMIT = 1024 * 1024 * 1024
T = TypeVar("T", PortfolioRow, PaymentRow)

PORTFOLIO_COLUMNS = {
    "customer": "the bank's reference of the customer",
    "name": "the customer's name",
    "phone": "the number that the customer left with the bank",
    "account": "the bank's reference of the account",
    "product": "personal_loan, credit_card or business_loan",
    "balance": "all that is owed, for example 1200.00",
    "amount_due": "what is demanded now",
    "due_date": "the oldest unpaid due day, YYYY-MM-DD",
    "minimum_due": "cards: the minimum payment; may be left out",
    "tail": "the last digits that the customer knows the account by; may be left out",
    "language": "zh or en; may be left out",
    "zone": "time zone such as Asia/Shanghai; several, separated by blanks, where unsure; may be left out",
    "jurisdiction": "whose contact rules hold, such as cn or us; may be left out",
    "currency": "such as CNY; may be left out",
}
PAYMENT_COLUMNS = {
    "payment": "the bank's reference of the payment",
    "account": "the bank's reference of the account",
    "amount": "what was paid, for example 500.00",
    "paid_on": "the day of payment, YYYY-MM-DD",
}
REJECT_COLUMNS = ("line", "column", "problem")
REQUIRED = {"customer", "name", "phone", "account", "product", "balance", "amount_due", "due_date"}


class IntakeError(Exception):
    """The file as a whole cannot be read; says why and what would help."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a row means where it leaves a column out."""

    language: str = "zh"
    zones: str = "Asia/Shanghai"
    jurisdiction: str = "cn"
    currency: str = "CNY"
    region: str = "CN"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row was refused. `line` counts the file's lines from 1 (the header), or the items of a JSON array."""

    line: int
    column: str
    problem: str


@dataclass(slots=True)
class Report:
    """What became of a file."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    rejects: list[tuple[Problem, Mapping[str, str]]] = field(default_factory=list)

    def refuse(self, problem: Problem, row: Mapping[str, str]) -> None:
        """Name a bad row and keep it."""
        self.problems.append(problem)
        self.rejects.append((problem, row))

    def as_json(self) -> dict[str, Any]:
        """The report for the API."""
        problems = [{"row": p.line, "column": p.column, "problem": p.problem} for p in self.problems]
        return {"created": self.created, "updated": self.updated, "unchanged": self.unchanged, "rejected": problems}


class BadField(Exception):
    """One value of a row is wrong."""

    def __init__(self, column: str, problem: str):
        super().__init__(problem)
        self.column, self.problem = column, problem


def portfolio_row(row: Mapping[str, str], defaults: Defaults) -> PortfolioRow:
    """Check one row of a portfolio; raise BadField naming the first column that is wrong."""
    balance, due = _money(row, "balance"), _money(row, "amount_due")
    if due > balance:
        raise BadField("amount_due", f"{due} is more than the balance {balance}")
    minimum = _money(row, "minimum_due") if row.get("minimum_due") else None
    if minimum is not None and minimum > balance:
        raise BadField("minimum_due", f"{minimum} is more than the balance {balance}")
    zones = (row.get("zone") or "").split() or defaults.zones.split(",")
    if len(zones) > 4:
        raise BadField("zone", "names more than four time zones")
    for zone in zones:
        if zone_info(zone) is None:
            raise BadField("zone", f"{zone!r} is no time zone; write for example Asia/Shanghai")
    language = row.get("language") or defaults.language
    if language not in ("zh", "en"):
        raise BadField("language", f"{language!r} is not zh or en")
    number = e164(_text(row, "phone", 40), defaults.region)
    if not number.startswith("+"):
        raise BadField("phone", "is no phone number; write it with the country code, for example +8613800000000")
    try:
        product = Product(_text(row, "product", 20))
    except ValueError:
        raise BadField("product", f"{row['product']!r} is unknown; known are {', '.join(Product)}") from None
    jurisdiction = (row.get("jurisdiction") or defaults.jurisdiction).lower()
    if not re.fullmatch("[a-z0-9_-]{1,16}", jurisdiction):
        raise BadField("jurisdiction", f"{jurisdiction!r} is no name of contact rules such as cn")
    currency = (row.get("currency") or defaults.currency).upper()
    if not re.fullmatch("[A-Z]{3}", currency):
        raise BadField("currency", f"{currency!r} is no currency code such as CNY")
    return PortfolioRow(
        customer=_text(row, "customer", 64),
        name=_text(row, "name", 100),
        number=number,
        language=language,
        zones=",".join(zones),
        jurisdiction=jurisdiction,
        account=_text(row, "account", 64),
        product=product,
        balance=balance,
        amount_due=due,
        minimum_due=minimum,
        due_on=_day(row, "due_date"),
        currency=currency,
        tail=_text(row, "tail", 8) if row.get("tail") else _text(row, "account", 64)[-4:],
    )


def payment_row(row: Mapping[str, str], defaults: Defaults) -> PaymentRow:
    """Check one payment."""
    amount = _money(row, "amount")
    if amount == 0:
        raise BadField("amount", "must be more than 0")
    return PaymentRow(_text(row, "payment", 64), _text(row, "account", 64), amount, _day(row, "paid_on"))


def _text(row: Mapping[str, str], column: str, longest: int) -> str:
    value = (row.get(column) or "").strip()
    if not value:
        raise BadField(column, "is empty")
    if len(value) > longest:
        raise BadField(column, f"is longer than {longest} characters")
    if any(ord(char) < 32 or ord(char) == 127 or 0xD800 <= ord(char) <= 0xDFFF for char in value):
        raise BadField(column, "has control characters")
    return value


def _money(row: Mapping[str, str], column: str) -> Decimal:
    text = _text(row, column, 20)
    # A comma parts thousands and nothing else: 500,50 is not 50050, and nobody may be dunned for it.
    if not re.fullmatch(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?", text, re.ASCII):
        raise BadField(column, f"{text!r} is no amount; write for example 1200.00")
    value = Decimal(text.replace(",", ""))
    if value < 0 or value >= Decimal("1e12"):
        raise BadField(column, f"{text!r} is out of range")
    if value != value.quantize(Decimal("0.01")):
        raise BadField(column, f"{text!r} has fractions of a cent")
    return value.quantize(Decimal("0.01"))


def _day(row: Mapping[str, str], column: str) -> date:
    text = _text(row, column, 20)
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  (a day has no zone)
    except ValueError:
        raise BadField(column, f"{text!r} is no day; write YYYY-MM-DD") from None
    if not 2000 <= day.year <= 2100:
        raise BadField(column, f"{text!r} is out of range")
    return day


@dataclass(frozen=True, slots=True)
class Intake(Generic[T]):
    """One kind of file: its columns, how a row is checked, which column names it, and how a batch is stored."""

    columns: Mapping[str, str]
    required: frozenset[str]
    check: Callable[[Mapping[str, str], Defaults], T]
    key: Callable[[T], str]
    put: Callable[[Any, Sequence[T], Strategy, datetime], Any]


async def _put_payments(connection: Any, rows: Sequence[PaymentRow], strategy: Strategy, now: datetime) -> Tally:
    return await put_payments(connection, rows, now)


PORTFOLIO = Intake(PORTFOLIO_COLUMNS, frozenset(REQUIRED), portfolio_row, lambda row: row.account, put_portfolio)
PAYMENTS = Intake(PAYMENT_COLUMNS, frozenset(PAYMENT_COLUMNS), payment_row, lambda row: row.reference, _put_payments)


async def take(
    database: Database,
    kind: Intake[T],
    rows: Iterator[tuple[int, Mapping[str, str]]],
    defaults: Defaults,
    strategy: Strategy,
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """Check and store rows in batches, each its own transaction; a bad row costs only itself."""
    report, seen = Report(), set[str]()
    async for batch in _batches(kind, rows, defaults, report, seen):
        async with database.write() as connection:
            tally: Tally = await kind.put(connection, [row for _, _, row in batch], strategy, now)
        report.created += tally.created
        report.updated += tally.updated
        report.unchanged += tally.unchanged
        for place, column, problem in tally.refused:
            line, raw, _ = batch[place]
            report.refuse(Problem(line, column, problem), raw)
        progress(len(batch))
    return report


async def _batches(
    kind: Intake[T],
    rows: Iterator[tuple[int, Mapping[str, str]]],
    defaults: Defaults,
    report: Report,
    seen: set[str],
) -> AsyncIterator[list[tuple[int, Mapping[str, str], T]]]:
    batch: list[tuple[int, Mapping[str, str], T]] = []
    for line, raw in rows:
        try:
            if unknown := [name for name in raw if name not in kind.columns]:
                raise BadField(unknown[0], "is no column of this file; known are " + ", ".join(kind.columns))
            row = kind.check(raw, defaults)
            if kind.key(row) in seen:
                raise BadField("account" if "balance" in kind.columns else "payment", "stands in this file before")
        except BadField as error:
            report.refuse(Problem(line, error.column, error.problem), raw)
            continue
        seen.add(kind.key(row))
        batch.append((line, raw, row))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def read_csv(path: Path, kind: Intake[Any]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Rows of a CSV file with their line numbers. UTF-8 with or without a mark, or GB18030, as Chinese Excel writes."""
    csv.field_size_limit(FILE_LIMIT)  # a cell that is far too long is its row's problem, not the file's
    reader = csv.reader(StringIO(_decode(path), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise IntakeError(f"{path}:1: not CSV ({error})") from None
    missing = kind.required - set(header)
    if missing:
        wanted = "; ".join(f"{name}: {kind.columns[name]}" for name in kind.columns if name in missing)
        raise IntakeError(f"{path}: the first line must name the columns; missing are {wanted}")
    mended = header[: len(REJECT_COLUMNS)] == list(REJECT_COLUMNS)
    skipped = len(REJECT_COLUMNS) if mended else 0
    unknown = set(header[skipped:]) - set(kind.columns)
    if unknown:
        raise IntakeError(f"{path}: unknown columns {', '.join(sorted(unknown))}; known are {', '.join(kind.columns)}")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise IntakeError(f"{path}: the first line names {', '.join(twice)} twice; take one out")
    line = reader.line_num + 1
    try:
        for cells in reader:
            if cells:
                yield line, _named(header, cells, skipped)
            line = reader.line_num + 1
    except csv.Error as error:
        raise IntakeError(f"{path}:{line}: not CSV ({error}); look at its quotation marks") from None


def _named(header: Sequence[str], cells: Sequence[str], skipped: int) -> dict[str, str]:
    """A row by column; cells beyond the header's keep their place under a name that no column has."""
    named = dict(zip(header[skipped:], cells[skipped:], strict=False))
    if skipped:
        named = {name: value.removeprefix("'") for name, value in named.items()}
    return named | {f"cell {number}": cell for number, cell in enumerate(cells[len(header) :], len(header) + 1)}


def _decode(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise IntakeError(f"{path}: cannot be read ({error.strerror})") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise IntakeError(f"{path}: is neither UTF-8 nor GB18030; save it as UTF-8")


def write_rejects(path: Path, kind: Intake[Any], report: Report) -> None:
    """The refused rows with line, column and problem: mend them there and import that file."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*REJECT_COLUMNS, *kind.columns])
        for problem, row in report.rejects:
            cells = [problem.line, problem.column, problem.problem, *(row.get(name, "") for name in kind.columns)]
            writer.writerow([_harmless(str(cell)) for cell in cells])


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula is shown as text."""
    formula = cell.startswith(("=", "@", "\t", "'")) or (cell.startswith(("+", "-")) and not cell[1:2].isdigit())
    return "'" + cell if formula else cell


def mount(
    app: web.Application,
    database: Database,
    tokens: Sequence[str],
    defaults: Defaults,
    strategy: Strategy,
    now: Callable[[], datetime],
) -> None:
    """Serve POST /api/customers and /api/payments: a JSON array of rows with the columns of the CSV files."""
    api = web.Application(client_max_size=API_LIMIT)

    def serve(kind: Intake[Any]) -> Callable[[web.Request], Any]:
        async def handler(request: web.Request) -> web.Response:
            if not _is_allowed(request, tokens):
                return web.json_response({"error": "give a valid token: Authorization: Bearer …"}, status=401)
            try:
                rows = json.loads(await request.read())
            except (ValueError, RecursionError):
                return web.json_response({"error": "the body must be a JSON array of objects"}, status=400)
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                return web.json_response({"error": "the body must be a JSON array of objects"}, status=400)
            numbered = ((n, {k: "" if v is None else str(v) for k, v in row.items()}) for n, row in enumerate(rows, 1))
            try:
                report = await take(database, kind, numbered, defaults, strategy, now())
            except StoreDown:
                return web.json_response({"error": "the database is down; send it all again later"}, status=503)
            return web.json_response(report.as_json())

        return handler

    api.router.add_post("/customers", serve(PORTFOLIO))
    api.router.add_post("/payments", serve(PAYMENTS))
    app.add_subapp("/api", api)


def _is_allowed(request: web.Request, tokens: Sequence[str]) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode("utf-8", "surrogateescape")
    return sum(hmac.compare_digest(given, token.encode()) for token in tokens if token) > 0
