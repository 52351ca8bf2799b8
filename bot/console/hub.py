"""The hub: hands each change to every open page of this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

MOST_STREAMS = 500


class Hub:
    """Hands changes to every open page. Each keeps the ids that it was not told yet, so none waits for another."""

    def __init__(self) -> None:
        self._pages: set[Page] = set()
        self._closed = False

    def tell(self, ids: frozenset[int]) -> None:
        """These customers changed; no ids mean that anybody may have."""
        for page in self._pages:
            page.tell(ids)

    def close(self) -> None:
        """End every stream: the server stops, and pages connect again to the next one."""
        self._closed = True
        for page in self._pages:
            page.changed.set()

    @contextmanager
    def page(self) -> Iterator[Page]:
        """One open page, for as long as its stream lasts."""
        page = Page()
        self._pages.add(page)
        try:
            yield page
        finally:
            self._pages.discard(page)

    @property
    def closed(self) -> bool:
        """Whether the server is about to stop."""
        return self._closed

    @property
    def full(self) -> bool:
        """Whether one more page would be too many."""
        return len(self._pages) >= MOST_STREAMS


class Page:
    """What one page was not told yet."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self._ids: set[int] = set()
        self._all = True  # whatever happened before the stream began

    def tell(self, ids: frozenset[int]) -> None:
        self._ids |= ids
        self._all = self._all or not ids
        self.changed.set()

    def take(self) -> frozenset[int] | None:
        """The customers who changed since this page was last told; None where anybody may have."""
        ids = None if self._all else frozenset(self._ids)
        self._ids.clear()
        self._all = False
        self.changed.clear()
        return ids
