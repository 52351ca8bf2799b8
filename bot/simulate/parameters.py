"""Loads customers.yml: what simulated customers are like. Assumptions, each with its source and grade."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from bot.core.calendar import zone_info
from bot.dialogues import ContentError
from bot.dialogues.fields import Fields

SHIPPED = Path(__file__).with_name("customers.yml")
CHANCES = (
    "replies", "answers_question", "keeps_promise", "pays_part", "reminder_lift", "opts_out", "complains",
    "person_replies", "pays_at_payday", "reached_by_call", "agrees_with_agent", "dispute_is_right", "wishes_hours",
    "second_zone", "number_unknown", "time_barred",
)  # fmt: skip
NUMBERS = ("annoyance_a_text", "annoyance_halves", "reply_minutes", "agent_days", "segment_yuan")
PAYS = ("all", "part", "none")


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of customer. `says` weighs what a reply that nobody asked for is about."""

    name: str
    share: float
    cures_alone: float
    pays_on_text: float
    pays: str
    replies: float
    keeps: float
    annoyed: float
    says: dict[str, float]
    stranger: bool
    dead_number: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A jurisdiction, as far as customers are made in it."""

    currency: str
    worth: Decimal
    zones: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parameters:
    """Everything in customers.yml."""

    version: str
    start: date
    chances: dict[str, float]
    numbers: dict[str, float]
    kinds: dict[str, Kind]
    places: dict[str, Place]
    promises: dict[str, tuple[str, ...]]
    agent: dict[str, str]


def load_parameters(path: Path = SHIPPED) -> Parameters:
    """Read and check; raise ContentError with the file and the cure."""
    fields = Fields.of(path).only("version", "start", "chances", "numbers", "types", "places", "promises", "agent")
    kinds = {name: _kind(name, part) for name, part in fields.part("types").parts().items()}
    if abs(sum(kind.share for kind in kinds.values()) - 1) > 1e-9:
        raise ContentError(f"{path}: types: the shares add up to {sum(k.share for k in kinds.values()):.4f}, not to 1")
    places = {name: _place(part) for name, part in fields.part("places").parts().items()}
    if "default" not in places:
        raise ContentError(f"{path}: places: default is missing")
    return Parameters(
        version=fields.text("version"),
        start=fields.get("start", date.fromisoformat, "2026-11-23"),
        chances=_known(fields.part("chances"), CHANCES, most=1),
        numbers=_known(fields.part("numbers"), NUMBERS, most=1e6),
        kinds=kinds,
        places=places,
        promises={language: _templates(fields.part("promises"), language) for language in ("zh", "en")},
        agent={language: fields.part("agent").text(language) for language in ("zh", "en")},
    )


def _known(part: Fields, names: tuple[str, ...], most: float) -> dict[str, float]:
    part.only(*names)
    return {name: _sourced(part.part(name), most) for name in names}


def _sourced(part: Fields, most: float) -> float:
    part.only("value", "source", "grade")
    part.text("source"), part.text("grade")
    return _float(part, "value", most)


def _float(part: Fields, name: str, most: float) -> float:
    value = part.get(name, float, "0.5")
    if not 0 <= value <= most:
        raise ContentError(f"{part.where}: {name}: {value} is out of range; it must be from 0 to {most}")
    return value


def _kind(name: str, part: Fields) -> Kind:
    part.only(
        "share", "cures_alone", "pays_on_text", "pays", "replies", "keeps", "annoyed", "says", "stranger", "dead_number"
    )
    pays, says = part.text("pays"), part.part("says")
    if pays not in PAYS:
        raise ContentError(f"{part.where}: pays: {pays!r} is not valid; write {', '.join(PAYS)}")
    return Kind(
        name=name,
        share=_float(part, "share", 1),
        cures_alone=_float(part, "cures_alone", 1),
        pays_on_text=_float(part, "pays_on_text", 1),
        pays=pays,
        replies=_float(part, "replies", 100),
        keeps=_float(part, "keeps", 100),
        annoyed=_float(part, "annoyed", 100),
        says={intent: _float(says, intent, 1000) for intent in says.values},
        stranger=part.flag("stranger"),
        dead_number=part.flag("dead_number"),
    )


def _place(part: Fields) -> Place:
    part.only("currency", "worth", "zones", "places")
    zones, places = part.values.get("zones", []), part.values.get("places", [])
    if not isinstance(zones, list) or not zones or any(zone_info(zone) is None for zone in zones):
        raise ContentError(f"{part.where}: zones: must be a list of time zones, such as [Asia/Shanghai]")
    if not isinstance(places, list) or not places:
        raise ContentError(f'{part.where}: places: must be a list; [""] where there are none')
    worth = part.get("worth", Decimal, "7")
    if not worth.is_finite() or worth <= 0:
        raise ContentError(f"{part.where}: worth: {worth} is no rate; write for example 7")
    return Place(part.text("currency"), worth, tuple(zones), tuple(places))


def _templates(part: Fields, language: str) -> tuple[str, ...]:
    found = part.values.get(language)
    if not isinstance(found, list) or not found:
        raise ContentError(f"{part.where}: {language}: must be a list of texts with {{day}} and {{amount}}")
    sample = {"day": 1, "month": 1, "monthname": "Jan", "amount": 1}
    for text in found:
        try:
            text.format(**sample)
        except (KeyError, ValueError, IndexError):
            raise ContentError(f"{part.where}: {text!r}: known are {', '.join(sample)}, in braces") from None
    return tuple(found)
