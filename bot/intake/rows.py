"""What a row must hold: columns, and the checks that name the first one which is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from bot.core.calendar import zone_info
from bot.core.case import Consent, CreditorRole, NumberSource, Product
from bot.store.inbox import e164
from bot.store.portfolio import PaymentRow, PortfolioRow
from bot.store.tables.fields import TEAM

E = TypeVar("E", bound=StrEnum)
CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
AMOUNT = re.compile(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?", re.ASCII)

PORTFOLIO_COLUMNS = {
    "customer": "the bank's reference of the customer",
    "name": "the customer's name",
    "phone": "the number that the customer left with the bank",
    "account": "the bank's reference of the account",
    "product": "personal_loan, credit_card or business_loan",
    "balance": "all that is owed, for example 1200.00",
    "amount_due": "what is demanded now",
    "due_date": "the oldest unpaid due day, YYYY-MM-DD",
    "minimum_due": "cards: the minimum payment; may be left out",
    "tail": "the last digits that the customer knows the account by; may be left out",
    "language": "zh or en; may be left out",
    "zone": "time zone such as Asia/Shanghai; several, separated by blanks, where unsure; may be left out",
    "jurisdiction": "whose contact rules hold, such as cn or us; may be left out",
    "currency": "such as CNY; may be left out",
    "place": "where within the jurisdiction, such as us-ma; left out: the rules of all its places hold",
    "team": "the team whose agents see the customer; left out: agents without team do",
    "creditor_role": "first_party, third_party or servicer; may be left out",
    "number_source": "reserved, contract, authorised, public, reserved_contact or credit_bureau; may be left out",
    "number_verified": "the day on which the number was last verified, YYYY-MM-DD; may be left out",
    "consents": "night_contact, electronic_contact, separated by blanks; may be left out",
    "notice_date": "the day on which the written notice of the debt was sent, YYYY-MM-DD; may be left out",
    "verify_by": "4 to 6 digits to verify the customer by, such as the tail of the identity document (whose last "
    "character may be X); stored only as a keyed hash; may be left out",
    "time_barred": "yes or no: whether the limitation period is over; may be left out",
}
PAYMENT_COLUMNS = {
    "payment": "the bank's reference of the payment",
    "account": "the bank's reference of the account",
    "amount": "what was paid, for example 500.00",
    "paid_on": "the day of payment, YYYY-MM-DD",
}
REQUIRED = {"customer", "name", "phone", "account", "product", "balance", "amount_due", "due_date"}


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a row means where it leaves a column out."""

    language: str = "zh"
    zones: str = "Asia/Shanghai"
    jurisdiction: str = "cn"
    currency: str = "CNY"
    region: str = "CN"


class BadField(Exception):
    """One value of a row is wrong. `code` names what is wrong with it, for the console to say it in its own words."""

    def __init__(self, column: str, code: str, problem: str, **values: str):
        super().__init__(problem)
        self.column, self.code, self.problem, self.values = column, code, problem, values


def portfolio_row(row: Mapping[str, str], defaults: Defaults) -> PortfolioRow:
    """Check one row of a portfolio; raise BadField naming the first column that is wrong."""
    balance, due = _money(row, "balance"), _money(row, "amount_due")
    _within("amount_due", due, balance)
    minimum = _money(row, "minimum_due") if row.get("minimum_due") else None
    if minimum is not None and minimum > balance:
        raise BadField(
            "minimum_due", "above_balance", f"{minimum} is more than the balance {balance}", value=str(minimum)
        )
    zones = (row.get("zone") or "").split() or defaults.zones.split(",")
    if len(zones) > 4:
        raise BadField("zone", "zones", "names more than four time zones")
    for zone in zones:
        if zone_info(zone) is None:
            raise BadField("zone", "zone", f"{zone!r} is no time zone; write for example Asia/Shanghai", value=zone)
    language = row.get("language") or defaults.language
    if language not in ("zh", "en"):
        raise BadField("language", "language", f"{language!r} is not zh or en", value=language)
    number = e164(_text(row, "phone", 40), defaults.region)
    if not number.startswith("+"):
        raise BadField(
            "phone", "phone", "is no phone number; write it with the country code, for example +8613800000000"
        )
    product = _member(row, "product", Product)
    jurisdiction = (row.get("jurisdiction") or defaults.jurisdiction).lower()
    if not re.fullmatch("[a-z0-9_-]{1,16}", jurisdiction):
        raise BadField(
            "jurisdiction",
            "jurisdiction",
            f"{jurisdiction!r} is no name of contact rules such as cn",
            value=jurisdiction,
        )
    place = (row.get("place") or "").lower()
    if place and not re.fullmatch(f"{jurisdiction}-[a-z0-9]{{1,12}}", place):
        raise BadField(
            "place", "place", f"{place!r} is no place within {jurisdiction}; write for example us-ma", value=place
        )
    currency = (row.get("currency") or defaults.currency).upper()
    if not re.fullmatch("[A-Z]{3}", currency):
        raise BadField("currency", "currency", f"{currency!r} is no currency code such as CNY", value=currency)
    return PortfolioRow(
        customer=_text(row, "customer", 64),
        name=_text(row, "name", 100),
        number=number,
        language=language,
        zones=",".join(zones),
        jurisdiction=jurisdiction,
        account=_text(row, "account", 64),
        product=product,
        balance=balance,
        amount_due=due,
        minimum_due=minimum,
        due_on=_day(row, "due_date"),
        currency=currency,
        tail=_text(row, "tail", 8) if row.get("tail") else _text(row, "account", 64)[-4:],
        place=place,
        team=_text(row, "team", TEAM) if (row.get("team") or "").strip() else "",
        creditor_role=_member(row, "creditor_role", CreditorRole, CreditorRole.FIRST_PARTY),
        number_source=_member(row, "number_source", NumberSource, NumberSource.RESERVED),
        number_verified_on=_day(row, "number_verified") if row.get("number_verified") else None,
        consents=_consents(row),
        notice_on=_day(row, "notice_date") if row.get("notice_date") else None,
        time_barred=_flag(row, "time_barred"),
        verify_by=_verify_by(row),
    )


