"""The hub: hands each change to every open page of this process."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

MOST_STREAMS = 500
MOST_IDS = 1000  # that a page keeps; beyond them anybody may have changed


class Hub:
    """Hands changes to every open page. Each keeps what it was not told yet, so none waits for another."""

    def __init__(self) -> None:
        self._pages: set[Page] = set()
        self._closed = False
        self._name = secrets.token_hex(4)  # a mark of another process, or of one that is gone, says nothing here
        self._told = 0

    def tell(self, ids: frozenset[int]) -> None:
        """These customers changed; no ids mean that anybody may have."""
        self._told += 1
        for page in self._pages:
            page.tell(ids)

    def close(self) -> None:
        """End every stream: the server stops, and pages connect again to the next one."""
        self._closed = True
        for page in self._pages:
            page.changed.set()

    @contextmanager
    def page(self, customer_id: int | None = None, mark: str = "") -> Iterator[Page]:
        """One open page, for as long as its stream lasts. `mark`: the hub's when the page was rendered; another means
        that anything may have happened since."""
        page = Page(customer_id, is_behind=mark != self.mark)
        self._pages.add(page)
        try:
            yield page
        finally:
            self._pages.discard(page)

    @property
    def mark(self) -> str:
        """Where this hub stands. Read it before the data that a page shows, so that the page misses nothing."""
        return f"{self._name}-{self._told}"

    @property
    def open(self) -> int:
        """How many pages are open."""
        return len(self._pages)

    @property
    def closed(self) -> bool:
        """Whether the server is about to stop."""
        return self._closed

    @property
    def full(self) -> bool:
        """Whether one more page would be too many."""
        return len(self._pages) >= MOST_STREAMS


class Page:
    """What one page was not told yet. `own` is set where something of it is about the customer whom it shows."""

    def __init__(self, customer_id: int | None, is_behind: bool) -> None:
        self._customer_id = customer_id
        self._ids: set[int] = set()
        self._all = False
        self.changed, self.own = asyncio.Event(), asyncio.Event()
        if is_behind:
            self.tell(frozenset())

    def tell(self, ids: frozenset[int]) -> None:
        self._ids |= ids
        self._all = self._all or not ids or len(self._ids) > MOST_IDS
        if self._customer_id is not None and (not ids or self._customer_id in ids):
            self.own.set()
        self.changed.set()

    def take(self) -> frozenset[int] | None:
        """The customers who changed since this page was last told; None where anybody may have."""
        ids = None if self._all else frozenset(self._ids)
        self._ids.clear()
        self._all = False
        self.changed.clear()
        self.own.clear()
        return ids
