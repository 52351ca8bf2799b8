"""The contact rules and holds of a content, told in words from the values that decide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bot.console.rulebook.plain import Group, Paragraph, basis, hours, listed, names, span, week
from bot.console.words import Words
from bot.core.case import ContactChannel, CreditorRole, HoldKind, NumberSource, Product
from bot.core.decision import Purpose
from bot.core.kinds import (
    Cap,
    Head,
    Hours,
    NeedsConsent,
    NeedsNotice,
    NeedsSource,
    NeedsVerifiedNumber,
    NeedsWords,
    OptOutScope,
    Rule,
    TimeBarred,
)
from bot.dialogues import Content
from bot.dialogues.contact import rules_of
from bot.dialogues.fields import Fields


def contact(words: Words, content: Content) -> list[Group]:
    """The packs: the bank's own first, each place after its jurisdiction."""
    packs, found = content.files.packs(), []
    bank = packs["bank"]
    cannot_wait = bank.members("cannot_wait", Purpose)
    for name, pack in sorted(packs.items(), key=lambda item: (item[0] != "bank", item[0])):
        base = packs[pack.text("on")] if "on" in pack.values else pack
        lead = [words("rules.on_top", of=words.name("pack", pack.text("on")))] if "on" in pack.values else []
        if name == "bank":
            lead = [
                words("rules.bank_everywhere"),
                words("rules.cannot_wait", purposes=names(words, "purpose", cannot_wait, Purpose)),
            ]
        rows = rules_of(pack, base.maybe("holidays"), bank)
        paragraphs = _paragraphs(words, name, rows, frozenset(Purpose) - cannot_wait)
        title = words.name("pack", name)
        found.append(Group(f"pack:{name}", title, pack.where, pack.text("version"), paragraphs, tuple(lead)))
    return found


def _paragraphs(
    words: Words, pack: str, rows: list[tuple[Rule, Fields]], usual: frozenset[Purpose]
) -> tuple[Paragraph, ...]:
    found, seen = [], set[str]()
    for rule, row in rows:
        head = rule.head
        anchor = head.id if head.id not in seen else f"{head.id}:{head.since}"
        seen.add(head.id)
        title = words(f"rulekind.{row.text('kind')}")
        lines, about = tuple(_says(words, rule)), tuple(_about(words, head, usual, isinstance(rule, Cap)))
        found.append(Paragraph(anchor, title, lines, about, code=head.id, basis=basis(words, row)))
    return tuple(found)


def _says(words: Words, rule: Rule) -> Iterator[str]:
    match rule:
        case Hours():
            yield from _hours(words, rule)
        case Cap():
            yield from _cap(words, rule)
        case NeedsConsent():
            yield words("rules.consent", consent=words.name("consent", rule.consent))
        case NeedsSource():
            yield words("rules.number_source", sources=names(words, "number_source", rule.sources, NumberSource))
        case NeedsVerifiedNumber():
            yield words("rules.verified_number", n=rule.days)
        case NeedsNotice():
            yield words("rules.notice")
            if rule.wait_days:
                yield words("rules.notice_wait", n=rule.wait_days)
        case TimeBarred():
            yield words("rules.time_barred")
        case NeedsWords():
            for language, phrases in rule.phrases:
                quoted = listed(words, (f"“{phrase}”" for phrase in phrases))
                yield words("rules.words", language=words.name("language", language), phrases=quoted)
        case OptOutScope():
            yield words("rules.opt_out_all") if rule.reaches_all else words("rules.opt_out_collection")


def _hours(words: Words, rule: Hours) -> Iterator[str]:
    open_ = week(words, rule.week)
    yield words("rules.hours", hours=open_) if open_ else words("rules.never")
    if rule.closed_on_holidays:
        on = rule.on_holidays
        yield words("rules.holidays_hours", hours=hours(on)) if on else words("rules.holidays_closed")
    if rule.worked is not None:
        yield words("rules.worked", hours=hours(rule.worked))
    if rule.unless is not None:
        yield words("rules.unless", consent=words.name("consent", rule.unless))


def _cap(words: Words, rule: Cap) -> Iterator[str]:
    how = names(words, "contact_channel", rule.head.channels, ContactChannel)
    if rule.days == 1:
        yield words("rules.cap_day", n=rule.limit, how=how)
    else:
        yield words("rules.cap_days", n=rule.limit, how=how, days=rule.days)
    if rule.per_account:
        yield words("rules.per_account")
    if rule.only_reached:
        yield words("rules.only_reached")
    if rule.counts != rule.head.purposes:
        yield words("rules.counts", purposes=names(words, "purpose", rule.counts, Purpose))
    if rule.spares_answers is not None:
        yield words("rules.spares_answers", span=span(words, rule.spares_answers))


def _about(words: Words, head: Head, usual: frozenset[Purpose], is_cap: bool) -> Iterator[str]:
    """Whom and what it binds where that is not everybody and everything, and from when to when."""
    if head.products:
        yield words("rules.products", names=names(words, "product", head.products, Product))
    if head.roles:
        yield words("rules.roles", names=names(words, "creditor", head.roles, CreditorRole))
    if head.purposes != usual:
        yield words("rules.purposes", names=names(words, "purpose", head.purposes, Purpose))
    if head.channels != frozenset(ContactChannel) and not is_cap:
        yield words("rules.channels", names=names(words, "contact_channel", head.channels, ContactChannel))
    if head.until < date.max:
        yield words("rules.until", since=head.since, until=head.until)
    else:
        yield words("rules.since", since=head.since)


def holds(words: Words, content: Content) -> list[Group]:
    """How long collection stands still, and what that stops."""
    file = content.files.fields("policies/holds.yml")
    rows, paragraphs = file.part("holds").parts(), []
    for kind in HoldKind:
        rule, row = content.rules.holds[kind], rows[kind]
        lasts = rule.lasts
        lines = [words("rules.hold_open") if lasts is None else words("rules.hold_lasts", span=span(words, lasts))]
        if rule.review is not None:
            queue = words.name("queue", rule.reviewed_by)
            lines.append(words("rules.hold_review", span=span(words, rule.review), queue=queue))
        stops = row.members("stops", Purpose)
        lines.append(words("rules.hold_stops", purposes=names(words, "purpose", stops, Purpose)))
        title = words.name("hold", kind)
        paragraphs.append(Paragraph(f"hold:{kind}", title, tuple(lines), code=f"hold:{kind}", basis=basis(words, row)))
    return [Group("holds", words("rules.holds"), file.where, file.text("version"), tuple(paragraphs))]
