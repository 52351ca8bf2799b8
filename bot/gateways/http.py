"""One request to a provider, and what each way of failing means for the text that was in it."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from urllib.parse import quote

import aiohttp
from yarl import URL

from bot.gateways.base import ErrorClass, SendError

MAX_ANSWER_BYTES = 64 * 1024
MAX_WAIT_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What the provider answered; header names lower-cased, the body cut at 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http:
    """Connections to one provider, opened when first needed. No redirects, no cookies, no retries."""

    def __init__(self, timeout_seconds: float = 10.0, connect_seconds: float = 3.0, connections: int = 50):
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=connect_seconds)
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Post once. Raise SendError: retryable where nothing was written, unknown where something was."""
        return await self._ask("POST", url, body, headers)

    async def get(self, url: str, headers: Mapping[str, str], most: int = MAX_ANSWER_BYTES) -> Reply:
        """Get once. Raise SendError, never unknown: a question that got no answer changed nothing.

        `most`: where the body is cut, in bytes.
        """
        try:
            return await self._ask("GET", url, None, headers, most)
        except SendError as error:
            if error.kind is ErrorClass.UNKNOWN:
                raise SendError(ErrorClass.RETRYABLE, error.reason, error.code) from None
            raise

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], most: int = MAX_ANSWER_BYTES
    ) -> Reply:
        written = SimpleNamespace(begun=False)
        try:
            async with self._open().request(
                method,
                URL(url, encoded=True),
                data=body,
                headers=headers,
                allow_redirects=False,
                skip_auto_headers=("Content-Type",),
                trace_request_ctx=written,
            ) as response:
                answer = await _read_up_to(response.content, most)
                return Reply(response.status, {k.lower(): v for k, v in response.headers.items()}, answer)
        except (aiohttp.InvalidURL, aiohttp.ClientConnectorCertificateError, ssl.SSLCertVerificationError):
            raise SendError(ErrorClass.CONFIG, "the provider's address or certificate is not valid") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            kind = ErrorClass.UNKNOWN if written.begun else ErrorClass.RETRYABLE
            reason = "no answer" if written.begun else "no connection"
            raise SendError(kind, reason, type(error).__name__) from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_note_first_byte)
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                trace_configs=[trace],
                cookie_jar=aiohttp.DummyCookieJar(),
                # An idle connection that the provider closes under our request would look like a lost answer.
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=10.0),
            )
        return self._session


def with_ref(address: str, our_ref: str) -> str:
    """The address with `ref` added to its query; a fragment stays at the end."""
    base, hash_sign, fragment = address.partition("#")
    joint = "&" if "?" in base else "?"
    return f"{base}{joint}ref={quote(our_ref, safe='')}{hash_sign}{fragment}"


def class_of_status(status: int, processed: ErrorClass = ErrorClass.UNKNOWN) -> ErrorClass:
    """What a status other than 2xx means where the provider documents nothing better.

    `processed` is the class of 408 and 5xx, after which the text may have gone out. A missing or moved
    address and a refused key are the channel's fault, not the message's.
    """
    if status == 429:
        return ErrorClass.THROTTLED
    if status == 408 or status >= 500:
        return processed
    if status < 400 or status in (401, 402, 403, 404, 405, 407, 410, 415):
        return ErrorClass.CONFIG
    return ErrorClass.PERMANENT


def failure(reply: Reply, now: datetime, kind: ErrorClass, reason: str = "", code: str = "") -> SendError:
    """The failure with the provider's own words and code, and its wait where waiting helps."""
    waits = kind in (ErrorClass.THROTTLED, ErrorClass.RETRYABLE, ErrorClass.UNKNOWN)
    wait = retry_after(reply, now) if waits else None
    return SendError(kind, masked(reason) or "the provider gave no reason", code or f"HTTP {reply.status}", wait)


def retry_after(reply: Reply, now: datetime) -> float | None:
    """How long the provider asks us to wait: seconds from now, at most a day; None where it does not say."""
    value = reply.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_WAIT_SECONDS)
    try:
        wait = (parsedate_to_datetime(value) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, 0.0), MAX_WAIT_SECONDS)


def masked(reason: str) -> str:
    """A provider's own words, short, with anything that may be a phone number hidden; fit for a log."""
    return re.sub(r"\d[\d\s()-]{3,}\d", "…", reason)[:200]


async def _note_first_byte(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    # Called just before the first byte: from here on, only an answer says whether the text was taken.
    context.trace_request_ctx.begun = True


async def _read_up_to(stream: aiohttp.StreamReader, limit: int) -> bytes:
    parts = bytearray()
    while len(parts) < limit and (chunk := await stream.read(limit - len(parts))):
        parts += chunk
    return bytes(parts)
