"""The only reader of the clock. Everywhere else time is an argument."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from bot.core.calendar import local, moment


class Clock:
    """The time. In a demonstration it can be moved forward, never back."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        """This moment, aware, in UTC."""
        return self.wall() + self._ahead

    def wall(self) -> datetime:
        """The moment by the clock on the wall, wherever a demonstration has got to."""
        return datetime.now(UTC)

    def move(self, by: timedelta) -> None:
        """Move the clock of a demonstration forward."""
        self._ahead += max(by, timedelta(0))

    def move_to_working_hours(self, zone: str, not_before: datetime | None = None) -> None:
        """Let a demonstration begin at a time of day at which texts may leave, and after its own past."""
        now = max(self(), not_before or self())
        there = local(now, zone)
        if not time(9, 30) <= there.time() < time(18):
            day = there.date() + timedelta(days=there.time() >= time(18))
            now = moment(day, time(10), zone)
        self._ahead += max(timedelta(0), now - self())
