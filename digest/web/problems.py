"""What is wrong with a form, field by field: everything at once, not one thing after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from digest.errors import DigestError, ProfileError, SubscriptionError
from digest.store.profiles import Draft
from digest.subscriptions import check_draft, check_weekdays, check_zone
from digest.web.fields import hour, number, rhythm, told, whole_number

Check = tuple[str, Callable[[], object]]
"""A field and what raises ``ProfileError`` or ``SubscriptionError`` when it is wrong."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, at which field; none where it belongs to the form as a whole."""

    field: str
    text: str


def problems_of(checks: Iterable[Check], error: DigestError) -> tuple[Problem, ...]:
    """All that is wrong with a form that was refused with ``error``, in the order of its fields."""
    found = tuple(
        Problem(name, told(wrong)) for name, check in checks if (wrong := _error_of(check)) is not None
    )
    return found or (Problem("", told(error)),)


def profile_checks(keywords: str, bar: str, limit: str, *, trending: bool) -> Iterator[Check]:
    """The fields of a profile, as typed."""
    yield "keywords", lambda: check_draft(Draft("Papers", keywords), trending=trending)
    yield "bar", lambda: check_draft(Draft("Papers", "", number(bar, "bar")), trending=True)
    yield (
        "limit",
        lambda: check_draft(Draft("Papers", "", None, whole_number(limit, "limit")), trending=True),
    )


def schedule_checks(
    timezone: str, send_at: str, often: str, weekly_on: str, weekdays: list[str]
) -> Iterator[Check]:
    """The fields that say when digests come, as typed."""
    yield "weekdays", lambda: check_weekdays(rhythm(often, weekly_on, weekdays))
    yield "send_at", lambda: hour(send_at)
    yield "timezone", lambda: check_zone(timezone)


def _error_of(check: Callable[[], object]) -> DigestError | None:
    try:
        check()
    except (ProfileError, SubscriptionError) as error:
        return error
    return None
