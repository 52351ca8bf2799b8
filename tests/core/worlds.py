"""Random cases, readings and events for the properties of the core; small, and of every kind."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from bot.core.agreement import Authority, Instalment, Offer, Plan, PlanKind, PlanStatus, Promise
from bot.core.case import (
    Account,
    Case,
    Consent,
    Contact,
    ContactChannel,
    CreditorRole,
    Hold,
    HoldKind,
    NumberSource,
    Owner,
    Preference,
    Product,
    State,
    Timer,
    Verification,
)
from bot.core.decision import COUNTED
from bot.core.event import AgentActed, AgentAction, Event, Heard, NumberRefused, PaymentPosted, SendFailed, TimerDue
from bot.core.reading import AmountKind, Asked, Intent, Reading, SaidAmount, Wish, by_rank

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)  # Monday, 10:02 in Shanghai
TODAY = date(2026, 11, 23)
ZONES = (
    "Asia/Shanghai", "Asia/Kolkata", "Asia/Kathmandu", "Europe/London", "America/New_York", "America/Los_Angeles",
    "America/St_Johns", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati", "Africa/Casablanca", "UTC",
)  # fmt: skip
QUEUES = ("general", "crisis", "hardship", "undelivered")
quick = settings(max_examples=100, derandomize=True, deadline=None, database=None)
few = settings(quick, max_examples=25)  # where a test is run for each state or intent

sums = st.decimals(Decimal("0.01"), Decimal(99999), places=2)
days = st.dates(TODAY - timedelta(days=200), TODAY + timedelta(days=400))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
zone_sets = st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True).map(tuple)
rarely = st.sampled_from((False, False, False, False, True))
preferences = st.none() | st.builds(
    Preference,
    st.sampled_from((time(0), time(12), time(18))),
    st.sampled_from((time(19), time(21), time(23, 59))),
    st.sampled_from((frozenset(range(7)), frozenset({5, 6}))),
    st.sampled_from((frozenset[ContactChannel](), frozenset({ContactChannel.SMS}), frozenset({ContactChannel.CALL}))),
)
scores = st.sampled_from((0.0, 0.3, 0.6, 0.8, 1.0))


@st.composite
def accounts(draw: DrawFn, id: int = 1, owing: bool = False) -> Account:
    """A loan or a card; what is due is never more than what is owed."""
    balance = draw(sums)
    due = draw(st.decimals(Decimal("0.01") if owing else Decimal(0), balance, places=2))
    product = draw(st.sampled_from(Product))
    minimum = draw(st.none() | st.decimals(Decimal(0), due, places=2)) if product is Product.CREDIT_CARD else None
    return Account(id, product, balance, due, minimum, draw(days), tail="1234", time_barred=draw(rarely))


def histories(before: datetime, hours: int = 40 * 24) -> SearchStrategy[tuple[Contact, ...]]:
    """Contacts of the past weeks, on every channel, oldest first."""
    one = st.builds(
        lambda ago, channel, purpose, accounts, reached, answers: Contact(
            before - timedelta(hours=ago), channel, purpose, accounts, reached, answers
        ),
        st.integers(0, hours),
        st.sampled_from((ContactChannel.SMS, ContactChannel.SMS, *ContactChannel)),
        st.sampled_from(COUNTED),
        st.sampled_from(((), (1,), (2,), (1, 2))),
        st.booleans(),
        rarely,
    )
    return st.lists(one, max_size=12).map(lambda found: tuple(sorted(found, key=lambda contact: contact.at)))


amounts = st.one_of(
    st.none(),
    st.builds(SaidAmount, st.just(AmountKind.EXACT), sums),
    st.builds(SaidAmount, st.sampled_from((AmountKind.FULL, AmountKind.MINIMUM))),
    st.builds(SaidAmount, st.just(AmountKind.FRACTION), st.decimals(Decimal("0.01"), Decimal(1), places=2)),
)


@st.composite
def promises(draw: DrawFn) -> Reading:
    """Money is promised for a near day, and only one thing about it may be doubtful."""
    sure = {"date": TODAY + timedelta(days=draw(st.integers(0, 9))), "amount": SaidAmount(AmountKind.FULL)}
    doubt: dict[str, Any] = draw(
        st.sampled_from((
            {}, {"date_vague": True}, {"conditional": True}, {"date_score": 0.5}, {"amount_score": 0.5},
            {"date": None}, {"amount": None}, {"scores": {Intent.PROMISE_TO_PAY: 0.4}},
        ))
    )  # fmt: skip
    intents = by_rank({Intent.PROMISE_TO_PAY, draw(st.sampled_from(Intent))})
    return Reading("…", "zh", intents, **{"scores": dict.fromkeys(intents, 1.0), **sure, **doubt})


@st.composite
def readings(draw: DrawFn, without: frozenset[Intent] = frozenset()) -> Reading:
    """Any reading, however contradictory."""
    intents = by_rank(draw(st.sets(st.sampled_from([i for i in Intent if i not in without]), min_size=1, max_size=3)))
    return Reading(
        text="…",
        language=draw(st.sampled_from(("zh", "en"))),
        intents=intents,
        scores={intent: draw(scores) for intent in intents},
        date=draw(st.none() | days),
        date_vague=draw(st.booleans()),
        date_score=draw(scores),
        amount=draw(amounts),
        amount_score=draw(scores),
        conditional=draw(st.booleans()),
        opt_out_suspected=draw(st.booleans()),
        wish=draw(st.builds(Wish, st.none() | st.integers(1, 60), st.booleans(), st.booleans(), st.booleans())),
    )


def events(without: frozenset[Intent] = frozenset()) -> SearchStrategy[Event]:
    """Anything that can happen; `without`: what the customer does not say."""
    acts: SearchStrategy[Any] = st.builds(
        AgentActed,
        st.sampled_from(AgentAction),
        st.just("li"),
        st.just("您好"),
        st.none() | sums,
        st.none() | days,
        st.booleans(),
        plan=st.just(()) | instalments(),
        plan_kind=st.sampled_from(PlanKind),
        authority=st.sampled_from(Authority),
    )
    return st.one_of(
        st.builds(Heard, readings(without), st.sampled_from((False, False, False, True))),
        st.builds(TimerDue, st.sampled_from(Timer)),
        st.builds(PaymentPosted, sums, days),
        st.builds(NumberRefused, st.booleans()),
        st.just(SendFailed("no answer")),
        acts,
    )


def instalments() -> SearchStrategy[tuple[Instalment, ...]]:
    """A few sums on rising days."""
    rising = st.lists(days, min_size=1, max_size=4, unique=True).map(sorted)
    return rising.flatmap(lambda on: st.tuples(*(st.builds(Instalment, sums, st.just(day)) for day in on)))


def plans(status: PlanStatus | None = None) -> SearchStrategy[Plan]:
    """An open plan, of a row that the table may or may not have."""
    open_ = st.sampled_from((PlanStatus.PENDING, PlanStatus.OFFERED, PlanStatus.ACTIVE))
    return st.builds(
        Plan,
        st.sampled_from(PlanKind),
        open_ if status is None else st.just(status),
        st.sampled_from(("PLAN-LOAN", "CN-CARD70", "GONE")),
        st.sampled_from(("interest_by_contract", "interest_by_agreement")),
        instalments(),
        st.just(NOW - timedelta(days=3)),
    )


verifications = st.builds(
    Verification,
    st.booleans(),
    st.integers(0, 3),
    st.sampled_from((None, NOW - timedelta(minutes=1), NOW + timedelta(minutes=1))),
    st.sampled_from((None, NOW - timedelta(minutes=1), NOW + timedelta(hours=1))),
)


@st.composite
def cases(draw: DrawFn, /, **fixed: Any) -> Case:
    """Any case, also ones that no sane history leads to."""
    promise = st.builds(Promise, sums, days, st.just(NOW - timedelta(days=3)), st.just(Decimal(0)), st.just(7))
    fields: dict[str, Any] = {
        "state": draw(st.sampled_from(State)),
        "owner": draw(st.sampled_from(Owner)),
        "language": draw(st.sampled_from(("zh", "en", "fr"))),
        "zones": draw(zone_sets),
        "jurisdiction": draw(st.sampled_from(("cn", "us", "uk", "ca", "au", "in", "nowhere"))),
        "place": draw(st.sampled_from(("", "us-ca", "us-ma", "us-nyc", "ca-on", "ca-bc", "us-mars"))),
        "creditor_role": draw(st.sampled_from(CreditorRole)),
        "consents": frozenset(draw(st.sets(st.sampled_from(Consent)))),
        "notice_on": draw(st.none() | st.just(TODAY - timedelta(days=3))),
        "number_verified_on": draw(st.none() | days),
        "preference": draw(preferences),
        "known": draw(st.booleans()),
        "reachable": draw(st.booleans()),
        "number_source": draw(st.sampled_from(NumberSource)),
        "accounts": tuple(draw(accounts(id)) for id in range(1, draw(st.integers(0, 2)) + 1)),
        "promise": draw(st.none() | promise),
        "broken_in_a_row": draw(st.integers(0, 3)),
        "plan": draw(st.none() | plans()),
        "plans_broken": draw(st.integers(0, 2)),
        "holds": tuple(
            Hold(kind, draw(st.none() | st.just(NOW + timedelta(days=1))))
            for kind in draw(st.sets(st.sampled_from(HoldKind), max_size=2))
        ),
        "handoff_queue": draw(st.none() | st.sampled_from(QUEUES)),
        "asked": draw(st.none() | st.sampled_from(Asked)),
        "offer": draw(st.none() | st.builds(Offer, st.none() | sums, st.none() | days)),
        "unclear_in_a_row": draw(st.integers(0, 3)),
        "verification": draw(verifications),
    }
    return Case(customer_id=1, **{**fields, **fixed})


@st.composite
def plain_cases(draw: DrawFn, /, **fixed: Any) -> Case:
    """A customer in arrears whom nothing has happened to yet."""
    fields: dict[str, Any] = {"zones": draw(zone_sets), "accounts": (draw(accounts(owing=True)),), **fixed}
    return Case(customer_id=1, state=State.CONTACTED, **fields)


steps = st.tuples(st.sampled_from((0, 1, 7, 26, 74)), events())  # hours that pass, then what happens
