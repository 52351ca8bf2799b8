"""The dashboard's numbers are those of the rows, counted again by hand on a portfolio that was played out."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import insert, select, update

from bot.console import Office
from bot.console.pad import mask
from bot.console.render import money, span
from bot.console.supervise import dashboard, plots
from bot.console.words import words
from bot.core.calendar import local_day
from bot.core.case import Account, Case, Contact, Product
from bot.core.decision import COUNTED
from bot.dialogues import Content
from bot.nlu.read import Reader
from bot.store import agents, cases, measures, migrate, sessions
from bot.store import tables as t
from bot.store.agents import Person
from bot.store.measures import AGES, ROWS, Slice
from bot.store.scope import EVERYONE
from bot.store.session import Database
from tests.console.conftest import Bank, Browser, Serve, Time
from tests.console.played import BEGINS, DAYS, copy, play
from tests.machine import machine

ZONE = "Asia/Shanghai"
ENDS = BEGINS + timedelta(days=DAYS)
payment = t.Payment.__table__  # type: ignore[attr-defined]


@dataclass
class Played:
    """What two weeks left behind: every row, and who worked."""

    bank: Bank
    people: list[Person]
    rows: dict[str, list[Any]]

    def slice(self, days: int = 30, **chosen: Any) -> Slice:
        return measures.period(self.bank.time(), ZONE, EVERYONE, days, **chosen)


@pytest.fixture
async def played(
    database: Database, office: Office, reader: Reader, content: Content, time: Time, serve: Serve,
    tmp_path_factory: pytest.TempPathFactory,
) -> Played:  # fmt: skip
    path = tmp_path_factory.getbasetemp() / "played.db"
    if not path.exists():
        await play_once(path, office, reader, content)
    await copy(path, database)
    time.now = ENDS
    tables = {
        "outbox": cases.outbox, "promise": cases.promise, "handoff": cases.handoff, "hold": cases.hold,
        "payment": payment, "account": cases.account, "file": cases.case_file,
    }  # fmt: skip
    async with database.read() as connection:
        rows = {name: list(await connection.execute(select(table))) for name, table in tables.items()}
        people = await agents.people(connection)
    return Played(Bank(database, office, time, await serve(office)), people, rows)


async def play_once(path: Path, office: Office, reader: Reader, content: Content) -> None:
    """Playing takes long, so it is done once; every test gets a copy."""
    played = Database(f"sqlite:///{path.with_suffix('.part')}")
    await migrate.upgrade(played)
    async with machine(played, reader, content, BEGINS) as one:
        await play(one, replace(office, database=played, now=one.clock))
    await played.close()
    path.with_suffix(".part").rename(path)


def chosen_customers(played: Played, chosen: Slice) -> set[int]:
    """The customers that a slice means, by its words."""
    found = set()
    for file in played.rows["file"]:
        mine = [one for one in played.rows["account"] if one.customer_id == file.customer_id]
        age = (local_day(chosen.now, ZONE) - min(one.due_on for one in mine)).days
        first, last = AGES[chosen.age] if chosen.age else (None, None)
        if chosen.product and chosen.product not in {one.product for one in mine}:
            continue
        if (first is not None and age < first) or (last is not None and age > last):
            continue
        if chosen.agent_id is not None and file.agent_id != chosen.agent_id:
            calls = [one for one in played.rows["handoff"] if one.customer_id == file.customer_id]
            if not any(one.agent_id == chosen.agent_id and in_days(one.taken_at, chosen) for one in calls):
                continue
        found.add(file.customer_id)
    return found


def in_days(at: datetime | None, chosen: Slice) -> bool:
    return at is not None and chosen.first <= local_day(at, ZONE) <= chosen.last


def by_hand(played: Played, chosen: Slice) -> dict[str, list[int]]:
    """The keys that every measure counts, from all rows and its own words."""
    rows, people = played.rows, chosen_customers(played, chosen)
    sent = [o for o in rows["outbox"] if o.state in ("submitting", "sent", "unknown") and o.customer_id in people]
    texts = [o for o in sent if in_days(o.sent_at, chosen)]
    begun = [o for o in texts if o.purpose in set(COUNTED)]
    texted = {o.customer_id for o in begun}
    since = chosen.since
    replied = {f.customer_id for f in rows["file"] if f.customer_id in texted and f.opened_at and f.opened_at >= since}
    made = [p for p in rows["promise"] if in_days(p.made_at, chosen) and p.customer_id in people]
    promised = {p.customer_id for p in made} & replied
    kept = {p.customer_id for p in made if p.status == "kept"} & promised
    calls = [h for h in rows["handoff"] if in_days(h.opened_at, chosen) and h.customer_id in people]
    calls = [h for h in calls if chosen.agent_id in (None, h.agent_id)]
    came = [h for h in calls if h.answered_at and h.answered_at > h.opened_at]
    owner = {f.customer_id: f.owner for f in rows["file"]}
    standing = [h for h in rows["handoff"] if h.closed_at is None and h.customer_id in people]
    ended = {(h.customer_id, h.kind, h.lifted_at) for h in rows["hold"]}
    begun_holds = [h for h in rows["hold"] if (h.customer_id, h.kind, h.placed_at) not in ended]
    first = [h for h in begun_holds if in_days(h.placed_at, chosen) and h.customer_id in people]
    paid = [
        p.id for p in rows["payment"]
        if in_days(p.posted_at, chosen) and any(
            o.customer_id == p.customer_id and o.purpose in set(COUNTED)
            and timedelta(0) <= p.posted_at - o.sent_at <= timedelta(days=14)
            for o in sent if o.sent_at
        )
    ]  # fmt: skip
    return {
        "texted": sorted(texted),
        "replied": sorted(replied),
        "promised": sorted(promised),
        "kept": sorted(kept),
        "promises": [p.id for p in made],
        "promises_over": [p.id for p in made if p.status in ("kept", "partial", "broken")],
        "promises_due": [
            p.id for p in rows["promise"]
            if p.status == "open" and chosen.first <= p.due_on <= chosen.last and p.customer_id in people
        ],
        "handoffs": [h.id for h in calls],
        "answered": [h.id for h in came],
        "in_time": [h.id for h in came if h.answered_at <= h.due_at],
        "overdue": [
            h.id for h in calls
            if (h.answered_at and h.answered_at > h.due_at)
            or (not h.answered_at and not h.closed_at and h.due_at < chosen.now)
        ],
        "open_handoffs": [
            h.id for h in standing
            if (owner[h.customer_id] == "bot" if chosen.agent_id is None else h.agent_id == chosen.agent_id)
        ],
        "opt_outs": [h.id for h in first if h.kind == "opt_out"],
        "complaints": [h.id for h in first if h.kind == "complaint"],
        "texts": [o.id for o in texts],
        "reminded": [o.id for o in begun],
        "segments": [o.id for o in texts],
        "payments": paid,
        "limit_use": sorted(used_now(played, people, chosen)),
    }  # fmt: skip


def used_now(played: Played, people: set[int], chosen: Slice) -> dict[int, int]:
    """How many contacts of each customer a cap counts now, by the core's own rule."""
    if chosen.cap is None:
        return {}
    said: dict[int, list[Contact]] = {}
    for o in played.rows["outbox"]:
        if o.state in ("submitting", "sent", "unknown") and o.customer_id in people and o.purpose in set(COUNTED):
            said.setdefault(o.customer_id, []).append(Contact(o.sent_at, purpose=o.purpose, answers=o.answers))
    cases_of = {id: Case(customer_id=id, contacts=tuple(mine)) for id, mine in said.items()}
    used = {id: chosen.cap.used(case, chosen.now) for id, case in cases_of.items()}
    return {id: many for id, many in used.items() if many}


