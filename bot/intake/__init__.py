"""Portfolios and payments in: from CSV files and over an authenticated JSON API. Bad rows are named, good ones kept."""

from bot.intake.api import mount
from bot.intake.files import read_csv, write_rejects
from bot.intake.mapping import Reception, headings
from bot.intake.rows import Defaults
from bot.intake.runner import LEASE, Runner
from bot.intake.sheet import IntakeError
from bot.intake.take import PAYMENTS, PORTFOLIO, Intake, Problem, Report, take

__all__ = [
    "LEASE",
    "PAYMENTS",
    "PORTFOLIO",
    "Defaults",
    "Intake",
    "IntakeError",
    "Problem",
    "Reception",
    "Report",
    "Runner",
    "headings",
    "mount",
    "read_csv",
    "take",
    "write_rejects",
]
