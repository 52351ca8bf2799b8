"""What reading costs, in interpreters started for it: every figure beside its bar.

`python -m tests.bench.reading` measures this alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

HELD_OUT = sorted((Path(__file__).parent.parent / "readings").glob("heldout_*.jsonl"))
BATCH, ROUNDS = 200, 5


def peak_mb() -> float:
    """The most memory that this process ever had. Linux counts a parent's in `ru_maxrss`, so it is not asked there."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1024**2 if sys.platform == "darwin" else most / 1024


def measure() -> dict[str, float]:
    """Called in a fresh interpreter: get ready, then read the held-out replies one by one, and in batches."""
    bare, started = peak_mb(), perf_counter()
    from bot.nlu.evaluate_rows import read_rows
    from bot.nlu.read import Reader

    rows = read_rows(*HELD_OUT)
    reader = Reader.load()
    reader.read(rows[0].text, rows[0].heard_at, rows[0].asked)
    figures = {"ready": perf_counter() - started}
    alone = sorted(_seconds(partial(reader.read, row.text, row.heard_at, row.asked)) for row in rows)
    asked = [(row.text, row.heard_at, row.asked) for row in rows]
    batches = [asked[first : first + BATCH] for first in range(0, len(asked), BATCH)] * ROUNDS
    each = [_seconds(partial(reader.read_many, batch)) / len(batch) for batch in batches]
    figures |= {"p50": median(alone), "p99": alone[int(0.99 * len(alone))], "batch": median(each)}
    return figures | {"peak": peak_mb() - bare}


def lines() -> list[tuple[str, str, str]]:
    """What, measured, bar: of a first start, which trains, and of one that finds the model kept."""
    with tempfile.TemporaryDirectory(prefix="huixin-bench-") as cache:
        first, later = _fresh(cache), _fresh(cache)
    found = []
    for name, start in (("first start, which trains", first), ("later start", later)):
        found.append((f"{name}: seconds to the first reading", f"{start['ready']:.2f}", "3"))
        found.append(("  MB above the bare interpreter, at the peak", f"{start['peak']:.0f}", "150"))
    found.append((f"µs a message, median of batches of {BATCH}", f"{later['batch'] * 1e6:.0f}", "150"))
    alone = f"{later['p50'] * 1e6:.0f} / {later['p99'] * 1e6:.0f}"
    found.append(("µs a message alone, p50 / p99, each for the first time", alone, "1000"))
    return found


def _fresh(cache: str) -> dict[str, float]:
    code = "import json; from tests.bench.reading import measure; print(json.dumps(measure()))"
    environment = {**os.environ, "XDG_CACHE_HOME": cache}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _seconds(do: Callable[[], object]) -> float:
    started = perf_counter()
    do()
    return perf_counter() - started


def show() -> None:
    """Measure and print."""
    table = Table("what", "measured", "bar", title="What reading costs on this machine", box=None)
    for line in lines():
        table.add_row(*line)
    Console(width=110).print(table)


if __name__ == "__main__":
    show()
