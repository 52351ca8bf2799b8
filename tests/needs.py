"""Programs that nobody here wrote: a test without one is skipped and says so, or fails where nothing may be skipped."""

from __future__ import annotations

import os

import pytest


def need(absent: str) -> None:
    """Skip where something is absent; with HUIXIN_NO_SKIP=1, as in .ci/run, fail instead."""
    if absent and os.environ.get("HUIXIN_NO_SKIP") == "1":
        pytest.fail(f"not skipped, because HUIXIN_NO_SKIP=1: {absent}")
    if absent:
        pytest.skip(absent)
