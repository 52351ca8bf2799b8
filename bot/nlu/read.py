"""The only door to reading: a customer's text (or several sent seconds apart) in, one Reading out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from bot import dialogues
from bot.core.reading import AmountKind, Asked, Intent, Reading, SaidAmount, Span, Wish, by_rank
from bot.dialogues import ContentError, Example
from bot.dialogues.limits import Limits, load_limits
from bot.nlu import fusion
from bot.nlu.folding import Folded, script_of
from bot.nlu.gate import Gate, Gated, unknown_intents
from bot.nlu.habits import habits_of
from bot.nlu.hardship import Reasons
from bot.nlu.intents import IntentModel, Lesson, Scored, Trained
from bot.nlu.kept import cache_folder, kept, name_for
from bot.nlu.normal import Normal, normalise
from bot.nlu.patterns import PatternError
from bot.nlu.pinyin import Pinyin
from bot.nlu.series import SAID_BACK, series_of
from bot.nlu.slots import NONE, Slots, nothing_else, slots_of
from bot.nlu.wishes import Wishes

_FIGURES_ONLY = re.compile(r"[\d\s.,?!。，？！]+")
SPEAKS_OF_PLANS = frozenset({Intent.PAYMENT_PLAN_REQUEST, Intent.DENY, Intent.REFUSAL, Intent.UNCLEAR})
LONGEST = 1600  # ten parts of 160 characters; what stands after is no reply but a paste
_Row = tuple[str | Sequence[str], datetime, Asked | None, str | None]  # texts, heard at, asked, language if known


class Model(Protocol):
    """What scores the intents of messages."""

    def score(self, many: Sequence[Gated]) -> list[Scored]:
        """The probability of each intent, message by message."""

    def telling(self, scored: Scored, intent: Intent, most: int = 3) -> list[str]:
        """The n-grams that spoke most for an intent, strongest first."""


class Reader:
    """Reads replies. Built once at start-up from examples and lexicons; holds no state that a reading changes."""

    def __init__(
        self,
        lexicons: Mapping[str, Mapping[str, Any]],
        examples: Callable[[], Sequence[Example]],
        limits: Limits,
        wishes: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
        reasons: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
        kept_at: Path | None = None,
    ) -> None:
        """`kept_at`: where the trained model is kept; only if none is there, `examples` are asked for."""
        self._limits = limits
        try:
            self._gate, self._wishes, self._reasons = Gate(lexicons), Wishes(wishes or {}), Reasons(reasons or {})
        except PatternError as error:
            raise ContentError(f"dialogues/lexicon: {error}") from None
        self._pinyin = Pinyin(
            {
                spelling: characters
                for one in lexicons.values()
                for spelling, characters in one.get("pinyin", {}).items()
            },
            frozenset(word for one in lexicons.values() for word in one.get("pinyin_or_english", ())),
        )
        self._filler = re.compile("|".join(lexicon["filler"] for lexicon in lexicons.values()))
        self._model: Model = IntentModel(kept(kept_at, lambda: self._trained(examples())))

    def _trained(self, examples: Sequence[Example]) -> Trained:
        from bot.nlu.training import train  # with scipy, which only training needs

        return train([self.lesson(example) for example in examples])

    def lesson(self, example: Example) -> Lesson:
        """What is to be learnt from an example. Raise ContentError where it names an intent that does not exist."""
        try:
            intents = tuple(Intent(name) for name in example.intents)
        except ValueError:
            raise ContentError(f"dialogues/intents: {example.text!r}: no such intent {example.intents}") from None
        gated = self.inspect(example.text)
        return Lesson(tuple((folded.text, folded.language) for folded in gated.folds), gated.cues, intents)

    def inspect(self, text: str, asked: Asked | None = None) -> Gated:
        """What the gate sees in a text, which is all that the model sees of it."""
        return self._gate.inspect(self._normal(text).text, asked)

    def is_urgent(self, text: str) -> bool:
        """Whether this text alone stops texts or speaks of despair: nothing that may follow changes that."""
        normal = self._normal(text[:LONGEST]).text
        alone = self._gate.inspect(normal, None)
        return self._gate.whole_message(normal, None) in fusion.NEVER_OUTVOTED or any(
            map(alone.sure, fusion.NEVER_OUTVOTED)
        )

    @classmethod
    def load(cls, root: Path = dialogues.ROOT) -> Reader:
        """From dialogues/, with the model of an earlier start if nothing changed. ContentError where it is broken."""
        lexicons = {language: dialogues.load_lexicon(language, root) for language in ("zh", "en")}
        for language, lexicon in lexicons.items():
            if unknown := unknown_intents(lexicon):
                raise ContentError(f"{root}/lexicon/{language}.yml: no such intents: {', '.join(unknown)}")
        folder = cache_folder()
        kept_at = folder / name_for(root) if folder else None
        wishes, reasons = (dialogues.load_lexicon(name, root) for name in ("wishes", "hardship"))
        return cls(lexicons, lambda: dialogues.load_examples(root), load_limits(root), wishes, reasons, kept_at)

    def with_limits(self, limits: Limits) -> Reader:
        """The same reader with other limits, not trained again."""
        other = copy(self)
        other._limits = limits
        return other

    def with_model(self, model: Model) -> Reader:
        """The same reader with another trained model."""
        other = copy(self)
        other._model = model
        return other

    def read_many(self, rows: Sequence[tuple[str | Sequence[str], datetime, Asked | None]]) -> list[Reading]:
        """Read a batch; the same as reading one after the other, at less cost."""
        return self._read([(texts, heard_at, asked, None) for texts, heard_at, asked in rows])

    def read(
        self, texts: str | Sequence[str], heard_at: datetime, asked: Asked | None = None, language: str | None = None
    ) -> Reading:
        """Read one reply, or fragments sent seconds apart as one reply.

        `heard_at` is aware, in the customer's zone: dates count from it. `asked` is our open question. Total: any
        text gives a Reading. A fragment that alone is an opt-out or a safety message counts as one.
        """
        return self._read([(texts, heard_at, asked, language)])[0]

    def _read(self, rows: Sequence[_Row]) -> list[Reading]:
        # Digits to verify by answer neither "which day" nor "how much": they are read as if nothing were open.
        rows = [(texts, at, None if asked is Asked.VERIFY else asked, lang) for texts, at, asked, lang in rows]
        normals = [self._normal(_text(texts)[:LONGEST]) for texts, _, _, _ in rows]
        wholes = [self._gate.whole_message(normal.text, row[2]) for normal, row in zip(normals, rows, strict=True)]
        open_ = [place for place, whole in enumerate(wholes) if whole is None]
        gated = [self._gate.inspect(normals[place].text, rows[place][2]) for place in open_]
        scored = self._model.score(gated) if gated else []
        readings = {
            place: self._understood(rows[place], normals[place], seen, score)
            for place, seen, score in zip(open_, gated, scored, strict=True)
        }
        return [
            readings[place] if whole is None else _keyword(rows[place], normals[place], whole)
            for place, whole in enumerate(wholes)
        ]

    def _understood(self, row: _Row, normal: Normal, gated: Gated, scored: Scored) -> Reading:
        texts, heard_at, asked, language = row
        limits = self._limits
        parts = [texts] if isinstance(texts, str) else texts
        language = language or script_of(normal.text)
        probabilities = scored.probabilities
        scores = fusion.settle(gated, probabilities, asked, limits)
        if len(parts) > 1:
            self._add_fragments(parts, asked, scores)
        slots = self._slots(normal, gated, language, heard_at, asked, scores, probabilities[Intent.PROMISE_TO_PAY])
        series = series_of(normal, language, heard_at) if slots.date and slots.amount else ()
        if series:
            first = SaidAmount(AmountKind.EXACT, series[0].amount)
            slots = replace(
                slots,
                date=series[0].date,
                date_score=SAID_BACK,
                amount=first,
                amount_score=SAID_BACK,
                date_span=None,
                amount_span=None,
            )
        suspected = Intent.OPT_OUT not in scores and (
            probabilities[Intent.OPT_OUT]
            > (limits.opt_out_hinted if gated.hinted(Intent.OPT_OUT) else limits.opt_out_suspected)
        )
        intents = by_rank(frozenset(scores))
        return Reading(
            text=_text(texts),
            language=language,
            intents=intents,
            scores=scores or {Intent.UNCLEAR: 1 - max(probabilities.values())},
            date=slots.date,
            date_vague=slots.vague,
            date_score=slots.date_score,
            amount=slots.amount,
            amount_score=slots.amount_score,
            conditional=slots.conditional,
            opt_out_suspected=suspected,
            spans=(
                *_spans(normal, gated, intents),
                *_slot_spans(normal, slots),
                *self._model_spans(normal, gated, scored, intents),
            ),
            series=series,
            hardship=self._reasons.find(gated.folds) if Intent.HARDSHIP in scores else None,
            wish=self._wishes.find(gated.folds) if SPEAKS_OF_PLANS.intersection(intents) else Wish(),
            habits=habits_of(_text(texts)[:LONGEST], Intent.CONTACT_PREFERENCE in scores),
            rejected=(*(f"{hit.label}: {hit.source}" for hit in gated.taken_back), *slots.rejected),
        )

    def slots(self, texts: Sequence[str], heard_at: datetime, asked: Asked | None, language: str) -> Slots:
        """The day and sum in a reply as though it were a promise, whatever else it means."""
        return slots_of(self._normal("\n".join(texts)[:LONGEST]), language, heard_at, asked)

    def _normal(self, text: str) -> Normal:
        return self._pinyin.spelled_out(normalise(text))

    def _add_fragments(self, parts: Sequence[str], asked: Asked | None, scores: dict[Intent, float]) -> None:
        """Each fragment alone through the gate: a lone 退订 between other words is still an opt-out."""
        for part in parts:
            text = self._normal(part[:LONGEST]).text
            whole = self._gate.whole_message(text, asked)
            if whole is not None and (whole not in fusion.EMPTY or not scores):
                scores[whole] = 1.0
            alone = self._gate.inspect(text, asked)
            for intent in fusion.NEVER_OUTVOTED:
                if alone.sure(intent):
                    scores[intent] = fusion.SURE
        if scores.keys() - fusion.EMPTY:
            for intent in fusion.EMPTY:
                scores.pop(intent, None)

    def _slots(
        self,
        normal: Normal,
        gated: Gated,
        language: str,
        heard_at: datetime,
        asked: Asked | None,
        scores: dict[Intent, float],
        likely: float,
    ) -> Slots:
        """Day and sum where a promise holds.

        A reply that is nothing but a day or sum becomes a promise; one with a coming day, of which nothing else can be
        told, an unsure one, which is asked back. `likely` is the model's probability of a promise.
        """
        promised = Intent.PROMISE_TO_PAY in scores
        empty = scores.keys() <= {*fusion.EMPTY, Intent.AFFIRM, Intent.DENY}
        told_apart = max(scores.values(), default=0) > 0.9 or len(normal.text) > 60
        if not promised and not empty and asked is None and told_apart:
            return NONE
        slots = slots_of(normal, language, heard_at, asked)
        if promised:
            return slots
        if asked is None and slots.date is None and not slots.vague and _FIGURES_ONLY.fullmatch(normal.text):
            return NONE  # a figure out of the blue is no promise: a code, a slip, another chat
        if asked is None and slots.date_rule == "time" and slots.amount is None:
            return NONE  # good afternoon
        if gated.sure(Intent.ASK_AMOUNT):
            return NONE  # is it 200 or 300
        if nothing_else(normal, slots, self._filler):
            for intent in scores.keys() - {Intent.AFFIRM, Intent.DENY}:
                del scores[intent]
            scores[Intent.PROMISE_TO_PAY] = 0.85
            return slots
        if empty and slots.date is not None and likely >= self._limits.promise:
            for intent in fusion.EMPTY:
                scores.pop(intent, None)
            scores[Intent.PROMISE_TO_PAY] = likely
            return slots
        return NONE

    def _model_spans(self, normal: Normal, gated: Gated, scored: Scored, intents: tuple[Intent, ...]) -> list[Span]:
        if gated.hinted(intents[0]):
            return []
        spans = []
        for gram in self._model.telling(scored, intents[0]):
            words = gram.removeprefix("w:").strip("^$ ")
            for folded in gated.folds:
                at = folded.text.find(words)
                if at >= 0 and words:
                    spans.append(_span(normal, folded, at, at + len(words), intents[0].value, "n-gram"))
                    break
        return spans


def _text(texts: str | Sequence[str]) -> str:
    return texts if isinstance(texts, str) else "\n".join(texts)


def _keyword(row: _Row, normal: Normal, whole: Intent) -> Reading:
    """The reading of a message that is nothing but a known word."""
    span = Span(0, len(normal.original), normal.original, whole.value, "whole message")
    return Reading(_text(row[0]), row[3] or script_of(normal.text), (whole,), {whole: 1.0}, spans=(span,))


def _span(normal: Normal, folded: Folded, start: int, end: int, label: str, rule: str) -> Span:
    first, last = normal.original_span(*folded.source_span(start, end))
    return Span(first, last, normal.original[first:last], label, rule)


def _spans(normal: Normal, gated: Gated, intents: tuple[Intent, ...]) -> list[Span]:
    labels = {intent.value for intent in intents}
    return [
        _span(normal, folded, hit.start, hit.end, hit.label, hit.source)
        for folded, hit in gated.hits
        if hit.label in labels
    ]


def _slot_spans(normal: Normal, slots: Slots) -> list[Span]:
    found = [(slots.date_span, "date", slots.date_rule), (slots.amount_span, "amount", slots.amount_rule)]
    spans = []
    for place, label, rule in found:
        if place:
            first, last = normal.original_span(*place)
            spans.append(Span(first, last, normal.original[first:last], label, rule))
    return spans
