"""What an agent does to a customer: locked, checked, decided by the bot's own rules, recorded. All or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.console.customer.checks import judge
from bot.console.office import Office
from bot.core.case import Owner
from bot.core.contact import Permission
from bot.core.event import AgentActed, AgentAction
from bot.core.wording import Finding, blocks
from bot.store import cases, desk, drafts, queue, texts
from bot.store.agents import Person, Role
from bot.store.cases import File
from bot.store.journal import append_journal
from bot.turn import follow

REFUSALS = ("plan-refused", "plan-breach", "hardship-refused", "series-refused", "promise-refused")
Check = Callable[[Any, File], Awaitable[AgentActed | None]]  # raises Refused, or Done where there is nothing left to do


class Refused(Exception):
    """This cannot be done now: `key` names the words that say why, `who` has the customer, `permission` the rule,
    `why` the core's own reasons, `findings` what is wrong with the text."""

    def __init__(
        self,
        key: str,
        who: str = "",
        permission: Permission | None = None,
        missed: int = 0,
        why: tuple[str, ...] = (),
        findings: tuple[Finding, ...] = (),
    ):
        super().__init__(key)
        self.key, self.who, self.permission, self.missed = key, who, permission, missed
        self.why, self.findings = why, findings


class Done(Exception):
    """The same was done already: a form was sent twice."""


async def take(office: Office, person: Person, customer_id: int, now: datetime, from_agent: int | None = None) -> None:
    """Take a customer over: of two people who try, one succeeds. A supervisor may take one from the agent they name.
    Whoever is away comes back first."""

    async def is_free(connection: Any, file: File) -> None:
        is_held = file.case.owner is not Owner.BOT
        if is_held and file.agent_id == person.id:
            raise Done
        if is_held and (person.role is not Role.SUPERVISOR or from_agent is None or from_agent != file.agent_id):
            raise Refused("refused.taken", who=await queue.agent_name(connection, file.agent_id))
        await desk.lock(connection, person.id)
        own = await desk.desk_of(connection, person.id)
        if own is not None and own.away_since is not None:
            raise Refused("refused.away")
        if is_held:
            await queue.reassign(connection, customer_id, person.id, now)
        elif own is not None and own.is_full:
            raise Refused("refused.full", missed=own.most)

    await perform(office, person, customer_id, AgentActed(AgentAction.TAKE_OVER, person.login), now, is_free)


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agent wants to say. `seen`: how many of the customer's texts the page showed; `after`: its last seq.

    `template` names the approved wording that it began as; `reason` lets words go that are only doubtful.
    """

    text: str
    seen: int
    after: int
    template: str = ""
    reason: str = ""


async def reply(office: Office, person: Person, customer_id: int, said: Reply, now: datetime) -> None:
    """Queue an agent's text. Refused where the customer wrote more than the page showed, where the rules forbid a text
    now, or for its words; a reason given for doubtful ones is kept as a note. What was sent already is not sent again.
    """
    text, event = said.text, AgentActed(AgentAction.REPLY, person.login, said.text)

    async def is_current(connection: Any, file: File) -> AgentActed:
        await _is_theirs(connection, file, person)
        if await drafts.was_sent(connection, customer_id, person.login, text, said.after):
            raise Done
        missed = await texts.heard(connection, customer_id) - said.seen
        if missed > 0:
            raise Refused("refused.stale", missed=missed)
        verdict = judge(office, file.case, file.channel or office.mind.channel, text, said.template, now)
        if verdict.unsayable:
            raise Refused("refused.own_words")
        if not verdict.permission.allowed:
            raise Refused("refused.rule", permission=verdict.permission)
        if verdict.blocked:
            raise Refused("refused.words", findings=blocks(verdict.findings))
        if verdict.doubtful and not said.reason:
            raise Refused("refused.doubtful", findings=verdict.findings)
        if verdict.doubtful:
            doubts = ", ".join(f"{one.id} ({one.words})" for one in verdict.findings)
            content = {"agent": person.login, "text": f"{doubts}: {said.reason}"}
            await append_journal(connection, [(file, "note", content)], now)
        await drafts.drop(connection, person.id, customer_id)
        return replace(event, template=verdict.template, edited=verdict.edited)

    await perform(office, person, customer_id, event, now, is_current)


async def transfer(
    office: Office,
    person: Person,
    customer_id: int,
    to: desk.Desk,
    reason: str,
    now: datetime,
    holder: int | None = None,
) -> None:
    """Give a customer to a colleague: they have them from now on, and the reason stands in the journal. A supervisor
    may name the `holder` whom they mean to take the customer from."""

    async def has_room(connection: Any, file: File) -> None:
        if person.role is not Role.SUPERVISOR:
            await _is_theirs(connection, file, person)
        elif holder is not None:
            await _has(connection, file, holder)
        elif file.case.owner is Owner.BOT:
            raise Refused("refused.not_taken")
        await desk.lock(connection, to.agent_id)
        there = await desk.desk_of(connection, to.agent_id)
        if there is None or not await there.scope.has(connection, customer_id):
            raise Refused("refused.no_room", who=to.name)
        if there.away_since is not None or there.is_full:
            raise Refused("refused.no_room", who=to.name)
        await queue.reassign(connection, customer_id, to.agent_id, now)

    event = AgentActed(AgentAction.TAKE_OVER, to.login, f"{person.login} → {to.login}: {reason}")
    await perform(office, person, customer_id, event, now, has_room, to.agent_id)


async def reassign(
    office: Office, person: Person, customer_id: int, holder: int, to: desk.Desk | None, reason: str, now: datetime
) -> None:
    """A supervisor takes a customer from whoever has them and gives them to somebody else, or back to the queue."""
    if to is not None:
        await transfer(office, person, customer_id, to, reason, now, holder)
        return

    async def still_has(connection: Any, file: File) -> None:
        await _has(connection, file, holder)

    event = AgentActed(AgentAction.RELEASE, person.login, reason)
    await perform(office, person, customer_id, event, now, still_has)


async def _has(connection: Any, file: File, holder: int) -> None:
    """Raise Refused where somebody else has the customer by now, or nobody."""
    if file.case.owner is Owner.BOT:
        raise Refused("refused.not_taken")
    if file.agent_id != holder:
        raise Refused("refused.taken", who=await queue.agent_name(connection, file.agent_id))


async def follow_up(office: Office, person: Person, customer_id: int, at: datetime | None, now: datetime) -> None:
    """Note when this person looks at a customer of theirs again."""
    async with office.database.write() as connection:
        file = await _locked(connection, person, customer_id, now)
        await _is_theirs(connection, file, person)
        await desk.follow_up(connection, customer_id, at)
        said = {"agent": person.login, "at": at.isoformat() if at else None}
        await append_journal(connection, [(file, "follow_up", said)], now)


async def pin(office: Office, person: Person, customer_id: int, reason: str | None, now: datetime) -> None:
    """Put a customer who waits in front of the queue, or without a reason back to their place; the journal says why."""
    async with office.database.write() as connection:
        file = await _locked(connection, person, customer_id, now)
        if not await queue.pin(connection, customer_id, reason):
            raise Refused("refused.not_waiting")
        said = {"agent": person.login, "text": reason or "–"}
        await append_journal(connection, [(file, "pinned" if reason else "unpinned", said)], now)


async def act_on_own(office: Office, person: Person, customer_id: int, event: AgentActed, now: datetime) -> None:
    """Do anything else to a customer whom this person has."""

    async def is_theirs(connection: Any, file: File) -> None:
        await _is_theirs(connection, file, person)
        if event.action is AgentAction.RELEASE and event.note:  # for whoever takes them next
            await append_journal(connection, [(file, "note", {"agent": person.login, "text": event.note})], now)

    await perform(office, person, customer_id, event, now, is_theirs)


async def approve(office: Office, person: Person, customer_id: int, event: AgentActed, now: datetime) -> None:
    """Approve a colleague's plan, whoever has the customer: the second pair of eyes need not take over."""

    async def anybody(connection: Any, file: File) -> None:
        pass

    await perform(office, person, customer_id, event, now, anybody)


