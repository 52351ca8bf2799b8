"""All files of dialogues/ as one value: to keep, to compare, and to load from wherever they came."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from bot.dialogues.content import ContentError, parse_yaml
from bot.dialogues.fields import Fields

TOP = ("conversation.yml", "headings.yml")
FOLDERS = ("intents", "lexicon", "policies", "policies/contact", "responses")
DECIDING = ("conversation.yml", "policies/", "responses/")  # what decisions are made by; the rest is for reading


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files by their path within dialogues/, such as `policies/contact/cn.yml`, with their text as written.

    `fingerprint` names all of it, in 64 hexadecimal digits: bundles with the same one are the same.
    """

    files: Mapping[str, str] = field(repr=False, compare=False)
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fingerprint", _sha(self.files, self.files))

    @classmethod
    def of(cls, root: Path) -> Bundle:
        """The files of a folder; raise ContentError where one is no text."""
        found = {}
        for path in sorted(root.rglob("*.yml")):
            name = path.relative_to(root).as_posix()
            if is_content(name):
                found[name] = as_text(path.read_bytes(), str(path))
        return cls(found)

    @property
    def rules(self) -> str:
        """Twelve hexadecimal digits that decisions name it by: wording, table and policies, not training examples."""
        return _sha(self.files, [name for name in self.files if name.startswith(DECIDING)])[:12]

    def fields(self, name: str) -> Fields:
        """The top-level mapping of one file."""
        if name not in self.files:
            raise ContentError(f"{name}: the file is missing")
        return Fields(parse_yaml(self.files[name], name), name)

    def packs(self) -> dict[str, Fields]:
        """The files of contact rules by their name, such as cn; the bank's own first."""
        names = [name for name in self.files if name.startswith("policies/contact/")]
        found = {PurePosixPath(name).stem: self.fields(name) for name in sorted(names)}
        return {"bank": found.pop("bank"), **found} if "bank" in found else found

    @contextmanager
    def unfolded(self) -> Iterator[Path]:
        """The files in a folder that is gone afterwards; what an error says of it names the files alone."""
        with tempfile.TemporaryDirectory(prefix="dialogues-") as folder:
            for name, text in self.files.items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode())
            try:
                yield Path(folder)
            except ContentError as error:
                raise ContentError(str(error).replace(f"{folder}/", "")) from None


def is_content(name: str) -> bool:
    """Whether a path within dialogues/ is that of a file of ours."""
    path = PurePosixPath(name)
    plain = path.suffix == ".yml" and not path.name.startswith(".") and "\\" not in name
    return plain and (name in TOP or (str(path.parent) in FOLDERS and name == str(path)))


def as_text(raw: bytes, name: str) -> str:
    """What a file says; raise ContentError where that is no text."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise ContentError(f"{name}: not UTF-8 ({error.reason} at byte {error.start})") from None


def _sha(files: Mapping[str, str], names: Iterable[str]) -> str:
    sha = hashlib.sha256()
    for name in sorted(names, key=PurePosixPath):
        sha.update(name.encode() + b"\0" + files[name].encode() + b"\0")
    return sha.hexdigest()
