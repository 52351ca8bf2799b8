"""A form with a file, read as it arrives and no further than its limit; nothing of it ever lies on a disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from aiohttp import BodyPartReader, web

MEGABYTE = 1024 * 1024
MOST_PARTS = 50
FIELD_LIMIT = 64 * 1024  # bytes of a field that is no file
LONGEST_NAME = 120


class TooLarge(Exception):
    """The file has more bytes than may be uploaded."""


class Garbled(Exception):
    """What was sent is no form with a file."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A file and what its sender calls it, without folders."""

    name: str
    raw: bytes


async def receive(request: web.Request, limit: int) -> tuple[dict[str, str], Posted | None]:
    """The fields of a form and its file, if it has one of at most `limit` bytes; raise TooLarge or Garbled."""
    if request.content_type != "multipart/form-data":
        raise Garbled
    if (request.content_length or 0) > limit + MOST_PARTS * FIELD_LIMIT:
        raise TooLarge
    form: dict[str, str] = {}
    file: Posted | None = None
    try:
        reader = await request.multipart()
        for _ in range(MOST_PARTS):
            part = await reader.next()
            if part is None:
                return form, file
            if not isinstance(part, BodyPartReader):
                raise Garbled
            if part.filename is None:
                form[part.name or ""] = (await _read(part, FIELD_LIMIT)).decode("utf-8", "replace")
            else:
                file = Posted(_base_name(part.filename), await _read(part, limit))
    except (ValueError, AssertionError, RuntimeError, web.HTTPException) as error:
        raise Garbled from error
    raise Garbled


async def _read(part: BodyPartReader, limit: int) -> bytes:
    found = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        found += chunk
        if len(found) > limit:
            raise TooLarge
    return bytes(found)


def _base_name(name: str) -> str:
    return PureWindowsPath(PurePosixPath(name).name).name[-LONGEST_NAME:] or "?"