async def test_every_measure_counts_what_its_words_say(played: Played) -> None:
    """All measures, over periods, products, ages and an agent's own customers; and each link shows as many rows."""
    slices = [played.slice(days) for days in (7, 30, 90)]
    slices += [played.slice(product=one) for one in ("personal_loan", "credit_card")]
    slices += [played.slice(age=one) for one in AGES]
    slices += [played.slice(agent_id=one.id) for one in played.people]
    content = played.bank.office.mind.content.rules.contact
    caps = plots.bank_caps(content, ENDS.date())
    assert {cap.head.id for cap in caps} == {"BANK-1-DAY", "BANK-3-WEEK", "BANK-10-MONTH", "BANK-4-ANY-WEEK"}
    slices += [replace(played.slice(), cap=cap, zones=(ZONE,)) for cap in caps]
    seen: Counter[str] = Counter()
    async with played.bank.database.read() as connection:
        for chosen in slices:
            expected = by_hand(played, chosen)
            assert expected.keys() == ROWS.keys()
            for name, keys in expected.items():
                assert await measures.count(connection, name, chosen) == len(keys), (name, chosen)
                listed = [one.key async for one in measures.everything(connection, name, chosen, page=7)]
                assert sorted(listed) == sorted(keys), (name, chosen)
                seen[name] += len(keys)
            steps = [len(expected[name]) for name in ("texted", "replied", "promised", "kept")]
            assert list(await measures.funnel(connection, chosen)) == steps, chosen
    assert {name for name in ROWS if not seen[name]} == set(), "the portfolio must show every measure at work"


