"""What pages and letters say of a schedule. Pure."""

from __future__ import annotations

from digest.model import Subscriber

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WORKING = frozenset(range(5))


def days_line(weekdays: frozenset[int]) -> str:
    """``every day``, ``Monday to Friday``, ``every Thursday``, or the days by name.

    >>> days_line(frozenset({3})), days_line(frozenset({0, 2}))
    ('every Thursday', 'Monday and Wednesday')
    """
    if len(weekdays) == 7:
        return "every day"
    if weekdays == WORKING:
        return "Monday to Friday"
    names = [DAYS[day] for day in sorted(weekdays)]
    if len(names) == 1:
        return f"every {names[0]}"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def schedule_line(subscriber: Subscriber) -> str:
    """``every day at 07:30 (Europe/Berlin)``."""
    return f"{days_line(subscriber.weekdays)} at {subscriber.send_at:%H:%M} ({subscriber.timezone})"
