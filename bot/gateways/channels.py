"""Reads the channels file: a TOML table for each channel, checked key by key, and the channels against each other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.core.calendar import zone_info
from bot.dialogues import ContentError
from bot.dialogues.fields import clock, weekdays
from bot.gateways import GATEWAYS, build
from bot.gateways.channel import Channel, Opening
from bot.gateways.options import OptionError
from bot.gateways.templates import Templates, load_templates

KEYS = (
    "gateway", "number", "signature", "per_second", "per_day", "hours", "zone", "region", "failover", "inbound",
    "templates", "options",
)  # fmt: skip
MOST = 1_000_000_000  # texts; what nobody sends in a day


def read_channels(path: Path, environment: Mapping[str, str]) -> dict[str, Channel]:
    """The channels of this file; raise OptionError that names file, table, key and cure.

    An option written `env:NAME` is taken from the environment.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise OptionError(f"HUIXIN_CHANNELS: {path} does not exist") from None
    except OSError as error:
        raise OptionError(f"HUIXIN_CHANNELS: {path} cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise OptionError(f"{path}: not TOML in UTF-8 ({error})") from None
    channels = {name: _Table(path, name, table).channel(environment) for name, table in tables.items()}
    for name, channel in channels.items():
        _check_others(f"{path}: [{name}]", channel, channels)
    return {name: replace(one, beside=_beside(name, channels)) for name, one in channels.items()}


def _check_others(where: str, channel: Channel, channels: Mapping[str, Channel]) -> None:
    """What a channel says of other channels must be true of them."""
    for key, other in (("failover", channel.failover), ("inbound", channel.inbound)):
        if other and (other not in channels or other == channel.name):
            known = ", ".join(name for name in channels if name != channel.name) or "none"
            raise OptionError(f"{where}: {key}: there is no other channel {other!r}; there are {known}")
    if channel.failover and not channels[channel.failover].gateway.can_send:
        raise OptionError(f"{where}: failover: {channel.failover} only receives; name a channel that sends")
    if channel.inbound and not channel.number:
        raise OptionError(f"{where}: inbound: replies are told apart by their number; give this channel its number")
    if channel.inbound and channels[channel.inbound].inbound:
        raise OptionError(
            f"{where}: inbound: {channel.inbound} has no webhook of its own; name the channel that has it"
        )


def _beside(name: str, channels: Mapping[str, Channel]) -> dict[str, str]:
    return {one.number: one.name for one in channels.values() if one.inbound == name}


class _Table:
    """One channel's table; every look-up that fails says where, and what would be right."""

    def __init__(self, path: Path, name: str, table: Any):
        self.path, self.name, self.where = path, name, f"{path}: [{name}]"
        if not isinstance(table, dict):
            raise OptionError(f"{path}: {name!r} stands outside a table; write it under a line such as [bank]")
        if not re.fullmatch(r"[A-Za-z0-9-]{1,32}", name):
            raise OptionError(f"{self.where}: a channel's name has up to 32 letters, digits and dashes")
        if strange := sorted(set(table) - set(KEYS)):
            raise OptionError(f"{self.where}: {strange[0]}: unknown key; known are {', '.join(KEYS)}")
        self.table = table

    def channel(self, environment: Mapping[str, str]) -> Channel:
        """The channel, built."""
        gateway = self._text("gateway")
        if gateway not in GATEWAYS:
            raise self._wrong("gateway", f"write one of {', '.join(GATEWAYS)}")
        zone = self._text("zone", "Asia/Shanghai")
        if zone_info(zone) is None:
            raise self._wrong("zone", "write a time zone, for example Asia/Shanghai")
        region = self._text("region", "CN")
        if not re.fullmatch(r"[A-Z]{2}", region):
            raise self._wrong("region", "write a country's two capitals, for example CN")
        try:
            return Channel(
                name=self.name,
                gateway=build(gateway, self._options(environment)),
                number=self._text("number"),
                signature=self._text("signature"),
                per_second=self._number("per_second", 20),
                per_day=self._number("per_day", MOST) if "per_day" in self.table else None,
                opening=self._opening(),
                zone=zone,
                region=region,
                failover=self._text("failover"),
                inbound=self._text("inbound"),
                templates=self._templates(),
            )
        except OptionError as error:
            raise OptionError(str(error) if self.where in str(error) else f"{self.where}: {error}") from None

    def _text(self, key: str, default: str = "") -> str:
        value = self.table.get(key, default)
        if not isinstance(value, str) or len(value) > 500 or any(ord(c) < 32 for c in value):
            raise self._wrong(key, 'write text, in quotes: "…"')
        return value

    def _number(self, key: str, default: int) -> int:
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
            raise self._wrong(key, "write a whole number of texts, 1 or more, for example 20")
        return value

    def _templates(self) -> Templates:
        file = self._text("templates")
        try:
            return load_templates(self.path.parent / file) if file else {}
        except (ContentError, OSError) as error:
            raise self._wrong("templates", str(error)) from None

    def _opening(self) -> Opening | None:
        said = self._text("hours")
        if not said:
            return None
        try:
            days, hours = said.split()
            first, last = hours.split("-")
            opening = Opening(clock(first), clock(last), weekdays(days))
        except (ValueError, IndexError):
            raise self._wrong("hours", 'write for example "mon-sun 08:00-21:00"') from None
        if opening.opens >= opening.closes:
            raise self._wrong("hours", "it must close after it opens, on the same day")
        return opening

    def _options(self, environment: Mapping[str, str]) -> dict[str, str]:
        given = self.table.get("options", {})
        if not isinstance(given, dict):
            raise self._wrong("options", f"write them under [{self.name}.options]")
        return {key: self._option(key, value, environment) for key, value in given.items()}

    def _option(self, key: str, value: Any, environment: Mapping[str, str]) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise OptionError(f'{self.where}: option {key}: write text, in quotes: "…"')
        text = str(value)
        if not text.startswith("env:"):
            return text
        name = text.removeprefix("env:")
        if name not in environment:
            raise OptionError(f"{self.where}: option {key}: the environment has no {name}; set it, or write the value")
        return environment[name]

    def _wrong(self, key: str, cure: str) -> OptionError:
        return OptionError(f"{self.where}: {key}: {cure}")