def payment_row(row: Mapping[str, str], defaults: Defaults) -> PaymentRow:
    """Check one payment."""
    amount = _money(row, "amount")
    if amount == 0:
        raise BadField("amount", "zero", "must be more than 0")
    return PaymentRow(_text(row, "payment", 64), _text(row, "account", 64), amount, _day(row, "paid_on"))


def _within(column: str, amount: Decimal, balance: Decimal) -> None:
    if amount > balance:
        raise BadField(column, "above_balance", f"{amount} is more than the balance {balance}", value=str(amount))


def _text(row: Mapping[str, str], column: str, longest: int) -> str:
    value = (row.get(column) or "").strip()
    if not value:
        raise BadField(column, "empty", "is empty")
    if len(value) > longest:
        raise BadField(column, "long", f"is longer than {longest} characters", most=str(longest))
    if CONTROL.search(value):
        raise BadField(column, "control", "has control characters")
    return value


def _member(row: Mapping[str, str], column: str, kind: type[E], default: E | None = None) -> E:
    if not row.get(column) and default is not None:
        return default
    try:
        return kind(_text(row, column, 20))
    except ValueError:
        raise _unknown(column, row[column], kind) from None


def _unknown(column: str, value: str, kind: type[StrEnum]) -> BadField:
    known = ", ".join(kind)
    return BadField(column, "unknown", f"{value!r} is unknown; known are {known}", value=value, known=known)


def _consents(row: Mapping[str, str]) -> str:
    names = (row.get("consents") or "").split()
    for name in names:
        if name not in set(Consent):
            raise _unknown("consents", name, Consent)
    return " ".join(sorted(set(names)))


def _verify_by(row: Mapping[str, str]) -> str:
    value = (row.get("verify_by") or "").strip().upper()
    if value and not re.fullmatch("[0-9]{3,5}[0-9X]", value):
        raise BadField(
            "verify_by",
            "verify_by",
            "is not 4 to 6 digits, of which the last may be X; write such as the last four of the identity document",
        )
    return value


def _flag(row: Mapping[str, str], column: str) -> bool:
    value = (row.get(column) or "no").strip().lower()
    if value not in ("yes", "no"):
        raise BadField(column, "flag", f"{value!r} is not valid; write yes or no", value=value)
    return value == "yes"


def _money(row: Mapping[str, str], column: str) -> Decimal:
    text = _text(row, column, 20)
    # A comma parts thousands and nothing else: 500,50 is not 50050, and nobody may be dunned for it.
    if not AMOUNT.fullmatch(text):
        raise BadField(column, "amount", f"{text!r} is no amount; write for example 1200.00", value=text)
    value = Decimal(text.replace(",", ""))
    if value < 0 or value >= Decimal("1e12"):
        raise BadField(column, "range", f"{text!r} is out of range", value=text)
    if value != value.quantize(Decimal("0.01")):
        raise BadField(column, "cents", f"{text!r} has fractions of a cent", value=text)
    return value.quantize(Decimal("0.01"))


def _day(row: Mapping[str, str], column: str) -> date:
    text = _text(row, column, 20)
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  (a day has no zone)
    except ValueError:
        raise BadField(column, "day", f"{text!r} is no day; write YYYY-MM-DD", value=text) from None
    if not 2000 <= day.year <= 2100:
        raise BadField(column, "range", f"{text!r} is out of range", value=text)
    return day
