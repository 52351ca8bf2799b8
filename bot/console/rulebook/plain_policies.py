"""Strategy, promises, plans, queues and thresholds of a content, told in words from the values that decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from bot.console.render import money
from bot.console.rulebook.plain import Group, Paragraph, basis, hours, listed, names, share, span, week
from bot.console.words import Words
from bot.core.agreement import Authority
from bot.core.case import ContactChannel, Product
from bot.core.plan import Limit, Terms
from bot.core.service import Service
from bot.core.strategy import Pace, Tier
from bot.dialogues import Content


def strategy(words: Words, content: Content) -> list[Group]:
    """The tiers of each product, and what makes reminders rarer."""
    file = content.files.fields("policies/strategy.yml")
    found = []
    for product in Product:
        ladder = content.rules.strategy.ladders[product]
        tiers = tuple(
            Paragraph(
                f"tier:{product}:{one.name}", words.name("tier", one.name), tuple(_tier(words, one)), code=one.name
            )
            for one in ladder
        )
        found.append(Group(f"tiers:{product}", words.name("product", product), file.where, file.text("version"), tiers))
    pace = tuple(Paragraph(f"pace:{name}", words.name("pace", name), lines, code=f"pace:{name}")
                 for name, lines in _pace(words, content.rules.strategy.pace))  # fmt: skip
    lead = (words("rules.pace_lead"),)
    return [*found, Group("pace", words("rules.pace"), file.where, file.text("version"), pace, lead)]


def _tier(words: Words, tier: Tier) -> Iterator[str]:
    days = tier.from_days
    yield words("rules.tier_before", n=-days) if days < 0 else words("rules.tier_from", n=days)
    if tier.channel is ContactChannel.SMS:
        yield words("rules.tier_every", n=tier.every_days, at=f"{tier.at:%H:%M}")
        yield words("rules.tier_says", response=tier.response)
    else:
        yield words("rules.tier_by_hand", n=tier.every_days, how=words.name("contact_channel", tier.channel))
    if tier.in_parts:
        yield words("rules.tier_in_parts", response=tier.in_parts)
    if tier.handoff:
        yield words("rules.tier_handoff", queue=words.name("queue", tier.handoff))


def _pace(words: Words, pace: Pace) -> Iterator[tuple[str, tuple[str, ...]]]:
    calls = words("rules.pace_silent_person", n=pace.silent_for_a_person)
    yield "silent", (words("rules.pace_silent", n=pace.silent_after, factor=pace.silent_factor), calls)
    yield "annoyed", (words("rules.pace_annoyed", n=pace.annoyed_days, factor=pace.annoyed_factor),)
    yield "kept", (words("rules.pace_kept", n=pace.kept_least, factor=pace.kept_factor),)
    yield "answered", (words("rules.pace_answered", n=pace.answered_days),)
    yield "payday", (words("rules.pace_payday", n=pace.payday_within),)
    yield "small", (words("rules.pace_small", factor=pace.small_factor, sums=_sums(words, pace.small)),)
    yield "large", (words("rules.pace_large", n=pace.large_from_days, sums=_sums(words, pace.large)),)


def _sums(words: Words, sums: Mapping[str, Decimal]) -> str:
    return listed(words, (money(sum_, currency).removesuffix(".00") for currency, sum_ in sums.items()))


def promises(words: Words, content: Content) -> list[Group]:
    """What may be promised, and when a promise counts as kept or broken."""
    file, rules = content.files.fields("policies/promises.yml"), content.rules.promises
    told = {
        "grace": [
            words("rules.promise_grace", n=rules.grace_days),
            words("rules.promise_kept", share=share(rules.kept_share)),
        ],
        "reminders": [_remind(words, rules.remind_days_before)],
        "horizon": [
            words("rules.promise_horizon", since=_since(words, since), n=days) for since, days in rules.horizon_days
        ],
        "least": [
            words("rules.promise_least", since=_since(words, since), share=share(least))
            for since, least in rules.least_share
        ],
        "series": [words("rules.promise_series", n=rules.series_most, days=rules.series_days)],
        "moved": [words("rules.promise_moved", n=rules.moved_for_a_person)],
        "broken": [words("rules.promise_broken", n=rules.broken_for_a_person)],
        "sure": [words("rules.promise_sure", share=share(rules.sure_enough))],
    }
    paragraphs = _named(words, "promise", told)
    return [Group("promises", words("rules.promises"), file.where, file.text("version"), paragraphs)]


def _named(words: Words, prefix: str, told: Mapping[str, list[str]]) -> tuple[Paragraph, ...]:
    return tuple(
        Paragraph(f"{prefix}:{name}", words.name(f"{prefix}_rule", name), tuple(lines)) for name, lines in told.items()
    )


def _remind(words: Words, days: tuple[int, ...]) -> str:
    said = (words("rules.days_before", n=day) if day else words("rules.same_day") for day in days)
    return words("rules.reminded", days=listed(words, said)) if days else words("rules.not_reminded")


def _since(words: Words, days: int) -> str:
    return words("rules.tier_before", n=-days) if days < 0 else words("rules.tier_from", n=days)


def plans(words: Words, content: Content) -> list[Group]:
    """Who may agree to which plan, and what a plan's record says."""
    file, rules = content.files.fields("policies/plans.yml"), content.rules.plans
    bases = {row.text("id"): basis(words, row) for row in file.rows("terms")}
    terms = [
        Paragraph(one.id, words.name("plan_kind", one.kind), tuple(_terms(words, one)), code=f"plan-terms:{one.id}",
                  basis=bases[one.id])
        for one in rules.terms
    ]  # fmt: skip
    told = {
        "grace": [
            words("rules.plan_grace", n=rules.grace_days),
            words("rules.promise_kept", share=share(rules.kept_share)),
        ],
        "reminders": [_remind(words, rules.remind_days_before)],
        "offer": [words("rules.plan_offer", span=span(words, rules.offer_stands))],
    }
    clauses = tuple(
        Paragraph(f"clause:{name}", words.name("clause", name), (), code=name, texts=tuple(texts.items()))
        for name, texts in rules.clauses.items()
    )
    paragraphs = (*terms, *_named(words, "plan", told))
    where, version = file.where, file.text("version")
    return [
        Group("plans", words("rules.plans"), where, version, paragraphs, (words("rules.plans_lead"),)),
        Group("clauses", words("rules.clauses"), where, version, clauses),
    ]


