"""Reads the policy files as they are written, and refuses to go on where they hold something that it cannot judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import holidays
import yaml

HEAD = {
    "id", "kind", "products", "roles", "purposes", "channels", "source", "grade", "effective_from", "effective_until",
    "confirmed_by", "confirmed_on",
}  # fmt: skip
HOLD = {"lasts", "stops", "source", "grade", "review", "reviewed_by"}  # a review calls a person and lifts nothing
KINDS = {
    "hours": {"week", "holidays", "worked", "unless"},
    "cap": {"limit", "days", "per", "counts", "only_reached", "spares_answers"},
    "consent": {"consent"},
    "number_source": {"sources"},
    "verified_number": {"days"},
    "notice": {"wait_days"},
    "time_barred": set(),
    "words": {"phrases"},
    "opt_out_scope": {"reaches"},
}
PURPOSES = {"reminder", "promise_reminder", "reply", "agent", "notice", "opt_out_confirmation", "safety"}
SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class CannotJudge(Exception):
    """The policy files, or the log, hold something that the checker does not know: it passes no verdict at all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule as it stands in a file, and the calendar of that file. Empty sets bind all."""

    id: str
    kind: str
    values: dict[str, Any]
    calendar: str
    since: date
    until: date
    products: frozenset[str]
    roles: frozenset[str]
    purposes: frozenset[str]
    channels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pack:
    """One file of contact rules; `on` names the jurisdiction that it is laid upon."""

    rows: tuple[Row, ...]
    on: str
    calendar: str


class Policy:
    """Everything under dialogues/policies/ that a text can offend against."""

    def __init__(self, dialogues: Path) -> None:
        folder = dialogues / "policies"
        bank = _mapping(folder / "contact" / "bank.yml", {"version", "rules", "cannot_wait", "conversation"})
        self.cannot_wait = _purposes(bank.get("cannot_wait", []), "bank.yml: cannot_wait")
        self.conversation = _duration(bank["conversation"])
        self._bank = bank
        names = {"version", "on", "holidays", "rules"}
        files = {path.stem: path for path in sorted((folder / "contact").glob("*.yml")) if path.stem != "bank"}
        self._packs = {stem: _mapping(path, names) for stem, path in files.items()}
        if "default" not in self._packs:
            raise CannotJudge(f"{folder / 'contact'}: default.yml is missing")
        for name in self._packs:
            self.rows(name.partition("-")[0] if "on" in self._packs[name] else name, name)  # all are read at once
        self.stops = _stops(folder / "holds.yml")
        self.reminds = _remind_days(folder / "promises.yml") | _remind_days(folder / "plans.yml")

    def rows(self, jurisdiction: str, place: str) -> tuple[Row, ...]:
        """The rules for a place: its jurisdiction's, the place's (all places' where it is not known), the bank's."""
        return self._rows(jurisdiction if jurisdiction in self._packs else "default", place)

    @lru_cache(maxsize=256)  # noqa: B019  (a policy lives as long as the run)
    def _rows(self, base: str, place: str) -> tuple[Row, ...]:
        first = self._packs[base]
        country = first.get("holidays", "")
        overlays = [name for name, pack in self._packs.items() if pack.get("on") == base]
        if place in overlays:
            overlays = [place]
        elif place.startswith(f"{base}-") and _is_part(country, place.removeprefix(f"{base}-")):
            overlays = []
        rows = _read(first, country, base)
        for name in overlays:
            rows += _read(self._packs[name], self._packs[name].get("holidays", country), name)
        return (*rows, *_read(self._bank, country, "bank"))


def _mapping(path: Path, known: set[str]) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  (strings only)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CannotJudge(f"{path}: cannot be read ({error})") from None
    if not isinstance(content, dict):
        raise CannotJudge(f"{path}: is no mapping")
    if unknown := content.keys() - known:
        raise CannotJudge(f"{path}: cannot judge {', '.join(sorted(unknown))}")
    return content


def _read(pack: dict[str, Any], calendar: str, name: str) -> list[Row]:
    rows = []
    for values in pack["rules"]:
        kind = values.get("kind", "")
        if kind not in KINDS:
            raise CannotJudge(f"{name}.yml: {values.get('id')}: cannot judge rule kind {kind!r}")
        if unknown := values.keys() - HEAD - KINDS[kind]:
            raise CannotJudge(f"{name}.yml: {values['id']}: cannot judge {', '.join(sorted(unknown))} of a {kind} rule")
        rows.append(
            Row(
                id=values["id"],
                kind=kind,
                values=values,
                calendar=calendar,
                since=date.fromisoformat(values["effective_from"]),
                until=date.fromisoformat(values.get("effective_until", "9999-12-31")),
                products=frozenset(values.get("products", [])),
                roles=frozenset(values.get("roles", [])),
                purposes=_purposes(values.get("purposes", []), f"{name}.yml: {values['id']}"),
                channels=frozenset(values.get("channels", [])),
            )
        )
    return rows


def _purposes(names: list[str], where: str) -> frozenset[str]:
    if unknown := set(names) - PURPOSES:
        raise CannotJudge(f"{where}: cannot judge the purpose {', '.join(sorted(unknown))}")
    return frozenset(names)


def _stops(path: Path) -> dict[str, frozenset[str]]:
    holds = _mapping(path, {"version", "holds"})["holds"]
    for name, hold in holds.items():
        if unknown := hold.keys() - HOLD:
            raise CannotJudge(f"{path}: {name}: cannot judge {', '.join(sorted(unknown))}")
    return {name: _purposes(hold["stops"], f"{path}: {name}") for name, hold in holds.items()}


def _remind_days(path: Path) -> frozenset[int]:
    if not path.exists():
        return frozenset()
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  (strings only)
    return frozenset(int(days) for days in content["remind_days_before"])


def _duration(words: str) -> timedelta:
    number, unit = words.split()
    return timedelta(seconds=int(number) * SECONDS[unit.removesuffix("s")])


def _is_part(country: str, part: str) -> bool:
    return part.upper() in holidays.list_supported_countries().get(country, [])


@lru_cache(maxsize=4096)
def day_kind(calendar: str, day: date) -> str:
    """`off` on a public holiday and on a weekend that lies within one, `worked` on a weekend day that is worked in a
    holiday's stead, else empty."""
    if not calendar:
        return ""
    found = _calendar(calendar)
    if day in found:
        return "off"
    if day in getattr(found, "weekend_workdays", ()):
        return "worked"
    return "off" if _is_within_holiday(found, day) else ""


def _is_within_holiday(found: Any, day: date) -> bool:
    """Whether every day around this weekend day, up to the nearest that is no plain day of a weekend, is off."""
    if day.strftime("%a") not in ("Sat", "Sun"):
        return False
    around = [day + timedelta(days=n) for n in (-2, -1, 1, 2)]
    before = max(one for one in around if one < day and (one in found or one.weekday() < 5))
    after = min(one for one in around if one > day and (one in found or one.weekday() < 5))
    return before in found and after in found


@lru_cache
def _calendar(name: str) -> Any:
    country, _, part = name.partition("-")
    return holidays.country_holidays(country, subdiv=part or None)


def within(span: str, there: datetime) -> bool:
    """Whether a wall clock stands within `09:00-20:00`; never within `closed`."""
    if span == "closed":
        return False
    opens, closes = span.split("-")
    return opens <= there.strftime("%H:%M") and there.strftime("%H:%M:%S.%f") < closes
