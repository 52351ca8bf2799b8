"""Any server that speaks OpenAI's chat completions as second reader, held to a JSON schema at temperature 0."""

from __future__ import annotations

import json
from typing import Any

from bot.core.opinion import Question
from bot.core.reading import Intent
from bot.dialogues.briefing import Briefing
from bot.gateways.http import Http
from bot.nlu.opinions import Answer
from bot.second.base import Failure, NoOpinion, post, share

SEED = 1
MOST_TOKENS = 300  # the longest answer of this form takes about 150
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "intents": {"type": "array", "items": {"type": "string", "enum": [intent.value for intent in Intent]}},
        "confidence": {"type": "number"},
        "date": {"type": ["string", "null"]},
        "amount": {"type": ["string", "null"]},
    },
    "required": ["intents", "confidence", "date", "amount"],
    "additionalProperties": False,
}


class OpenAiReader:
    """Asks a language model. `url` is the part of the address before /chat/completions, as a rule ending in /v1."""

    name = "openai"

    def __init__(self, url: str, model: str, key: str, timeout_seconds: float, briefing: Briefing) -> None:
        self._url = f"{url.rstrip('/')}/chat/completions"
        self._model, self._briefing = model, briefing
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = Http(timeout_seconds, min(3.0, timeout_seconds))

    async def ask(self, text: str, question: Question) -> Answer:
        """The reply goes as a JSON string in a message of its own, so that it cannot end the instructions."""
        body = {
            "model": self._model,
            "messages": [
                {"role": "system", "content": self._briefing.told(f"{question.heard_at:%A %Y-%m-%d}", question.asked)},
                {"role": "user", "content": json.dumps({"message": text}, ensure_ascii=False)},
            ],
            "temperature": 0,
            "seed": SEED,
            "max_tokens": MOST_TOKENS,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "reading", "strict": True, "schema": SCHEMA},
            },
        }
        return answer_of(await post(self._http, self._url, body, self._headers))

    def brief(self, briefing: Briefing) -> None:
        """From now on the model is told this."""
        self._briefing = briefing

    async def close(self) -> None:
        """Close its connections."""
        await self._http.close()


def answer_of(said: Any) -> Answer:
    """A completion as an answer. Raise NoOpinion where it is cut short, refused, or not of the schema."""
    match said:
        case {"choices": [{"finish_reason": "stop", "message": {"content": str() as content}}, *_]}:
            return _parsed(content)
    raise NoOpinion(Failure.GARBAGE)


def _parsed(content: str) -> Answer:
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        raise NoOpinion(Failure.GARBAGE) from None
    match fields:
        case {"intents": [_, *_] as intents, "confidence": confidence, "date": day, "amount": amount, **rest} if (
            not rest
        ):
            slots = [value for value in (day, amount) if value is not None]
            if all(isinstance(value, str) for value in (*intents, *slots)):
                return Answer(tuple(intents), share(confidence), day or None, amount or None)
    raise NoOpinion(Failure.GARBAGE)
