"""dialogues/ as one value, and as a zip that may be hostile."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import dialogues
from bot.dialogues import ContentError, archive
from bot.dialogues.archive import from_zip
from bot.dialogues.bundle import Bundle, is_content

SHIPPED = Bundle.of(dialogues.ROOT)


def zipped(files: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return written.getvalue()


def test_a_bundle_unfolds_to_the_very_same_content(tmp_path: Path) -> None:
    with SHIPPED.unfolded() as root:
        assert Bundle.of(root) == SHIPPED
        assert dialogues.load(root).rules.version == SHIPPED.rules == dialogues.load().rules.version
    assert not root.exists()


def test_every_file_of_the_shipped_folder_belongs_to_it() -> None:
    there = {path.relative_to(dialogues.ROOT).as_posix() for path in dialogues.ROOT.rglob("*") if path.is_file()}
    assert there == set(SHIPPED.files)


def test_errors_name_the_file_and_not_the_place_where_it_was_unfolded() -> None:
    broken = Bundle({**SHIPPED.files, "policies/verify.yml": "version: [\n"})
    with pytest.raises(ContentError, match=r"^policies/verify\.yml:2"), broken.unfolded() as root:
        dialogues.load(root)


@pytest.mark.parametrize("top", ["", "dialogues/", "my dialogues v2/"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_of_the_folder_is_the_folder(top: str, method: int) -> None:
    raw = zipped({f"{top}{name}": text for name, text in SHIPPED.files.items()} | {"__MACOSX/._x": b"\0"}, method)
    assert from_zip(raw) == SHIPPED


@pytest.mark.parametrize(
    "name",
    [
        "../conversation.yml", "dialogues/../../etc/cron.yml", "/etc/passwd", "C:\\evil.yml", "policies\\cn.yml",
        "policies/../conversation.yml", "conversation.yml/../../x.yml", "a:b.yml",
    ],
)  # fmt: skip
def test_a_path_that_leads_out_of_the_folder_is_refused(name: str) -> None:
    with pytest.raises(ContentError, match=r"leads out|no file of dialogues"):
        from_zip(zipped({"conversation.yml": "x", name: "x"}))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices_are_refused(kind: int) -> None:
    link = zipfile.ZipInfo("policies/contact/cn.yml")
    link.create_system, link.external_attr = 3, (kind | 0o777) << 16
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        made.writestr(link, "/etc/passwd")
    with pytest.raises(ContentError, match="link or device"):
        from_zip(written.getvalue())


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    big = zipped({"conversation.yml": b"a" * (archive.MOST_EACH + 1)})
    assert len(big) < 10_000
    with pytest.raises(ContentError, match="unpacks to more"):
        from_zip(big)
    many = zipped({f"intents/{n}.yml": b"a" * (archive.MOST_EACH - 1) for n in range(6)})
    with pytest.raises(ContentError, match="unpacks to more"):
        from_zip(many)


def test_a_size_that_the_zip_claims_is_not_believed() -> None:
    raw = bytearray(zipped({"conversation.yml": b"a" * (archive.MOST_EACH + 1)}))
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<I", 5)
    raw[22:26] = struct.pack("<I", 5)
    with pytest.raises(ContentError):
        from_zip(bytes(raw))


def test_too_many_files_passwords_and_strange_packing_are_refused() -> None:
    with pytest.raises(ContentError, match="at most 200"):
        from_zip(zipped({f"intents/{n}.yml": "x" for n in range(201)}))
    with pytest.raises(ContentError, match="unusual way"):
        from_zip(zipped({"conversation.yml": "x"}, zipfile.ZIP_LZMA))
    locked = bytearray(zipped({"conversation.yml": "x"}))
    locked[6] |= 1
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ContentError, match="password"):
        from_zip(bytes(locked))


@pytest.mark.parametrize(
    "name", ["readme.txt", "policies/evil.py", "policies/contact/deep/cn.yml", ".hidden.yml", "x.yml"]
)
def test_what_is_no_file_of_ours_is_named(name: str) -> None:
    with pytest.raises(ContentError, match="no file of dialogues"):
        from_zip(zipped({"conversation.yml": "x", name: "x"}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_stands_there_twice_is_refused() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        made.writestr("conversation.yml", "one")
        made.writestr("conversation.yml", "two")
    with pytest.raises(ContentError, match="twice"):
        from_zip(written.getvalue())


@pytest.mark.parametrize("raw", [b"", b"PK", b"not a zip", zipped({}), zipped({"__MACOSX/x.yml": "x"}),
                                 zipped({"conversation.yml": b"\xff\xfe"})])  # fmt: skip
def test_what_is_no_zip_of_texts_is_refused(raw: bytes) -> None:
    with pytest.raises(ContentError):
        from_zip(raw)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 400), byte=st.integers(0, 255), cut=st.integers(0, 400))
def test_a_damaged_zip_is_refused_or_read_and_nothing_else(at: int, byte: int, cut: int) -> None:
    raw = bytearray(zipped({"dialogues/conversation.yml": "version: x\n" * 9, "dialogues/policies/holds.yml": "y"}))
    raw[at % len(raw)] = byte
    try:
        found = from_zip(bytes(raw[: len(raw) - (cut % 40 if cut > 200 else 0)]))
    except ContentError:
        return
    assert all(is_content(name) for name in found.files)
