"""Chance that can be asked again: each draw is named, and the same name in the same life always draws the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from math import log, sqrt
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")
_NORMAL = NormalDist()


class Luck:
    """One customer's luck. It depends on the seed, the customer and the name of the draw, and on nothing drawn before.

    So the same customers live through the same days under two policies, and the order of work does not matter.
    """

    def __init__(self, seed: int, customer: int) -> None:
        self._salt = f"{seed}/{customer}/"

    def share(self, *name: object) -> float:
        """A number from 0 to 1 (never 0 or 1 itself)."""
        digest = blake2b((self._salt + "/".join(map(str, name))).encode(), digest_size=7).digest()
        return (int.from_bytes(digest) + 0.5) / 2**56

    def happens(self, chance: float, *name: object) -> bool:
        """Whether something of this chance happens."""
        return self.share(*name) < chance

    def choose(self, among: Sequence[T], *name: object) -> T:
        """One of several, each as likely."""
        return among[int(self.share(*name) * len(among))]

    def weigh(self, among: Mapping[T, float], *name: object) -> T:
        """One of several, by weight."""
        left = self.share(*name) * sum(among.values())
        for one, weight in among.items():
            left -= weight
            if left <= 0:
                return one
        return list(among)[-1]

    def between(self, first: int, last: int, *name: object) -> int:
        """A whole number, both ends included."""
        return first + int(self.share(*name) * (last - first + 1))

    def wait(self, mean: float, *name: object) -> float:
        """How long until something that may happen at any time does: exponential, in the unit of the mean."""
        return -log(self.share(*name)) * mean

    def sum_around(self, median: float, spread: float, *name: object) -> float:
        """A sum of money around a median: lognormal, `spread` is the standard deviation of its logarithm."""
        return float(median * 2.718281828459045 ** (spread * _NORMAL.inv_cdf(self.share(*name))))


def margin(values: Sequence[float]) -> float:
    """Half of the 95 % confidence interval of a mean of independent values (normal approximation)."""
    count = len(values)
    if count < 2:
        return 0.0
    mean = sum(values) / count
    return 1.96 * sqrt(sum((value - mean) ** 2 for value in values) / (count - 1) / count)
