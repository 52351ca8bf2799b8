"""The state machine as one table: state x intent -> arms, each a guard, an outcome and the next state.

The table itself is data (dialogues/conversation.yml); this module holds its shape, checks that it is complete, and
draws it. What an outcome does beyond its data is a named act in `bot.core.acts`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.core.case import HoldKind, State
from bot.core.reading import Asked, Intent

# Outcomes that stand in no cell.
CALLED_BY_CODE = frozenset(
    {"ask_whether_opt_out", "leave_to_person", "tell_verified", "verify_again", "give_up_verifying"}
)


@dataclass(frozen=True, slots=True)
class Arm:
    """One line of a cell: where the guard holds (no guard always does), do the outcome and go to the state."""

    guard: str | None
    outcome: str
    to: State | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens: an answer, a hold, a handoff to a queue, an act in code; each may be absent.

    `asks` is the question that the answer leaves open. `by_agents_too`: it happens even while an agent owns the case.
    `keeps_promise`: a promise said in the same breath is still recorded.
    """

    name: str
    say: str | None = None
    hold: HoldKind | None = None
    handoff: str | None = None
    act: str | None = None
    asks: Asked | None = None
    by_agents_too: bool = False
    keeps_promise: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """The whole table. `ask_back_when_unsure` lists the intents that are not acted upon without certainty."""

    version: str
    cells: dict[tuple[State, Intent], tuple[Arm, ...]]
    outcomes: dict[str, Outcome]
    ask_back_when_unsure: frozenset[Intent]

    def arms(self, state: State, intent: Intent) -> tuple[Arm, ...]:
        """The arms of one cell, in the order in which they are tried."""
        return self.cells[state, intent]


def problems(conversation: Conversation, guards: Collection[str], acts: Collection[str]) -> list[str]:
    """Everything that is wrong with a table, in words that name the cell; empty where it is sound."""
    found: list[str] = []
    for state in State:
        for intent in Intent:
            cell = f"{state} x {intent}"
            arms = conversation.cells.get((state, intent))
            if not arms:
                found.append(f"{cell}: no outcome; every state must say what each intent does")
                continue
            found += [f"{cell}: unknown guard {arm.guard!r}" for arm in arms if arm.guard and arm.guard not in guards]
            found += [f"{cell}: unknown outcome {a.outcome!r}" for a in arms if a.outcome not in conversation.outcomes]
            if arms[-1].guard is not None:
                found.append(f"{cell}: the last line has the guard {arms[-1].guard!r}; it must hold always")
            found += [f"{cell}: a line after one without a guard is never reached" for a in arms[:-1] if not a.guard]
    used = {arm.outcome for arms in conversation.cells.values() for arm in arms} | CALLED_BY_CODE
    for name, outcome in conversation.outcomes.items():
        if outcome.act is not None and outcome.act not in acts:
            found.append(f"outcome {name}: unknown act {outcome.act!r}")
        if name not in used:
            found.append(f"outcome {name}: no cell uses it")
    found += [f"outcome {name} is missing" for name in sorted(CALLED_BY_CODE - conversation.outcomes.keys())]
    return found


def draw(conversation: Conversation) -> str:
    """The table as a Mermaid state diagram: one arrow for each pair of states, named by the intents that take it."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, intent), arms in conversation.cells.items():
        for arm in arms:
            if arm.to is not None and arm.to is not state:
                label = f"{intent} [{arm.guard}]" if arm.guard else str(intent)
                arrows.setdefault((state, arm.to), []).append(label)
    lines = ["stateDiagram-v2", "    [*] --> new"]
    for (state, to), labels in arrows.items():
        shown = ", ".join(labels[:3]) + (f", … {len(labels) - 3} more" if len(labels) > 3 else "")
        lines.append(f"    {state} --> {to}: {shown}")
    return "\n".join(lines) + "\n"
