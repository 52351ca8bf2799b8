"""Columns that many tables share.

`*_at` is an aware UTC moment, `*_on` a local date.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, text

from bot.store.columns import BigId, Cents, Instalments, Sealed, UtcMoment

TEAM = 32  # characters in a team's name


def identity() -> Column[int]:
    """A number given by the database."""
    return Column(BigId, primary_key=True, autoincrement=True)


def customer_id(index: bool = True) -> Column[int]:
    """The customer that a row is about."""
    return Column(BigId, ForeignKey("customer.id"), nullable=False, index=index)


def moment(nullable: bool = True, index: bool = False) -> Column[datetime]:
    """An aware UTC moment."""
    return Column(UtcMoment, nullable=nullable, index=index)


def cents(nullable: bool = False) -> Column[Decimal]:
    """An amount of money, exact to two places."""
    return Column(Cents, nullable=nullable)


def instalments() -> Column[Any]:
    """Dated sums."""
    return Column(Instalments, nullable=False, server_default="[]")


def count() -> Column[int]:
    """A number that begins at 0."""
    return Column(Integer, nullable=False, server_default="0")


def no() -> Column[bool]:
    """Something that is not so unless it is said."""
    return Column(Boolean, nullable=False, server_default=text("false"))


def sealed(nullable: bool = False) -> Column[str]:
    """Text that the database keeps encrypted."""
    return Column(Sealed, nullable=nullable)


def team() -> Column[str]:
    """The team that a customer or a person belongs to; empty: none."""
    return Column(String(TEAM), nullable=False, server_default="")


def index_where(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over those rows only for which `where` holds."""
    return Index(name, *columns, unique=unique, postgresql_where=text(where), sqlite_where=text(where))
