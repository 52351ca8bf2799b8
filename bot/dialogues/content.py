"""Reading content files: strings only, every error with its file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent / "dialogues"


class ContentError(Exception):
    """Content in dialogues/ is broken; says the file, the line and the cure."""


_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # the same in C, where the wheel has it: a faster start


class _Strings(_Loader):  # type: ignore[misc]
    """Every scalar stays the string that was written (YES is not True, 50.00 no float); duplicate keys are errors."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: dict[str, int] = {}
        for key_node, _ in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key_node.start_mark)
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None,
                    None,
                    f"key {key_node.value!r} was already given on line {seen[key_node.value]}",
                    key_node.start_mark,
                )
            seen[key_node.value] = line
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def load_yaml(path: Path) -> Any:
    """Read one YAML file as strings, lists and dicts only."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ContentError(f"{path}: the file is missing") from None
    except UnicodeDecodeError as error:
        raise ContentError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, path: str) -> Any:
    """The same of a file that was read before; `path` is what errors call it."""
    try:
        return yaml.load(text, Loader=_Strings)  # noqa: S506  (a BaseLoader: strings only)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}" if mark else path
        broken = "".join(text.split("\n")[mark.line : mark.line + 1]) if mark else ""
        tab = "; indent with blanks, not with '\\t'" if "\t" in broken else ""
        raise ContentError(f"{where}: {error.problem or error}{tab}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ContentError(f"{path}:{line}: {error.reason}; take the character out") from None
    except RecursionError:
        raise ContentError(f"{path}: nested too deeply") from None
