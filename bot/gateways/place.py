"""Where a gateway that holds a connection connects to, and how it behaves there: the options that all of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.gateways.options import Option, OptionError, seconds

OPTIONS = (
    Option("host", "the operator's address", required=True),
    Option("port", "and its port", required=True),
    Option("tls", "yes: the connection is encrypted and the operator's certificate is checked", default="no"),
    Option("window", "how many texts may wait for an answer at a time, per connection", default="16"),
    Option("connections", "how many connections the operator allows at a time, all processes together", default="1"),
    Option("timeout_seconds", "how long a text may take, all its parts; less than HUIXIN_LEASE_SECONDS", default="10"),
    Option("test_seconds", "after so long a silence the connection is tested", default="30"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where to connect to, and how to behave there."""

    host: str
    port: int
    tls: bool = False
    window: int = 16
    connections: int = 1
    timeout_seconds: float = 10.0
    test_seconds: float = 30.0


def read_place(kind: str, values: Mapping[str, str]) -> Place:
    """The options above, or OptionError."""
    if any(c.isspace() or c in "/@" for c in values["host"]):
        raise OptionError(f"{kind}: option host must be a name or an address alone")
    return Place(
        values["host"],
        whole_number(kind, "port", values["port"], 65535),
        yes_or_no(kind, "tls", values["tls"]),
        whole_number(kind, "window", values["window"], 1000),
        whole_number(kind, "connections", values["connections"], 50),
        seconds(kind, "timeout_seconds", values["timeout_seconds"]),
        seconds(kind, "test_seconds", values["test_seconds"]),
    )


def whole_number(kind: str, name: str, value: str, most: int, least: int = 1) -> int:
    """A whole number within limits, or OptionError."""
    if not (value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most):
        raise OptionError(f"{kind}: option {name} must be a whole number from {least} to {most}")
    return int(value)


def yes_or_no(kind: str, name: str, value: str) -> bool:
    """Whether it says yes; OptionError for anything but yes and no."""
    if value not in ("yes", "no"):
        raise OptionError(f"{kind}: option {name} must be yes or no")
    return value == "yes"
