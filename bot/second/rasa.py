"""A Rasa server as second reader: POST /model/parse of Rasa Open Source 3.x, whose intents carry our names."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from bot.core.opinion import Question
from bot.core.reading import Intent
from bot.dialogues.briefing import Briefing
from bot.gateways.http import Http
from bot.nlu.opinions import Answer
from bot.second.base import Failure, NoOpinion, post, share

NOT_TOLD = "nlu_fallback"  # Rasa's own name for "nothing can be told"


class RasaReader:
    """Asks a Rasa server that was trained on `huixin rasa export`. `key` is its `--auth-token`, if it has one."""

    name = "rasa"

    def __init__(self, url: str, key: str, timeout_seconds: float) -> None:
        token = f"?token={quote(key, safe='')}" if key else ""
        self._url = f"{url.rstrip('/')}/model/parse{token}"
        self._http = Http(timeout_seconds, min(3.0, timeout_seconds))

    async def ask(self, text: str, question: Question) -> Answer:
        """Rasa knows neither the day nor our question; of a day or sum that it marks nowhere it says nothing."""
        return answer_of(await post(self._http, self._url, {"text": text}, {}))

    def brief(self, briefing: Briefing) -> None:
        """Rasa is told nothing but the text."""

    async def close(self) -> None:
        """Close its connections."""
        await self._http.close()


def answer_of(said: Any) -> Answer:
    """Rasa's parse as an answer. Raise NoOpinion where it is none."""
    match said:
        case {"intent": {"name": str() as name, "confidence": confidence}, "entities": list() as found}:
            intents = (Intent.UNCLEAR.value,) if name == NOT_TOLD else tuple(name.split("+"))
            return Answer(intents, share(confidence), _marked(found, "date"), _marked(found, "amount"))
    raise NoOpinion(Failure.GARBAGE)


def _marked(entities: list[Any], kind: str) -> str:
    """The first words that are marked so; "" where none are."""
    for one in entities:
        match one:
            case {"entity": str() as entity, "value": str() as value} if entity == kind:
                return value
    return ""
