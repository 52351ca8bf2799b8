"""Plays Rasa: keeps one conversation's slots and calls the action server over HTTP, as Rasa does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai
LEDGER: dict[str, Any] = {"amount_due": "1200.00", "balance": "5000.00", "due_on": "2026-11-01", "language": "zh"}


@dataclass
class Rasa:
    """Plays Rasa: keeps a conversation's slots and calls actions over HTTP. `now` may be moved on."""

    client: Any = None
    now: datetime = MONDAY
    slots: dict[str, Any] = field(default_factory=lambda: dict(LEDGER))
    events: list[dict[str, Any]] = field(default_factory=list)

    async def post(self, body: bytes | str, **headers: str) -> tuple[int, Any]:
        """A raw call: status and JSON."""
        async with self.client.post("/webhook", data=body, headers=headers) as response:
            return response.status, await response.json()

    async def run(self, text: str | None, action: str = "action_huixin_reply", **tracker: Any) -> dict[str, Any]:
        """Run an action on what the customer wrote, and keep the slots that it sets."""
        async with self.client.post("/webhook", json=self.call(text, action, **tracker)) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = await response.json()
        self.events = answer["events"]
        self.slots |= {event["name"]: event["value"] for event in self.events}
        return answer

    async def reply(self, text: str) -> list[str]:
        """The texts that answer a reply."""
        return [response["text"] for response in (await self.run(text))["responses"]]

    def call(self, text: str | None, action: str = "action_huixin_reply", **tracker: Any) -> dict[str, Any]:
        """The body of a call, as Rasa writes it."""
        state = {
            "sender_id": "8613800000000",
            "slots": dict(self.slots),
            "latest_message": {"text": text, "intent": {"name": "affirm", "confidence": 0.9}, "entities": []},
            "events": [{"event": "action", "name": "action_listen"}],
            "paused": False,
            "followup_action": None,
            "active_loop": {},
            "latest_action_name": "action_listen",
        }
        return {
            "next_action": action,
            "sender_id": "8613800000000",
            "tracker": state | tracker,
            "domain": {"intents": [], "slots": {}},
            "version": "3.6.21",
        }
