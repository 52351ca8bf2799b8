"""The model that is kept between starts: found again, and never trusted when it should not be."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from bot import dialogues
from bot.core.reading import Intent
from bot.nlu.intents import LABELS, Trained
from bot.nlu.kept import MOST, cache_folder, kept, name_for
from bot.nlu.read import Reader

HEARD_AT = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
ROWS = np.arange(3 * (len(LABELS) + 1), dtype=np.float32).reshape(3, -1)
MODEL = Trained(["还", "w:pay me", "^ok$"], ROWS, ["promise_to_pay/sure"], ROWS[:1, :-1], ROWS[1, :-1])


class Teacher:
    """Trains, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> Trained:
        self.asked += 1
        return MODEL


def same(one: Trained, other: Trained) -> bool:
    arrays = ((one.table, other.table), (one.cue_table, other.cue_table), (one.bias, other.bias))
    return one.grams == other.grams and one.cues == other.cues and all(np.array_equal(a, b) for a, b in arrays)


def test_a_model_is_trained_once_and_comes_back_as_it_was(tmp_path: Path) -> None:
    teacher, path = Teacher(), tmp_path / "cache" / "reader-1.npz"
    first, second = kept(path, teacher), kept(path, teacher)
    assert teacher.asked == 1
    assert same(first, MODEL) and same(second, MODEL)
    assert [one.name for one in path.parent.iterdir()] == ["reader-1.npz"]
    assert path.stat().st_mode & 0o077 == 0


def _torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-400])


def _garbage(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 no model at all")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _other_labels(path: Path) -> None:
    _rewrite(path, table=ROWS[:, :-2])


def _not_numbers(path: Path) -> None:
    _rewrite(path, bias=np.full(len(LABELS), np.nan, dtype=np.float32))


def _objects(path: Path) -> None:
    _rewrite(path, grams=np.array([os.system], dtype=object))


def _writable_by_all(path: Path) -> None:
    path.chmod(0o666)


def _rewrite(path: Path, **changed: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> None:
    with np.load(path) as stored:
        arrays = dict(stored)
    with path.open("wb") as file:
        np.savez(file, **{**arrays, **changed})


@pytest.mark.parametrize(
    "spoil",
    [_torn, _garbage, _empty, _other_labels, _not_numbers, _objects, _writable_by_all],
    ids=lambda f: f.__name__,
)
def test_a_file_that_cannot_be_trusted_is_trained_anew_and_replaced(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    teacher, path = Teacher(), tmp_path / "reader-1.npz"
    kept(path, teacher)
    spoil(path)
    assert same(kept(path, teacher), MODEL) and teacher.asked == 2
    assert same(kept(path, teacher), MODEL) and teacher.asked == 2


def test_where_nothing_can_be_kept_every_start_trains(tmp_path: Path) -> None:
    teacher, in_the_way = Teacher(), tmp_path / "file"
    in_the_way.write_text("")
    for path in (None, in_the_way / "reader-1.npz"):
        assert same(kept(path, teacher), MODEL)
    assert teacher.asked == 2


def test_old_models_are_taken_away(tmp_path: Path) -> None:
    for number in range(MOST + 4):
        path = tmp_path / f"reader-{number}.npz"
        kept(path, Teacher())
        os.utime(path, (number, number))
    kept(tmp_path / "reader-new.npz", Teacher())
    left = {path.name for path in tmp_path.iterdir()}
    assert len(left) == MOST + 1 and "reader-new.npz" in left and "reader-0.npz" not in left


def test_any_change_of_examples_or_lexicons_means_another_model(tmp_path: Path) -> None:
    root = tmp_path / "dialogues"
    shutil.copytree(dialogues.ROOT, root)
    before = name_for(root)
    assert before == name_for(dialogues.ROOT)
    names = {before}
    for path in (root / "intents" / "zh.yml", root / "lexicon" / "en.yml"):
        path.write_text(path.read_text(encoding="utf-8") + "\n# a word\n", encoding="utf-8")
        names.add(name_for(root))
    assert len(names) == 3


def test_the_folder_is_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "huixin"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "huixin"


def test_a_kept_reader_reads_as_a_trained_one(reader: Reader) -> None:
    again = Reader.load()
    texts = ("我周五还500", "stop texting me", "never heard of this loan", "昨天已经还了", "nothing known: ㊿㊿")
    assert [again.read(text, HEARD_AT) for text in texts] == [reader.read(text, HEARD_AT) for text in texts]
    assert again.read(texts[0], HEARD_AT).primary is Intent.PROMISE_TO_PAY
