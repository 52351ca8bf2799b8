"""Who a simulated customer is: drawn from the seed and the customer's number alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from bot.checker import log
from bot.core.calendar import local_day, moment
from bot.core.case import Account, Case, Consent, NumberSource, Preference, Product
from bot.simulate.luck import Luck
from bot.simulate.parameters import Kind, Parameters

PRODUCTS = {Product.PERSONAL_LOAN: 5.0, Product.CREDIT_CARD: 4.0, Product.BUSINESS_LOAN: 1.0}
MEDIAN_DUE = {Product.PERSONAL_LOAN: 1500.0, Product.CREDIT_CARD: 2500.0, Product.BUSINESS_LOAN: 12000.0}  # yuan
ARREARS = {(-5, 0): 3.0, (1, 3): 2.0, (4, 15): 2.5, (16, 30): 1.5, (31, 60): 1.0, (61, 120): 0.5}  # days past due
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer: what the bank knows (`case`), and what it does not. `worth`: yuan for one unit of their money."""

    id: int
    kind: Kind
    payday: int
    worth: Decimal
    case: Case
    luck: Luck

    def next_payday(self, today: date) -> date:
        """The next day on which money comes in, today excluded."""
        day = today + timedelta(days=1)
        while day.day != self.payday:
            day += timedelta(days=1)
        return day


def draw(
    id: int, seed: int, parameters: Parameters, languages: tuple[str, ...], jurisdictions: tuple[str, ...]
) -> Customer:
    """The customer of this number."""
    luck = Luck(seed, id)
    kind = parameters.kinds[luck.weigh({name: one.share for name, one in parameters.kinds.items()}, "kind")]
    jurisdiction = luck.choose(jurisdictions, "jurisdiction")
    place = parameters.places.get(jurisdiction) or parameters.places["default"]
    zones = [luck.choose(place.zones, "zone")]
    if len(place.zones) > 1 and luck.happens(parameters.chances["second_zone"], "second-zone"):
        zones.append(luck.choose([zone for zone in place.zones if zone != zones[0]], "other-zone"))
    start = moment(parameters.start, time(0), zones[0])
    unknown = luck.happens(parameters.chances["number_unknown"], "number")
    case = Case(
        customer_id=id,
        language=luck.choose(languages, "language"),
        zones=tuple(zones),
        jurisdiction=jurisdiction,
        place=luck.choose(place.places, "place"),
        number_source=NumberSource.UNKNOWN if unknown else NumberSource.RESERVED,
        consents=frozenset(Consent) if luck.happens(0.5, "consent") else frozenset(),
        preference=_preference(luck) if luck.happens(parameters.chances["wishes_hours"], "wish") else None,
        accounts=(_account(luck, parameters, place.worth, place.currency, local_day(start, zones[0])),),
    )
    return Customer(id, kind, luck.between(1, 28, "payday"), place.worth, case, luck)


def _preference(luck: Luck) -> Preference:
    opens = luck.between(9, 15, "wish-opens")
    days = luck.choose((frozenset(range(5)), frozenset({5, 6}), frozenset(range(7))), "wish-days")
    return Preference(time(opens), time(luck.between(opens + 2, 20, "wish-closes")), days)


def _account(luck: Luck, parameters: Parameters, worth: Decimal, currency: str, today: date) -> Account:
    product = luck.weigh(PRODUCTS, "product")
    yuan = luck.sum_around(MEDIAN_DUE[product], 0.7, "due")
    due = (Decimal(yuan) / worth).quantize(CENT, rounding=ROUND_HALF_UP)
    first, last = luck.weigh(ARREARS, "arrears")
    return Account(
        id=1,
        product=product,
        balance=(due * luck.between(1, 6, "balance")).quantize(CENT),
        amount_due=due,
        minimum_due=(due / 10).quantize(CENT, rounding=ROUND_HALF_UP) if product is Product.CREDIT_CARD else None,
        due_on=today - timedelta(days=luck.between(first, last, "days-past-due")),
        currency=currency,
        tail=f"{luck.between(0, 9999, 'tail'):04}",
        time_barred=luck.happens(parameters.chances["time_barred"], "barred"),
    )


def facts(case: Case) -> log.Person:
    """The same customer as the checker is told of them: names and values, nothing of ours."""
    wish = case.preference
    return log.Person(
        id=case.customer_id,
        debts=tuple(log.Debt(a.id, str(a.product), a.amount_due, a.time_barred) for a in case.accounts),
        jurisdiction=case.jurisdiction,
        place=case.place,
        zones=case.zones,
        language=case.language,
        role=str(case.creditor_role),
        number_source=str(case.number_source),
        number_verified_on=case.number_verified_on,
        notice_on=case.notice_on,
        consents=frozenset(map(str, case.consents)),
        wish=None if wish is None else _wish(wish),
    )


def _wish(wish: Preference) -> log.Wish:
    return log.Wish(wish.opens, wish.closes, wish.weekdays, frozenset(map(str, wish.blocked)))


def begin(case: Case, start: date) -> datetime:
    """Midnight of the first day, on the customer's clock."""
    return moment(start, time(0), case.zone)
