"""What a channel's configuration may say to its gateway, with an error that names what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yarl import URL


class OptionError(ValueError):
    """A channel cannot be built. Names the option, never its value, which may be a secret."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of a gateway. `secret` values are masked wherever a channel is shown."""

    name: str
    help: str
    required: bool = False
    secret: bool = False
    default: str = ""


def read_options(kind: str, options: tuple[Option, ...], given: Mapping[str, str]) -> dict[str, str]:
    """Every option of this kind with its value or default; raise OptionError for a missing or unknown one."""
    known = {option.name for option in options}
    for name in given:
        if name not in known:
            raise OptionError(f"{kind}: unknown option {name}; it takes {', '.join(sorted(known))}")
    values = {option.name: given.get(option.name, "").strip() or option.default for option in options}
    for option in options:
        if option.required and not values[option.name]:
            raise OptionError(f"{kind}: option {option.name} is missing ({option.help})")
    return values


def several(value: str) -> tuple[str, ...]:
    """The values of an option that takes more than one, separated by commas or blanks."""
    return tuple(value.replace(",", " ").split())


def together(kind: str, values: Mapping[str, str], names: Sequence[str]) -> bool:
    """Whether all of these options are set; raise OptionError where only some are, which serves no purpose."""
    missing = [name for name in names if not values[name]]
    if missing and len(missing) < len(names):
        raise OptionError(f"{kind}: to send, option {missing[0]} is missing as well")
    return not missing


def one_of(kind: str, values: Mapping[str, str], choices: Mapping[str, Sequence[str]]) -> None:
    """Raise OptionError where one of these options has a value that it cannot have."""
    for name, known in choices.items():
        if values[name] not in known:
            raise OptionError(f"{kind}: option {name} must be one of {', '.join(known)}")


def plain_ascii(kind: str, values: Mapping[str, str], longest: Mapping[str, int]) -> None:
    """Raise OptionError where one of these options is too long, or no plain ASCII."""
    for name, most in longest.items():
        if len(values[name]) > most or not (values[name].isascii() and values[name].isprintable()):
            raise OptionError(f"{kind}: option {name} must be plain ASCII of at most {most} characters")


def web_address(kind: str, name: str, value: str) -> str:
    """An http(s) address as configured, or OptionError."""
    try:
        address = URL(value)
    except ValueError:
        address = URL()
    if address.scheme not in ("https", "http") or not address.host or any(c.isspace() for c in value):
        raise OptionError(f"{kind}: option {name} must be an http:// or https:// address")
    return value


def seconds(kind: str, name: str, value: str) -> float:
    """A positive number of seconds, or OptionError."""
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0.0 < number <= 120.0:
        raise OptionError(f"{kind}: option {name} must be a number of seconds up to 120")
    return number
