"""Portfolios: the uploads, one upload's page, the rows behind its numbers. What is done with one: uploading.py."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import re
from decimal import Decimal
from io import StringIO
from typing import Any

from aiohttp import web

from bot.console import render
from bot.console.access import Missing, Right, Route, Visit, problem
from bot.console.uploads import rowwords
from bot.console.words import Words
from bot.core.case import Product
from bot.intake import mapping
from bot.intake.files import harmless
from bot.intake.rows import PORTFOLIO_COLUMNS, REQUIRED
from bot.intake.sheet import IntakeError, Sheet, read_sheet
from bot.store import uploads
from bot.store.fileview import mask_name, mask_number
from bot.store.uploads import Stage, Upload

PREVIEW = 20
SHOWN = 10  # refused rows on the page of an upload
A_PAGE = 100
VALUE = re.compile(r"[\w:.-]{0,48}", re.ASCII)
PATH = r"/portfolio/{id:\d{1,18}}"
PLAIN = set(PORTFOLIO_COLUMNS) - {"customer", "name", "phone", "account", "tail", "verify_by"}
FOR_ALL = {"product": tuple(Product)}  # what may be said of every row where the file has no column for it
SAMPLE = (
    ("customer", "name", "phone", "account", "product", "balance", "amount_due", "due_date", "minimum_due", "tail"),
    ("C1001", "王强", "+8613800010001", "A0011200", "personal_loan", "4800.00", "1200.00", "2026-10-20", "", "1200"),
    ("C1002", "李娜", "+8613800010002", "A0023650", "credit_card", "14600.00", "3650.00", "2026-11-11", "365", "3650"),
    ("C1002", "李娜", "+8613800010002", "A0029900", "personal_loan", "9900.00", "990.00", "2026-11-18", "", "9900"),
)  # fmt: skip


async def show(visit: Visit) -> web.Response:
    """The uploads, newest first, and the form for one more."""
    return await _list(visit)


async def _list(visit: Visit, status: int = 200, said: str = "", **values: Any) -> web.Response:
    async with visit.office.database.read() as connection:
        found, first = await uploads.recent(connection), await uploads.is_first(connection)
    most = visit.office.reception.limit // (1024 * 1024)
    return visit.page(
        "uploads/portfolio.html",
        status,
        uploads=found,
        first=first,
        most=most,
        keep=visit.office.reception.keep.days,
        said=said,
        values=values,
        zone=visit.office.zone,
    )


async def upload(visit: Visit) -> web.Response:
    """Keep a file that can be read as a table, sealed; what is no table is said to be none, and why."""
    if visit.file is None or (not visit.file.name.strip("?") and not visit.file.raw):
        return await _list(visit, 422, "sheet.no_file")
    raw = visit.file.raw
    try:
        sheet = await asyncio.to_thread(read_sheet, raw)
    except IntakeError as error:
        return await _list(visit, 422, f"sheet.{error.code}", **error.values)
    known = mapping.headings_hash(sheet.headings)
    async with visit.office.database.write() as connection:
        before = await uploads.recall(connection, known)
        id = await uploads.add(connection, raw, _new(visit, visit.file.name, raw, sheet, before))
    return visit.redirect(f"{visit.request.path}/{id}")


def _new(visit: Visit, name: str, raw: bytes, sheet: Sheet, before: dict[str, int | str] | None) -> dict[str, Any]:
    guessed = mapping.guess(visit.office.reception.headings, sheet.headings)
    return {
        "name": name, "sha256": hashlib.sha256(raw).hexdigest(), "size": len(raw), "encoding": sheet.encoding,
        "delimiter": sheet.delimiter, "headings": sheet.headings, "rows": len(sheet.rows),
        "preview": [[cell[:60] for cell in cells] for _, cells in sheet.rows[:PREVIEW]],
        "uploaded_by": visit.person.login, "uploaded_at": visit.now, "state": Stage.MAPPING,
        "mapping": guessed if before is None else before, "changed_at": visit.now,
    }  # fmt: skip


async def one(visit: Visit) -> web.Response:
    """One upload: its columns, its report, and whatever comes next for it."""
    return await page(visit, await upload_of(visit))


async def page(visit: Visit, found: Upload, status: int = 200, said: str = "") -> web.Response:
    """An upload's page. It shows rows of the file, masked, and what is wrong with others: reading it is noted."""
    await visit.log_access(None, f"portfolio {found.id}")
    refused = []
    if found.counts.get("refused"):
        async with visit.office.database.read() as connection:
            refused = await uploads.rows_of(connection, found.id, "refused", "", limit=SHOWN)
    sums = sorted(found.counts.get("sums", {}).items())
    return visit.page(
        "uploads/upload.html",
        status,
        upload=found,
        said=said,
        mine=found.uploaded_by == visit.person.login and visit.may(Right.SUPERVISE),
        columns=PORTFOLIO_COLUMNS,
        required=REQUIRED,
        for_all=FOR_ALL,
        missing=mapping.missing(found.mapping),
        taken={place: column for column, place in found.mapping.items()},
        preview=[_masked(found, cells) for cells in found.preview],
        refused=[rowwords.told(visit.words, row) for row in refused],
        pace=_pace(visit, found),
        decides=found.state is Stage.WAITING and may_decide(visit, found),
        fates=rowwords.fates(visit.words, found.counts.get("outcome", {})),
        sums=[(code, one["accounts"], Decimal(one["balance"]), Decimal(one["due"])) for code, one in sums],
        version=visit.office.mind.content.rules.version,
        problems=rowwords.counted(visit.words, found.counts.get("problems", {})),
        zone=visit.office.zone,
    )


