"""A note never reaches a customer: whatever is done in whatever order, and because nothing on its way could send it."""

from __future__ import annotations

import ast
import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

import bot
from bot.console import Office
from bot.console.customer import action
from bot.console.customer.action import Refused, Reply
from bot.core.case import State
from bot.core.event import AgentActed, AgentAction
from bot.dialogues import Content
from bot.nlu.read import Reader
from bot.send import send_due
from bot.store import agents, cases, desk, drafts, migrate, texts
from bot.store.agents import Person
from bot.store.desk import Desk
from bot.store.drafts import Draft
from bot.store.journal import journal_table
from bot.store.scope import EVERYONE
from bot.store.session import Database
from tests.machine import Machine, add_customer, machine
from tests.test_send import NOW, customer

EXAMPLES = 300
SECRET = "only-for-colleagues"
INTERNAL = ("note", "noted_call", "release", "resolve", "transfer", "opt_out", "lift")
OTHERS = ("take", "reply", "template", "draft", "promise", "customer", "work")
Step = tuple[str, str]
verbs = st.tuples(st.sampled_from((*INTERNAL, "note", *OTHERS, "reply", "reply")), st.text(max_size=40))
steps = st.builds(list[Step].__add__, st.sampled_from(([], [("take", "")])), st.lists(verbs, min_size=1, max_size=4))


class Play:
    """One customer, two people, and what they do to them."""

    def __init__(
        self, one: Machine, office: Office, people: list[Person], desks: list[Desk], number: int, tally: Counter[str]
    ):
        self.one, self.office, self.people, self.desks, self.tally = one, office, people, desks, tally
        self.phone, self.number, self.id, self.notes = f"+8613{number}", number, 0, 0

    async def all(self, example: list[Step]) -> None:
        """Do it all to a customer of its own, who has been reminded."""
        self.one.now = NOW
        row = replace(customer(), customer=f"N{self.number}", account=f"NA{self.number}", number=self.phone)
        self.id = await add_customer(self.one, row, State.CONTACTED)
        for verb, said in example:
            await self.do(verb, said)
        await self.check()

    async def do(self, verb: str, said: str) -> None:
        me, colleague = self.people
        words = f"{SECRET} {said}"
        try:
            match verb:
                case "note" | "noted_call":
                    contact = "call" if verb == "noted_call" else ""
                    await action.write_note(self.office, me, self.id, words, self.one.now, contact)
                    self.notes += 1
                case "take":
                    await action.take(self.office, me, self.id, self.one.now)
                case "reply" | "template":
                    template = "agent_thanks" if verb == "template" else ""
                    async with self.one.database.read() as connection:
                        seen = await texts.heard(connection, self.id)
                    reply = Reply(f"您好 {len(said)}", seen, 0, template, "reason")
                    await action.reply(self.office, me, self.id, reply, self.one.now)
                case "draft":
                    async with self.one.database.write() as connection:
                        await drafts.save(connection, me.id, self.id, Draft("您好", "", self.one.now))
                case "transfer":
                    there = next(one for one in self.desks if one.agent_id == colleague.id)
                    await action.transfer(self.office, me, self.id, there, words, self.one.now)
                case "promise":
                    more = {"amount": Decimal(500), "due_on": date(2026, 11, 27)}
                    await self._act(AgentAction.RECORD_PROMISE, "", **more)
                case "release":
                    await self._act(AgentAction.RELEASE, "other", note=words)
                    self.notes += 1
                case "resolve":
                    await self._act(AgentAction.RESOLVE, "other", note=words, lift=True)
                case "opt_out":
                    await self._act(AgentAction.OPT_OUT, words)
                case "lift":
                    await self._act(AgentAction.LIFT_HOLDS, words)
                case "customer":
                    await self.one.say("我失业了，还不上", self.phone)
                case "work":
                    self.one.now += timedelta(minutes=1)
                    await self.one.work()
        except Refused:
            pass

    async def _act(self, kind: AgentAction, text: str, **more: object) -> None:
        event = AgentActed(kind, self.people[0].login, text, **more)  # type: ignore[arg-type]
        await action.act_on_own(self.office, self.people[0], self.id, event, self.one.now)

    async def check(self) -> None:
        """Send all that there is to send, and look at every text."""
        while await send_due(self.one.database, self.one.mind, self.one.channels, self.one.clock):
            continue
        here = cases.outbox.c.customer_id == self.id
        rows = await self.one.rows(cases.outbox, here)
        self.tally["note"] += self.notes
        self.tally["sent"] += len(self.one.simulator.phone(self.phone).inbox)
        for row in rows:
            assert SECRET not in f"{row.text}{row.slots}{row.response}{row.template}{row.reason}"
        assert not [text for text in self.one.simulator.phone(self.phone).inbox if SECRET in text.text]
        async with self.one.database.read() as connection:
            kept = select(func.count()).where(journal_table.c.customer_id == self.id, journal_table.c.kind == "note")
            assert (await connection.execute(kept)).scalar_one() >= self.notes


