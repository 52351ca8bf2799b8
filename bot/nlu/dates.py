"""The dates in a message: every one of them (find_dates, extract) and the one that is promised (promised_date)."""

from bot.nlu.found_dates import FoundDate, extract, find_dates
from bot.nlu.promised_dates import PromisedDate, promised_date

__all__ = ["FoundDate", "PromisedDate", "extract", "find_dates", "promised_date"]