def _terms(words: Words, terms: Terms) -> Iterator[str]:
    yield words("rules.products", names=names(words, "product", terms.products, Product))
    yield words("rules.plan_days", since=_since(words, terms.from_days), n=terms.to_days)
    yield words("rules.plan_covers_balance") if terms.covers == "balance" else words("rules.plan_covers_due")
    for authority in Authority:
        if limit := terms.limits.get(authority):
            yield words("rules.plan_limit", who=words.name("authority", authority), what=_limit(words, limit))
    if Authority.BOT not in terms.limits:
        yield words("rules.plan_no_bot")
    if terms.six_contents:
        yield words("rules.plan_six")


def _limit(words: Words, limit: Limit) -> str:
    number = str(limit.fewest) if limit.fewest == limit.greatest else f"{limit.fewest}–{limit.greatest}"
    parts = [
        words("rules.limit_most", sums=_sums(words, limit.most)),
        words("rules.limit_number", number=number),
        words("rules.limit_first", span=span(words, limit.first_within), share=share(limit.first_share)),
        words("rules.limit_last", span=span(words, limit.last_within)),
        words("rules.limit_gap", span=span(words, limit.widest_gap)),
        words("rules.limit_broken", n=limit.broken_at_most),
    ]
    return ("；" if words.language == "zh" else "; ").join(parts)


def handling(words: Words, content: Content) -> list[Group]:
    """The agents' queues with their times, how the bot asks back, and from which certainty on it acts."""
    handoffs, dialogue = content.files.fields("policies/handoffs.yml"), content.files.fields("policies/dialogue.yml")
    queues = []
    for name, queue in content.rules.handoffs.items():
        lines = [words("rules.queue", priority=queue.priority, span=span(words, queue.within))]
        if queue.alert:
            lines.append(words("rules.queue_alert"))
        queues.append(Paragraph(f"queue:{name}", words.name("queue", name), tuple(lines), code=f"handoff:{name}"))
    queues.append(Paragraph("service", words("rules.service"), tuple(_service(words, content.rules.service))))
    rules, verify = content.rules, content.files.fields("policies/verify.yml")
    asks = {
        "wait": [words("rules.answer_wait", span=span(words, rules.answer_wait))],
        "paid_check": [words("rules.paid_check", n=rules.paid_check_business_days)],
        "unclear": [words("rules.unclear", n=rules.unclear_for_a_person)],
        "sure_enough": [words("rules.sure_enough", share=share(rules.sure_enough))],
        "sure_of_opt_out": [words("rules.sure_of_opt_out", share=share(rules.sure_of_opt_out))],
    }
    verified = {
        "attempts": [words("rules.verify_attempts", n=rules.verify.attempts, span=span(words, rules.verify.barred))],
        "lasts": [words("rules.verify_lasts", span=span(words, rules.verify.lasts))],
    }
    return [
        Group("queues", words("rules.queues"), handoffs.where, handoffs.text("version"), tuple(queues)),
        Group("asking", words("rules.asking"), dialogue.where, dialogue.text("version"), _named(words, "asking", asks)),
        Group("verify", words("rules.verify"), verify.where, verify.text("version"),
              _named(words, "verifying", verified)),
        _reading(words, content),
    ]  # fmt: skip


def _service(words: Words, service: Service) -> Iterator[str]:
    """When people answer, and from when on a clock warns."""
    yield words("rules.service_open", hours=week(words, service.week))
    if service.holidays.off:
        on = service.on_holidays
        yield words("rules.service_holidays", hours=hours(on)) if on else words("rules.service_closed")
    if service.worked is not None:
        yield words("rules.worked", hours=hours(service.worked))
    yield words("rules.service_next", span=span(words, service.next_reply), share=share(service.amber))


def _reading(words: Words, content: Content) -> Group:
    file, second = content.files.fields("policies/reading.yml"), content.rules.second
    limits = file.part("limits")
    told = {name: [words(f"limit.{name}", share=share(limits.share(name, "0.4")))] for name in limits.values}
    told["second"] = [
        words("rules.second_ask", share=share(second.ask_below)),
        words("rules.second_doubt", share=share(second.doubt_left)),
        words("rules.second_disputed", share=share(second.disputed)),
        words("rules.second_grave", share=share(second.grave_from)),
    ]
    return Group("reading", words("rules.reading"), file.where, file.text("version"), _named(words, "reading", told))