async def perform(
    office: Office,
    person: Person,
    customer_id: int,
    event: AgentActed,
    now: datetime,
    check: Check,
    holder: int | None = None,
) -> None:
    """Lock the customer, check, decide and record in one transaction; raise Refused where the check says so.

    The check may return what the event has become under the lock.
    """
    try:
        async with office.database.write() as connection:
            file = await _locked(connection, person, customer_id, now)
            event = await check(connection, file) or event
            decision = await follow(connection, office.mind, file, event, now, holder or person.id)
            if why := tuple(code for code in decision.why if code.startswith(REFUSALS)):
                raise Refused("refused.plan", why=why)  # takes back what was recorded
    except Done:
        return
    office.wake()


NOTED = ("call", "call_missed", "email", "letter", "visit")


async def write_note(
    office: Office, person: Person, customer_id: int, text: str, now: datetime, contact: str = ""
) -> None:
    """Write a note for colleagues. It goes into the journal alone, where nothing that sends texts ever looks.

    `contact`, one of NOTED, says that the customer was contacted just now: that counts towards caps as texts do.
    """
    async with office.database.write() as connection:
        file = await _locked(connection, person, customer_id, now)
        if contact in NOTED:
            await cases.note_contact(connection, file, contact, person.login, now)
            text = f"[{contact}] {text}"
        await append_journal(connection, [(file, "note", {"agent": person.login, "text": text})], now)


async def _locked(connection: Any, person: Person, customer_id: int, now: datetime) -> File:
    """The customer's file, locked. One whom this person may not see is as if there were none."""
    await cases.lock(connection, [customer_id], skip_locked=False)
    files = await cases.load(connection, list(await person.scope.only(connection, [customer_id])), now)
    if customer_id not in files:
        raise Refused("problem.missing")
    return files[customer_id]


async def _is_theirs(connection: Any, file: File, person: Person) -> None:
    if file.case.owner is Owner.BOT:
        raise Refused("refused.not_taken")
    if file.agent_id != person.id:
        raise Refused("refused.taken", who=await queue.agent_name(connection, file.agent_id))
