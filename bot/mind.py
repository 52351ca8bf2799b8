"""What a turn thinks with: the reader, the rules, the wording, and whom to call or to ask for a second opinion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.core.case import Case
from bot.core.decision import OpenHandoff, Say
from bot.core.opinion import Question
from bot.dialogues import Content
from bot.nlu.read import Reader
from bot.store.record import Manner
from bot.store.round import Turned


@dataclass(frozen=True, slots=True)
class Mind:
    """Replaced as a whole when another edition of the content comes into force.

    `settle`: how long fragments of a reply may take to arrive. `wonder` takes what a second reader shall be asked; the
    reply then waits `patience` for the answer, at most. `alert` calls people, by queue and customer.
    """

    reader: Reader
    content: Content
    settle: timedelta
    channel: str  # the channel of customers who never wrote
    wonder: Callable[[Question], None] | None = None
    patience: timedelta = timedelta(0)
    alert: Callable[[str, int], None] | None = None

    def call_people(self, turned: Sequence[Turned]) -> None:
        """Call people at once for whoever is in danger; only after the commit, when it is on the file."""
        if self.alert is None:
            return
        for one in turned:
            effects = [effect for step in one.steps for effect in step.decision.effects]
            for queue in {effect.queue for effect in effects if isinstance(effect, OpenHandoff)}:
                if self.content.rules.handoffs[queue].alert:
                    self.alert(queue, one.file.case.customer_id)

    @property
    def manner(self) -> Manner:
        """How what was decided is written down."""
        return Manner(self.render, self.content.rules.version, self.channel)

    def render(self, say: Say, case: Case) -> str:
        """The wording of a decided text."""
        return self.content.responses.render(say.response, case.language, say.slots, case.currency)
