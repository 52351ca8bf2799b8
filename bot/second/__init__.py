"""Second readers: what turns are unsure of is asked of another reader over HTTP, between two turns. Off by default."""

from bot.second.asking import Second
from bot.second.base import Failure, NoOpinion, SecondReader
from bot.second.openai import OpenAiReader
from bot.second.rasa import RasaReader

__all__ = ["Failure", "NoOpinion", "OpenAiReader", "RasaReader", "Second", "SecondReader"]