async def test_days_weeks_and_tiers_add_up_to_the_whole(played: Played) -> None:
    chosen = played.slice()
    expected = by_hand(played, chosen)
    made = {p.id: p for p in played.rows["promise"]}
    calls = {h.id: h for h in played.rows["handoff"]}
    async with played.bank.database.read() as connection:
        by_day = await measures.by_day(connection, "handoffs", chosen)
        by_week = await measures.by_week(connection, chosen)
        by_tier = await measures.by_tier(connection, chosen)
        waits = await measures.waits(connection, chosen)
    days = Counter((local_day(calls[id].opened_at, ZONE), calls[id].queue) for id in expected["handoffs"])
    assert {place: one.count for place, one in by_day.items()} == days

    def monday(at: datetime) -> date:
        day = local_day(at, ZONE)
        return day - timedelta(days=day.weekday())

    assert by_week == Counter((monday(made[id].made_at), made[id].status) for id in expected["promises"])
    ages = {id: measures.age_of(made[id].days_past_due) for id in expected["promises"]}
    assert by_tier == Counter((ages[id], made[id].status) for id in expected["promises"])
    waited = [wait for mine in waits.values() for wait in mine]
    assert sorted(waited) == sorted(calls[id].answered_at - calls[id].opened_at for id in expected["answered"])


async def supervisor(played: Played, role: str = "supervisor") -> Browser:
    return await played.bank.browser(f"{role}1", role)


async def test_every_number_of_the_page_is_as_many_rows_as_its_link_shows(played: Played) -> None:
    browser = await supervisor(played)
    page = await browser.get("/dashboard?days=30")
    assert page.status == 200
    links = re.findall(r'href="(/dashboard/rows\?[^"]+)">([\d,]+)</a>', page.html)
    assert len(links) > 60
    for href, said in links[::7] + links[:12]:
        address = href.replace("&amp;", "&")
        found = await browser.get(address)
        assert found.status == 200, address
        shown = f"Sum {said}" if "measure=segments" in address else f"· {said.replace(',', '')} row"
        assert shown in found.words, (address, said)


async def test_who_looked_at_rows_is_logged_and_names_are_masked(played: Played) -> None:
    browser = await supervisor(played, "auditor")
    page = await browser.get("/dashboard/rows?measure=texted&days=30")
    assert ("auditor1", None, "rows texted ") in await played.bank.readings()
    assert "客户1" not in page.html and "客*" in page.html


