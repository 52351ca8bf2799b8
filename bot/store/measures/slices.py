"""Which part of the rows is counted: whole days of the bank's clock, and some of the customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from bot.core.calendar import local_day, moment
from bot.core.kinds import Cap
from bot.store.cases import account, case_file, handoff
from bot.store.scope import NOBODY, Scope

# Days past due, from and to: the usual names of arrears by their month.
AGES: dict[str, tuple[int | None, int | None]] = {
    "before": (None, 0),
    "m1": (1, 30),
    "m2": (31, 60),
    "m3": (61, 90),
    "m3_plus": (91, None),
}


def age_of(days_past_due: int) -> str:
    """The name of an age of arrears."""
    return next(name for name, (_, last) in AGES.items() if last is None or days_past_due <= last)


@dataclass(frozen=True, slots=True)
class Slice:
    """From `first` to `last`, both whole days on the clock of `zone`; `now` is when it is asked, and
    `scope` whose customers may be seen.

    `product` and `age` choose customers by their accounts on file: any of this product; the oldest due day so long
    ago, whether or not anything is still due. `agent_id` chooses those whom this person has or took in these days.
    `what` chooses among a measure's rows by their word, `tier` among promises by the arrears on the day of the promise.
    `cap` is the contact cap whose use is counted, and `zones` are all that customers' files name: a cap by the day
    counts each customer's own. `places` are the jurisdictions and places in them that the cap holds in; none: all.
    """

    first: date
    last: date
    now: datetime
    zone: str
    scope: Scope = NOBODY
    product: str = ""
    age: str = ""
    agent_id: int | None = None
    what: str = ""
    tier: str = ""
    cap: Cap | None = None
    zones: tuple[str, ...] = ()
    places: tuple[tuple[str, str], ...] = ()

    @property
    def today(self) -> date:
        """The day on which it is asked."""
        return local_day(self.now, self.zone)

    @property
    def since(self) -> datetime:
        """The first moment."""
        return moment(self.first, time(0), self.zone)

    @property
    def until(self) -> datetime:
        """The moment after the last."""
        return moment(self.last + timedelta(days=1), time(0), self.zone)

    @property
    def days(self) -> list[date]:
        """Every day, oldest first."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def within(self, column: Any) -> ColumnElement[bool]:
        """That a moment lies in these days."""
        inside: ColumnElement[bool] = (column >= self.since) & (column < self.until)
        return inside

    def customers(self, column: Any) -> list[ColumnElement[bool]]:
        """That the customer with the id in this column is one of those chosen."""
        chosen = [self.scope.lets_id(column)]
        if self.product:
            chosen.append(column.in_(select(account.c.customer_id).where(account.c.product == self.product)))
        if self.age:
            chosen += self._by_age(column)
        if self.agent_id is not None:
            took = select(handoff.c.customer_id).where(
                handoff.c.agent_id == self.agent_id, self.within(handoff.c.taken_at)
            )
            has = select(case_file.c.customer_id).where(case_file.c.agent_id == self.agent_id)
            chosen.append(column.in_(took.union(has)))
        return chosen

    def _by_age(self, column: Any) -> list[ColumnElement[bool]]:
        """That the oldest due day is of this age: one is, and none is older."""
        first, last = AGES[self.age]
        due, of_age = select(account.c.customer_id), []
        if first is not None:
            due = due.where(account.c.due_on <= self.today - timedelta(days=first))
        if last is not None:
            since = self.today - timedelta(days=last)
            due, older = due.where(account.c.due_on >= since), account.alias("older")
            of_age.append(~exists().where(older.c.customer_id == column, older.c.due_on < since))
        return [column.in_(due), *of_age]


def period(now: datetime, zone: str, scope: Scope, days: int, **chosen: Any) -> Slice:
    """The last so many days, today among them."""
    today = local_day(now, zone)
    return Slice(today - timedelta(days=days - 1), today, now, zone, scope, **chosen)
