"""Reads dialogues/ from an uploaded zip. It may be hostile: nothing in it is believed before it is looked at."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from pathlib import PurePosixPath

from bot.dialogues.bundle import FOLDERS, Bundle, as_text, is_content
from bot.dialogues.content import ContentError

MOST_BYTES = 4 * 1024 * 1024  # of the zip itself
MOST_FILES = 200
MOST_UNPACKED = 16 * 1024 * 1024  # of all files together; the shipped folder has a tenth
MOST_EACH = 4 * 1024 * 1024
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
LITTER = ("__MACOSX/", ".DS_Store")  # what desktops put beside the files that were asked for
BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
          zlib.error)  # fmt: skip


def from_zip(raw: bytes) -> Bundle:
    """The files of a zip of dialogues/, which may stand in one folder inside it; raise ContentError for all else."""
    if len(raw) > MOST_BYTES:
        raise ContentError(f"the zip has more than {MOST_BYTES // 2**20} MiB; zip the folder dialogues/ alone")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return Bundle(_files(archive))
    except BROKEN:
        raise ContentError(
            "this is no zip that can be read; zip the folder dialogues/ again, without password"
        ) from None


def _files(archive: zipfile.ZipFile) -> dict[str, str]:
    entries = [one for one in archive.infolist() if not one.is_dir() and not _is_litter(one.filename)]
    if not entries:
        raise ContentError("the zip is empty; zip the folder dialogues/")
    if len(entries) > MOST_FILES:
        raise ContentError(
            f"the zip has {len(entries)} files, and at most {MOST_FILES} are taken; zip dialogues/ alone"
        )
    for one in entries:
        _refuse_what_is_no_file(one)
    top = _top([one.filename for one in entries])
    found: dict[str, str] = {}
    left = MOST_UNPACKED
    for one in entries:
        name = one.filename.removeprefix(top)
        if not is_content(name):
            raise ContentError(f"the zip holds {one.filename!r}, which is no file of dialogues/; take it out")
        if name in found:
            raise ContentError(f"the zip holds {one.filename!r} twice; zip the folder again")
        raw = _unpacked(archive, one, min(left, MOST_EACH))
        left -= len(raw)
        found[name] = as_text(raw, name)
    return found


def _is_litter(name: str) -> bool:
    return name.startswith(LITTER[0]) or PurePosixPath(name).name == LITTER[1]


def _refuse_what_is_no_file(one: zipfile.ZipInfo) -> None:
    """Refuse paths that lead elsewhere, links, devices, passwords, and ways of packing that nobody needs."""
    path = PurePosixPath(one.filename)
    leads_away = path.is_absolute() or ".." in path.parts or "\\" in one.filename or ":" in one.filename
    if leads_away or "\0" in one.orig_filename:
        raise ContentError(f"the zip holds {one.filename!r}, a path that leads out of the folder; it was not opened")
    kind = stat.S_IFMT(one.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise ContentError(f"the zip holds {one.filename!r}, a link or device; only files are taken")
    if one.flag_bits & 0x1:
        raise ContentError(f"{one.filename!r} in the zip has a password; zip the folder without one")
    if one.compress_type not in METHODS:
        raise ContentError(f"{one.filename!r} in the zip is packed in an unusual way; zip the folder with deflate")


def _top(names: list[str]) -> str:
    """The one folder that everything stands in, if the folder itself was zipped: `dialogues/`; else nothing."""
    first = {name.partition("/")[0] for name in names}
    inside = len(first) == 1 and first.isdisjoint(FOLDERS) and all("/" in name for name in names)
    return f"{first.pop()}/" if inside else ""


def _unpacked(archive: zipfile.ZipFile, one: zipfile.ZipInfo, most: int) -> bytes:
    """One file's bytes; the size that the zip claims is not believed."""
    with archive.open(one) as file:
        raw = file.read(most + 1)
    if len(raw) > most:
        raise ContentError(
            f"{one.filename!r} in the zip unpacks to more than is taken ({MOST_EACH // 2**20} MiB a file, "
            f"{MOST_UNPACKED // 2**20} MiB in all)"
        )
    return raw