async def test_rows_are_paged_without_loss_or_repetition(played: Played) -> None:
    browser = await supervisor(played)
    address, found = "/dashboard/rows?measure=texts&days=30", []
    while address:
        page = await browser.get(address)
        found += re.findall(r'<a href="/customers/(\d+)"><bdi>', page.html)
        older = re.search(r'href="(/dashboard/rows\?[^"]*before=\d+)"', page.html)
        address = older[1].replace("&amp;", "&") if older else ""
    assert len(found) == len(by_hand(played, played.slice())["texts"]) > dashboard.PAGE


async def test_csv_has_every_row_and_its_export_is_logged(played: Played) -> None:
    browser = await supervisor(played)
    page = await browser.get("/dashboard/rows.csv?measure=payments&days=30")
    lines = list(csv.reader(io.StringIO(page.html.lstrip("\ufeff"))))
    assert lines[0] == ["customer", "name", "at", "what", "amount", "currency"]
    assert len(lines) - 1 == len(by_hand(played, played.slice())["payments"]) > 0
    assert page.headers["Content-Type"].startswith("text/csv")
    assert ("supervisor1", None, "export payments ") in await played.bank.readings()


async def test_contact_limits_are_counted_as_the_rules_count_them(played: Played) -> None:
    """How often each cap is used so far; a cap by the day counts the customer's own day, in every zone of theirs."""
    caps = plots.bank_caps(played.bank.office.mind.content.rules.contact, ENDS.date())
    async with played.bank.database.read() as connection:
        zones, _ = await measures.whereabouts(connection)
        for now in (ENDS, ENDS - timedelta(hours=20)):
            for cap in caps:
                chosen = replace(played.slice(), cap=cap, zones=zones, now=now)
                expected = used_now(played, chosen_customers(played, chosen), chosen)
                found = await measures.by_word(connection, "limit_use", chosen)
                assert {int(n): many for n, many in found.items()} == Counter(expected.values())


async def test_a_place_s_caps_are_counted_for_its_customers_and_by_debt(played: Played) -> None:
    """Some customers move to Massachusetts, some to nowhere known in the US; some have a second debt of their texts."""
    rules, place_of = played.bank.office.mind.content.rules, {0: ("us", "us-ma"), 1: ("us", ""), 2: ("cn", "")}
    customer, account, outbox = cases.customer, cases.account, cases.outbox
    async with played.bank.database.write() as connection:
        for remainder, (jurisdiction, place) in place_of.items():
            moved = update(customer).where(customer.c.id % 3 == remainder)
            await connection.execute(moved.values(jurisdiction=jurisdiction, place=place))
        first = [one._asdict() for one in played.rows["account"] if one.customer_id % 4 == 0]
        more = [{**one, "id": None, "reference": f"{one['reference']}b", "amount_due": Decimal(10)} for one in first]
        await connection.execute(insert(account), [{k: v for k, v in one.items() if k != "id"} for one in more])
        owned = (await connection.execute(select(account).order_by(account.c.id))).all()
        for one in owned[::2]:
            mine = (outbox.c.customer_id == one.customer_id) & (outbox.c.id % 2 == 0)
            await connection.execute(update(outbox).where(mine).values(accounts=str(one.id)))
        sent = (await connection.execute(select(outbox))).all()
    seen = Counter[str]()
    async with played.bank.database.read() as connection:
        _, places = await measures.whereabouts(connection)
        assert set(places) == set(place_of.values())
        for now in (ENDS, ENDS - timedelta(days=4)):
            for cap, where in plots.caps(rules, ENDS.date(), places):
                chosen = replace(played.slice(), cap=cap, places=where, zones=(ZONE,), now=now)
                expected = Counter[int]()
                for id in {one.customer_id for one in owned}:
                    jurisdiction, place = place_of[id % 3]
                    owes = tuple(
                        Account(a.id, Product(a.product), a.balance, a.amount_due, a.minimum_due, a.due_on)
                        for a in owned if a.customer_id == id
                    )  # fmt: skip
                    said = tuple(
                        Contact(o.sent_at, purpose=o.purpose, accounts=tuple(map(int, o.accounts.split())),
                                answers=o.answers)
                        for o in sent if o.customer_id == id and o.state in cases.LEFT and o.sent_at
                    )  # fmt: skip
                    case = Case(customer_id=id, jurisdiction=jurisdiction, place=place, accounts=owes, contacts=said)
                    here = rules.contact_for(case)
                    if here is not None and cap in here.on(ENDS.date()) and (used := cap.used(case, now)):
                        expected[used] += 1
                found = await measures.by_word(connection, "limit_use", chosen)
                assert {int(n): many for n, many in found.items()} == expected, (cap.head.id, now)
                seen[cap.head.id] += expected.total()
    assert seen["US-MA-2-WEEK"] and seen["BANK-3-WEEK"] and "AU-RG96-3-WEEK" not in seen
    browser = await supervisor(played)
    page = await browser.get("/dashboard")
    assert "US-MA-2-WEEK" in page.words
    link = re.search(r'href="(/dashboard/rows\?[^"]*cap=US-MA-2-WEEK[^"]*)">(\d+)</a>', page.html)
    assert link and f"· {link[2]} row" in (await browser.get(link[1].replace("&amp;", "&"))).words