def test_a_note_reaches_no_phone_whatever_happens_in_whatever_order(reader: Reader, content: Content) -> None:
    """Real store, real turns, real sender; also the reasons and notes that go with other actions stay inside."""
    stack, numbers = AsyncExitStack(), iter(range(10**8, 10**9))

    async def begin(folder: Path) -> tuple[Machine, Office, list[Person], list[Desk]]:
        database = Database(f"sqlite:///{folder}/notes.db")
        stack.push_async_callback(database.close)
        await migrate.upgrade(database)
        one = await stack.enter_async_context(machine(database, reader, content, NOW))
        async with database.write() as connection:
            for login in ("fang", "chen"):
                id = await agents.create_agent(connection, login, login, "agent", "correct horse", "zh")
                await desk.arrange(connection, id, (), 10**6)
        async with database.read() as connection:
            people = sorted(await agents.people(connection), key=lambda person: person.id)
            desks = await desk.desks(connection, EVERYONE)
        return one, Office(database, one.mind, one.clock, wake=lambda: None), people, desks

    with _folder() as folder, asyncio.Runner() as runner:
        one, office, people, desks = runner.run(begin(folder))
        tally: Counter[str] = Counter()

        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(steps)
        def plays(example: list[Step]) -> None:
            runner.run(Play(one, office, people, desks, next(numbers), tally).all(example))

        try:
            plays()
        finally:
            runner.run(stack.aclose())
    assert tally["note"] >= EXAMPLES // 4 and tally["sent"] >= EXAMPLES // 8, tally  # there was something to mix up


@contextmanager
def _folder() -> Iterator[Path]:
    """In memory where there is such a place: nothing here has to survive a power cut."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


# What the code of a note can reach


ROOT = Path(bot.__file__).parent
WRITES = {"insert", "update", "delete", "upsert"}


def test_the_path_of_a_note_writes_the_journal_and_the_contact_and_reaches_no_sender() -> None:
    """Every function of ours that writing a note can call, read from the source: none of them writes a text."""
    reached = reach("bot.console.customer.action", "write_note")
    names = {f"{module}.{name}" for module, name in reached}
    assert "bot.store.journal.append_journal" in names and "bot.store.cases.note_contact" in names
    assert not names & {f"bot.console.customer.action.{name}" for name in ("reply", "perform", "act_on_own")}
    assert not {module for module, _ in reached if module.startswith(("bot.send", "bot.gateways", "bot.turn"))}
    assert "bot.core.decide.decide" not in names and "bot.store.record.record" not in names
    written = {table for function in reached.values() for table in tables_written(function)}
    assert written == {"journal_table", "contact", "cases.customer"}


def test_the_walk_through_the_source_sees_what_a_reply_writes() -> None:
    """The same walk from a reply finds the outbox: were a note's way to lead there, the test above would see it."""
    reached = reach("bot.console.customer.action", "reply")
    assert ("bot.store.record", "record") in reached
    assert "cases.outbox" in {table for function in reached.values() for table in tables_written(function)}


Function = ast.FunctionDef | ast.AsyncFunctionDef


def reach(module: str, name: str) -> dict[tuple[str, str], Function]:
    """The functions and methods of ours that this one can call, however far: by name, through imports and modules."""
    found: dict[tuple[str, str], Function] = {}
    waiting = [(module, name)]
    while waiting:
        place = waiting.pop()
        if place in found:
            continue
        functions, imported = source(place[0])
        for function in functions.get(place[1], []):
            found[place] = function
            for node in ast.walk(function):
                if isinstance(node, ast.Name) and node.id in imported:
                    waiting.append(imported[node.id])
                elif isinstance(node, ast.Name) and node.id in functions:
                    waiting.append((place[0], node.id))
                elif isinstance(node, ast.Attribute):
                    base = imported.get(node.value.id, ("", "")) if isinstance(node.value, ast.Name) else ("", "")
                    waiting.append((".".join(filter(None, base)), node.attr) if any(base) else (place[0], node.attr))
    return found


@lru_cache
def source(module: str) -> tuple[dict[str, list[Function]], dict[str, tuple[str, str]]]:
    """A module's functions and methods by name, classes as all of theirs, and what its imports stand for."""
    path = ROOT.parent / (module.replace(".", "/") + ".py")
    if not module.startswith("bot") or not path.exists():
        return {}, {}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions: dict[str, list[Function]] = {}
    for node in ast.walk(tree):
        if isinstance(node, Function):
            functions.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.ClassDef):
            functions.setdefault(node.name, []).extend(one for one in node.body if isinstance(one, Function))
    imported = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                imported[alias.asname or alias.name] = (node.module, alias.name)
    return functions, imported


def tables_written(function: Function) -> set[str]:
    """The tables that a function inserts into, updates or deletes from; a name that stands for one is looked up."""
    known = {
        node.targets[0].id: ast.unparse(node.value)
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    written = [ast.unparse(call.args[-1]) for call in calls if getattr(call.func, "id", "") in WRITES and call.args]
    return {known.get(table, table) for table in written}