def may_decide(visit: Visit, found: Upload) -> bool:
    """Whether this is a second person: a supervisor who did not upload the file."""
    return visit.may(Right.SUPERVISE) and found.uploaded_by != visit.person.login


def _pace(visit: Visit, found: Upload) -> str:
    """Rows a second and how long the rest takes, as it went since the step began or went on."""
    done = found.position - found.begun_position
    seconds = (visit.now - found.begun_at).total_seconds() if found.begun_at else 0
    if not found.running or done <= 0 or seconds <= 0:
        return ""
    left = round((found.rows - found.position) * seconds / done)
    span = visit.words("time.minutes", m=left // 60 + 1) if left > 90 else visit.words("upload.seconds", n=left)
    return visit.words("upload.pace", rate=f"{done / seconds:,.0f}", span=span)


def _masked(found: Upload, cells: list[str]) -> list[str]:
    """A row for the preview: names, numbers, references and whatever is not mapped are masked."""
    taken = {place: column for column, place in found.mapping.items() if isinstance(place, int)}
    shown = []
    for place, cell in enumerate(cells[: len(found.headings)]):
        column = taken.get(place, "")
        if column in PLAIN:
            shown.append(cell)
        else:
            shown.append(_mask(column, cell))
    return shown


def _mask(column: str, cell: str) -> str:
    """Enough to see what the column holds, not whom it is about."""
    if column == "name":
        return mask_name(cell)
    return mask_number(cell) if column == "phone" else f"****{cell[-2:] if len(cell) > 6 else ''}" if cell else ""


async def rows(visit: Visit) -> web.Response:
    """The rows behind a number."""
    found, asked = await upload_of(visit), visit.request.query
    kind, value, after = asked.get("kind", ""), asked.get("value", ""), asked.get("after", "0")
    if kind not in ("refused", "outcome", "person", "ledger") or not VALUE.fullmatch(value):
        raise Missing
    start = int(after) if after.isdecimal() and len(after) < 10 else 0
    await visit.log_access(None, f"portfolio {found.id}: {kind} {value}")
    async with visit.office.database.read() as connection:
        rows = await uploads.rows_of(connection, found.id, kind, value, start, A_PAGE + 1)
    return visit.page(
        "uploads/upload_rows.html",
        upload=found,
        kind=kind,
        value=value,
        rows=[rowwords.told(visit.words, row) for row in rows[:A_PAGE]],
        more=len(rows) > A_PAGE,
        zone=visit.office.zone,
        title=rowwords.title(visit.words, kind, value),
    )


async def rejects(visit: Visit) -> web.Response:
    """The refused rows as they came, each with what is wrong and how to mend it: to be mended and uploaded again."""
    found = await upload_of(visit)
    await visit.log_access(None, f"portfolio {found.id}: rejects")
    async with visit.office.database.read() as connection:
        raw = await uploads.content_of(connection, found.id)
        refused = await uploads.rows_of(connection, found.id, "refused", "", limit=found.rows)
    if not raw:
        return problem(visit, 410, "problem.file_gone")
    heads = [visit.words(f"rejects.{name}") for name in ("line", "column", "problem", "fix")]
    text = await asyncio.to_thread(_rejects, raw, heads, visit.words, refused)
    return _csv(text, f"rejects-{found.id}.csv")


def _rejects(raw: bytes, heads: list[str], words: Words, refused: list[Any]) -> str:
    told = {row.line: rowwords.told(words, row) for row in refused}
    sheet = read_sheet(raw)
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow([harmless(cell) for cell in (*heads, *sheet.headings)])
    for line, cells in sheet.rows:
        if (one := told.get(line)) is not None:
            row = (str(line), one.column, one.problem, one.fix, *cells)
            writer.writerow([harmless(cell) for cell in row])
    return file.getvalue()


async def sample(visit: Visit) -> web.Response:
    """A small portfolio that can be uploaded as it is: numbers that nobody holds."""
    file = StringIO()
    csv.writer(file).writerows(SAMPLE)
    return _csv(file.getvalue(), "huixin-sample.csv")


def _csv(text: str, name: str) -> web.Response:
    headers = {**render.HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(
        body=text.encode("utf-8-sig", "replace"), content_type="text/csv", charset="utf-8", headers=headers
    )


async def upload_of(visit: Visit) -> Upload:
    """The upload that the address names."""
    async with visit.office.database.read() as connection:
        found = await uploads.find(connection, int(visit.request.match_info["id"]))
    if found is None or found.state is Stage.DISCARDED:
        raise Missing
    return found


ROUTES = [
    Route("GET", "/portfolio", Right.OVERSEE, show),
    Route("POST", "/portfolio", Right.SUPERVISE, upload, takes_file=True),
    Route("GET", "/portfolio/sample.csv", Right.OVERSEE, sample),
    Route("GET", PATH, Right.OVERSEE, one),
    Route("GET", f"{PATH}/rows", Right.OVERSEE, rows),
    Route("GET", f"{PATH}/rejects.csv", Right.OVERSEE, rejects),
]