async def test_money_segments_and_rates_of_the_page_are_those_of_the_rows(played: Played) -> None:
    browser = await supervisor(played)
    page, expected = await browser.get("/dashboard?days=30"), by_hand(played, played.slice())
    currency = {one.customer_id: one.currency for one in played.rows["account"]}
    prices = played.bank.office.mind.content.wording.prices
    for code in ("CNY", "USD"):
        theirs = {id for id, one in currency.items() if one == code}
        came = [p for p in played.rows["payment"] if p.id in expected["payments"] and p.customer_id in theirs]
        left = [o for o in played.rows["outbox"] if o.id in expected["texts"] and o.customer_id in theirs]
        paid, sent = sum((p.amount for p in came), Decimal(0)), sum(o.segments for o in left)
        cost = sent * prices[code]
        per_unit = f"{cost / paid:.4f}" if paid else "–"
        assert f"{money(paid, code)} paid after contact; {sent:,} segments at {prices[code]}" in page.words
        assert f"cost {money(cost, code)}: {per_unit} for each unit recovered" in page.words
    reminded = Counter(local_day(o.sent_at, ZONE) for o in played.rows["outbox"] if o.id in expected["reminded"])
    begun = [local_day(h.placed_at, ZONE) for h in played.rows["hold"] if h.id in expected["opt_outs"]]
    rate = sum(reminded[day] > 0 for day in begun) / reminded.total()
    assert f"Mean {rate:.2%}; the limits are" in page.words
    calls = {h.id: h.answered_at - h.opened_at for h in played.rows["handoff"] if h.id in expected["answered"]}
    half = measures.percentile(sorted(calls.values()), 0.5)
    assert half is not None and f"half within {span(half, words('en'))}" in page.words


async def test_the_list_of_cases_has_one_line_each_and_is_logged(played: Played) -> None:
    browser = await supervisor(played, "auditor")
    page = await browser.get("/dashboard/cases.csv")
    lines = list(csv.DictReader(io.StringIO(page.html.lstrip("\ufeff"))))
    assert len(lines) == len(played.rows["file"])
    assert ("auditor1", None, "export cases") in await played.bank.readings()
    state = {row.customer_id: row.state for row in played.rows["file"]}
    due = {row.customer_id: row.amount_due for row in played.rows["account"]}
    for line, id in zip(lines, sorted(state), strict=True):
        assert (line["state"], Decimal(line["amount_due"])) == (state[id], due[id])
        assert "*" in line["name"] and "+86" not in str(line)
    async with played.bank.database.write() as connection:
        sid, csrf = await sessions.begin(connection, played.people[0].id, played.bank.time())
    assert (await Browser(played.bank.client, sid, mask(csrf)).get("/dashboard/cases.csv")).status == 403


