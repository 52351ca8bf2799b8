"""Keeps a trained model between starts, under a name made of everything that it was trained from.

A model is only ever found again if examples, lexicons, the reader's code and its libraries are the same to the byte.
Numbers and words alone are stored, nothing that is executed. Where nothing can be kept, every start trains.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from bot.nlu.intents import LABELS, Floats, Trained

CODE = Path(__file__).parent
MOST = 4  # models of other contents and versions that may stay beside it


def cache_folder() -> Path | None:
    """Where models are kept: the user's cache folder (XDG_CACHE_HOME, else ~/.cache), in `huixin`; None: nowhere."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(given) if Path(given).is_absolute() else Path.home() / ".cache") / "huixin"
    except RuntimeError:  # a user without a home
        return None


def name_for(content: Path) -> str:
    """Names the model that is trained from this content (the folder dialogues/) by this code."""
    sha = hashlib.sha256(f"{sys.version} {version('numpy')} {version('scipy')}".encode())
    for part in (content / "intents", content / "lexicon", CODE, CODE.parent / "dialogues"):
        for path in sorted([*part.glob("*.yml"), *part.glob("*.py")]):
            sha.update(f"\0{part.name}/{path.name}\0".encode() + path.read_bytes())
    return f"reader-{sha.hexdigest()[:32]}.npz"


def kept(path: Path | None, train: Callable[[], Trained]) -> Trained:
    """The model kept at `path`; where there is none, or none that is sound, a new one, which is then kept there."""
    model = _load(path) if path and _is_ours(path) else None
    if model is None:
        model = train()
        if path:
            with contextlib.suppress(OSError):  # not writable: the next start trains again
                _save(path, model)
    return model


def _is_ours(path: Path) -> bool:
    """Whether nobody else can have written it: whoever writes the model decides what replies mean."""
    try:
        status = path.stat()
    except OSError:
        return False
    return not hasattr(os, "geteuid") or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)


def _load(path: Path) -> Trained | None:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            table, cue_table, bias = (_floats(stored[name]) for name in ("table", "cue_table", "bias"))
            grams, cues = (stored[name].tobytes().decode().split("\n") for name in ("grams", "cues"))
    except Exception:  # torn, foreign, unreadable: the zip and array formats raise errors of many kinds
        return None
    sound = table.shape == (len(grams), len(LABELS) + 1) and cue_table.shape == (len(cues), len(LABELS))
    return Trained(grams, table, cues, cue_table, bias) if sound and bias.shape == (len(LABELS),) else None


def _floats(array: Floats) -> Floats:
    if array.dtype != np.float32 or not np.isfinite(array).all():
        raise ValueError("not a model's numbers")
    return array


def _save(path: Path, model: Trained) -> None:
    """Write it whole or not at all, readable by this user alone, and take the oldest of the others away."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    grams, cues = (np.frombuffer("\n".join(some).encode(), dtype=np.uint8) for some in (model.grams, model.cues))
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".reader-")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, table=model.table, cue_table=model.cue_table, bias=model.bias, grams=grams, cues=cues)
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    others = sorted(path.parent.glob("reader-*.npz"), key=lambda other: other.stat().st_mtime, reverse=True)
    for other in others[MOST + 1 :]:
        other.unlink(missing_ok=True)
