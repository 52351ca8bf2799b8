"""Loads and checks dialogues/, which compliance people edit. Anything wrong stops the start with file and line."""

from bot.dialogues.content import ROOT, ContentError, load_yaml
from bot.dialogues.examples import Example, load_examples, load_lexicon
from bot.dialogues.load import Content, load
from bot.dialogues.responses import Responses

__all__ = [
    "ROOT",
    "Content",
    "ContentError",
    "Example",
    "Responses",
    "load",
    "load_examples",
    "load_lexicon",
    "load_yaml",
]
