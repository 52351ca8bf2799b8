"""Reading what a provider posted, strictly: JSON and forms in, text that any database can hold out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NoReturn
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode
from zoneinfo import ZoneInfo

from bot.gateways.base import Malformed, RawRequest

MAX_ITEMS = 1000  # in one batch
MAX_FIELDS = 200  # in one form
MAX_TEXT = 10_000  # characters; the longest joined SMS has 255 parts of 67 or 153, no customer writes one
MAX_ID = 200
MAX_NUMBER = 64

SHANGHAI = ZoneInfo("Asia/Shanghai")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class Unreadable(Exception):
    """One item of a request cannot be read. Says which field, never what was in it."""


def load_json(body: bytes) -> object:
    """Read JSON in UTF-8, with or without a byte order mark; linear in the size of the body.

    Raise Malformed for anything else, for a repeated key (two readers would see two messages), for NaN and
    for nesting deeper than the interpreter follows.
    """
    try:
        return json.loads(
            body.decode("utf-8-sig"),
            object_pairs_hook=_object_without_repeats,
            parse_constant=_refuse_constant,
        )
    except RecursionError:
        raise Malformed("nested too deeply") from None
    except ValueError as error:
        # The decoder's own message quotes nothing; a UnicodeDecodeError would quote the bytes.
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "not UTF-8, or a number beyond reason"
        raise Malformed(f"not JSON: {reason}") from None


def load_form(body: bytes) -> tuple[tuple[str, str], ...]:
    """Read a form in UTF-8, pairs in order, white space kept; raise Malformed for anything else."""
    if _BROKEN_ESCAPE.search(body):
        raise Malformed("not a form: a broken escape")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise Malformed("not a form in UTF-8") from None
    return tuple(pairs)


def load_bytes_form(form: bytes) -> dict[str, bytes]:
    """Read a form or query whose text is in whatever the network used; raise Malformed for a repeated name."""
    pairs = [pair.partition(b"=") for pair in form.split(b"&", MAX_FIELDS + 1) if pair]
    if len(pairs) > MAX_FIELDS:
        raise Malformed("too many parameters")
    fields = {name.decode("latin-1"): unquote_to_bytes(value.replace(b"+", b" ")) for name, _, value in pairs}
    if len(fields) != len(pairs):
        raise Malformed("a parameter is repeated")
    return fields


def raw_query(request: RawRequest) -> bytes:
    """The query as it was written, escapes and all; empty where there is none."""
    query = request.raw_query or request.public_url.partition("#")[0].partition("?")[2]
    return (query or urlencode(request.query, errors="surrogatepass")).encode("utf-8", "surrogatepass")


def as_object(value: object) -> Mapping[str, object]:
    """The value as an object, or Unreadable."""
    if isinstance(value, dict):
        return value
    raise Unreadable("not an object")


def as_batch(value: object) -> list[object]:
    """The value as a list of at most a thousand items, or Malformed."""
    if not isinstance(value, list):
        raise Malformed("not a list")
    if len(value) > MAX_ITEMS:
        raise Malformed(f"more than {MAX_ITEMS} items")
    return value


def optional_text(item: Mapping[str, object], name: str, limit: int = MAX_ID) -> str:
    """A string field, empty where absent or null; raise Unreadable for another type or an absurd length."""
    value = item.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not a string")
    if len(value) > limit:
        raise Unreadable(f"{name} is longer than {limit} characters")
    return storable(value)


def required_text(item: Mapping[str, object], name: str, limit: int = MAX_ID) -> str:
    """A string field that must say something; raise Unreadable otherwise."""
    value = optional_text(item, name, limit)
    if not value.strip():
        raise Unreadable(f"{name} is missing")
    return value


def message_text(item: Mapping[str, object], name: str, of_part: bool = False) -> str:
    """What the customer wrote: present, perhaps empty, never trimmed; raise Unreadable otherwise.

    `of_part`: half a surrogate pair stays, because the next part may hold the other half.
    """
    value = item.get(name)
    if value is None:
        raise Unreadable(f"{name} is missing")
    if of_part and isinstance(value, str) and len(value) <= MAX_TEXT:
        return value.replace("\0", "\ufffd")
    return optional_text(item, name, MAX_TEXT)


def china_moment(value: str) -> datetime | None:
    """China's time as 2026-11-23 10:00:00 or 20261123100000, in UTC; None where it cannot be read."""
    layout = "%Y%m%d%H%M%S" if value.isdigit() and len(value) == 14 else "%Y-%m-%d %H:%M:%S"
    try:
        return datetime.strptime(value, layout).replace(tzinfo=SHANGHAI).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def storable(text: str) -> str:
    """The text with what no database or wire can carry, NUL and lone surrogates, shown as U+FFFD."""
    if text.isprintable():
        return text  # neither of them is printable
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)


def _object_without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Malformed("a key is repeated")
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON")