async def test_a_page_that_renews_itself_asks_for_the_strip_of_today_alone(played: Played) -> None:
    browser = await supervisor(played)
    page = await browser.get("/dashboard", **{"X-Refresh": "1"})
    assert "<svg" not in page.html and 'id="strip"' in page.html
    assert (await browser.get("/dashboard")).html.count("<svg") >= 9


async def test_the_pictures_pass_the_strict_policy(played: Played) -> None:
    page = await (await supervisor(played)).get("/dashboard")
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page.html)
    named = re.findall(r'aria-labelledby="([a-z_-]+)-title \1-desc"', page.html)
    assert len(named) == len(set(named)) == page.html.count("<svg")


async def test_agents_see_their_own_numbers_and_take_nothing_away(played: Played) -> None:
    fang = played.people[0]
    async with played.bank.database.write() as connection:
        sid, csrf = await sessions.begin(connection, fang.id, played.bank.time())
    browser = Browser(played.bank.client, sid, mask(csrf))
    own = by_hand(played, played.slice(agent_id=fang.id))
    page = await browser.get("/dashboard/rows?measure=texted&days=30")
    assert f"· {len(own['texted'])} row" in page.words
    assert 0 < len(own["texted"]) < len(by_hand(played, played.slice())["texted"])
    assert (await browser.get("/dashboard/rows.csv?measure=texted")).status == 403
    assert "Only customers whom you took" in (await browser.get("/dashboard")).words


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r@x", " =1"])
def test_no_cell_of_a_csv_is_a_formula(cell: str) -> None:
    assert next(csv.reader(io.StringIO(dashboard.row_of(cell).decode(), newline=""))) == [f"'{cell}"]


@pytest.mark.parametrize(
    "query",
    ["", "measure=nothing", "measure=__class__", "measure=texted&day=soon", "measure=texted&week=2026-13-01",
     "measure=texted&week=9999-12-31", "measure=texted&what=%00",
     "measure=promises&tier=old"],
)  # fmt: skip
async def test_an_address_that_means_nothing_is_not_found(bank: Bank, query: str) -> None:
    browser = await bank.browser("chen", "supervisor")
    assert (await browser.get(f"/dashboard/rows?{query}")).status == 404
    assert (await browser.get(f"/dashboard/rows.csv?{query}")).status == 404


async def test_hostile_choices_fall_back_to_the_usual_ones(bank: Bank) -> None:
    browser = await bank.browser("chen", "supervisor")
    page = await browser.get("/dashboard?days=1e9&product=%3Cscript%3E&age=';DROP--")
    assert page.status == 200 and "<script>" not in page.html
    page = await browser.get("/dashboard/rows?measure=texts&what=%3Cscript%3E&before=99999999999999999999999")
    assert page.status == 200 and "<script>" not in page.html and "There are none" in page.words


async def test_admins_see_no_dashboard(bank: Bank) -> None:
    browser = await bank.browser("root", "admin")
    assert (await browser.get("/dashboard")).status == 403


def test_links_carry_the_choice() -> None:
    asked = dashboard.Choice(7, "credit_card", "m1").asked()
    assert dashboard.Choice.of(asked) == dashboard.Choice(7, "credit_card", "m1")
    assert parse_qs(urlsplit("/x?days=7").query) == {"days": ["7"]}


@pytest.mark.parametrize("name", ROWS)
def test_the_documents_define_a_measure_in_the_words_of_the_page(name: str) -> None:
    said = (Path(__file__).parents[2] / "docs" / "measures.md").read_text("utf-8")
    en, zh = words("en"), words("zh")
    assert f"| {en(f'measure.{name}')} | {zh(f'measure.{name}')} | `{name}` | {en(f'means.{name}')} |" in said


def test_the_words_name_the_days_that_the_code_counts() -> None:
    assert f"at most {measures.AFTER_CONTACT.days} days after" in words("en")("means.payments")
    assert f"{measures.AFTER_CONTACT.days} 天内" in words("zh")("means.payments")
