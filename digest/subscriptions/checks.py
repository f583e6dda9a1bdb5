"""What a subscription must look like. Pure: each check returns the value as it is stored, or raises."""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from difflib import get_close_matches
from functools import cache

from email_validator import EmailNotValidError, validate_email

from digest.errors import NoKeywords, SubscriptionError
from digest.model import EVERY_DAY, NO_ZONES, ChannelName, EmptyDigests
from digest.ranking.language import parse_profile
from digest.slack_address import WEBHOOK_HOSTS, read_address
from digest.store.profiles import Draft

LONGEST_ADDRESS = 320
LONGEST_NAME = 80
LONGEST_SOURCE = 200
MOST_PROFILES = 12
MOST_ENTRIES = 50

_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but tab and line breaks, and lone surrogates: one or the other database refuses them."""
_FILE_NAME = re.compile(r"[\w@][\w.@+-]{0,119}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody asks for when subscribing. ``timezone`` is a name such as ``Europe/Berlin``."""

    channel: ChannelName
    address: str
    profiles: tuple[Draft, ...]
    timezone: str = "UTC"
    send_at: time = field(default=time(7, 30))
    weekdays: frozenset[int] = EVERY_DAY
    empty_digests: EmptyDigests = EmptyDigests.WEEKLY
    rising: bool = True


def drafts_of(profiles: Mapping[str, str] | Sequence[Draft]) -> tuple[Draft, ...]:
    """Profiles given as name → text, or in full."""
    if isinstance(profiles, Mapping):
        return tuple(Draft(name, text) for name, text in profiles.items())
    return tuple(profiles)


def check_wishes(
    wishes: Wishes, *, trending: bool = False, webhook_hosts: Sequence[str] = WEBHOOK_HOSTS
) -> Wishes:
    """The same wishes as they are stored.

    ``trending`` allows a profile without keywords: it follows what most people vote for, which
    must be said and not happen by leaving a field empty. Raises ``SubscriptionError`` naming the
    first thing that is wrong, ``ProfileError`` for the profile language.
    """
    return replace(
        wishes,
        address=check_address(wishes.channel, wishes.address, webhook_hosts=webhook_hosts),
        timezone=check_zone(wishes.timezone),
        send_at=check_time(wishes.send_at),
        weekdays=check_weekdays(wishes.weekdays),
        profiles=check_drafts(wishes.profiles, trending=trending),
    )


# --- addresses -------------------------------------------------------------------------------


def check_address(channel: ChannelName, address: str, *, webhook_hosts: Sequence[str] = WEBHOOK_HOSTS) -> str:
    """Exactly one address of the channel's kind, normalised."""
    if len(address) > LONGEST_ADDRESS:
        raise SubscriptionError(
            f"the address is longer than {LONGEST_ADDRESS} characters", remedy="give one address"
        )
    if channel is ChannelName.EMAIL:
        return _mail_address(address)
    if channel is ChannelName.SLACK:
        return read_address(address.strip(), webhook_hosts).address
    if not _FILE_NAME.fullmatch(address.strip()):
        raise SubscriptionError(
            "that is no name for a file", remedy="use letters, digits, dots and dashes only"
        )
    return address.strip()


def _mail_address(address: str) -> str:
    """Lower case throughout: providers ignore case, and one mailbox must not subscribe twice by it."""
    if not address.strip():
        raise SubscriptionError("the mail address is missing", remedy="give one such as ada@example.org")
    try:
        found = validate_email(
            address.strip(), check_deliverability=False, strict=True, allow_quoted_local=False
        )
    except EmailNotValidError as error:
        raise SubscriptionError(
            f"that is no mail address: {error}", remedy="check it for a typing mistake"
        ) from error
    return found.normalized.lower()


# --- schedule --------------------------------------------------------------------------------


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()) - NO_ZONES


def check_zone(name: str) -> str:
    """A name of the time zone database; a near miss is suggested."""
    if name in _zones():
        return name
    # abbreviations lie near each other and hours apart, and Etc/GMT+2 is west of Greenwich
    cities = sorted(zone for zone in _zones() if "/" in zone and not zone.startswith("Etc/"))
    near = get_close_matches(name.strip()[:64], cities, n=1, cutoff=0.7)
    remedy = f"did you mean {near[0]}?" if near else "use a name such as Europe/Berlin"
    raise SubscriptionError(f"there is no time zone {_shown(name)}", remedy=remedy)


def check_time(moment: time) -> time:
    """A local time of day in whole minutes."""
    if moment.tzinfo is not None:
        raise SubscriptionError("the hour is local: it has no zone of its own", remedy="give hh:mm")
    return moment.replace(second=0, microsecond=0)


def check_weekdays(weekdays: frozenset[int]) -> frozenset[int]:
    """At least one weekday, Monday is 0."""
    if not weekdays:
        raise SubscriptionError("no weekday is chosen", remedy="choose one or more, or pause instead")
    if not weekdays <= EVERY_DAY:
        raise SubscriptionError("a weekday is wrong", remedy="weekdays go from 0 (Monday) to 6 (Sunday)")
    return frozenset(weekdays)


# --- profiles --------------------------------------------------------------------------------


def check_drafts(drafts: Sequence[Draft], *, trending: bool = False) -> tuple[Draft, ...]:
    """One to ``MOST_PROFILES`` profiles with different names."""
    if not drafts:
        raise SubscriptionError("there is no profile", remedy="give keywords, or choose what is trending")
    if len(drafts) > MOST_PROFILES:
        raise SubscriptionError(
            f"more than {MOST_PROFILES} profiles", remedy="join some: one profile holds many keywords"
        )
    checked = tuple(check_draft(draft, trending=trending) for draft in drafts)
    names = [draft.name.casefold() for draft in checked]
    twice = next((draft.name for draft in checked if names.count(draft.name.casefold()) > 1), None)
    if twice is not None:
        raise SubscriptionError(f"two profiles are named {_shown(twice)}", remedy="name one differently")
    return checked


def check_draft(draft: Draft, *, trending: bool = False) -> Draft:
    """A profile with a usable name, a text that reads, a bar of 0 to 10 and a limit of 1 to 50."""
    text = check_text(draft.text)
    if not parse_profile(text) and not trending:
        raise NoKeywords("the profile has no keywords", remedy="give some, or ask for what is trending")
    if draft.bar is not None and not 0 <= draft.bar <= 10:
        raise SubscriptionError("the bar is not between 0 and 10", remedy="5 is a good start")
    if draft.limit is not None and not 1 <= draft.limit <= MOST_ENTRIES:
        raise SubscriptionError(f"the limit is not between 1 and {MOST_ENTRIES}", remedy="10 is a good start")
    return replace(draft, name=check_name(draft.name), text=text)


def check_text(text: str) -> str:
    """A profile's text as both databases take it; what is wrong is named by its place, not repeated."""
    found = unstorable(text)
    if found is not None:
        raise SubscriptionError(
            f"the keywords hold what is no text (U+{ord(found):04X}, position {text.index(found) + 1})",
            remedy="type that part anew",
        )
    return text.strip()


def unstorable(text: str) -> str | None:
    """The first character that one or the other database refuses, or that nobody can have typed."""
    found = _UNSTORABLE.search(text)
    return found[0] if found else None


def check_source(source: str) -> str:
    """Where a consent comes from, in one printable line."""
    if not source.isprintable() or not 0 < len(source) <= LONGEST_SOURCE:
        raise SubscriptionError(
            f"the source of the consent is not 1 to {LONGEST_SOURCE} printable characters",
            remedy="name the door: web, cli, import",
        )
    return source


def check_name(name: str) -> str:
    """A short, printable name in one line."""
    tidy = unicodedata.normalize("NFC", " ".join(name.split()))
    if not tidy or len(tidy) > LONGEST_NAME:
        raise SubscriptionError(
            f"a profile's name has 1 to {LONGEST_NAME} characters", remedy="one or two words do"
        )
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn"} for letter in tidy):
        raise SubscriptionError(
            "the profile's name has characters that cannot be shown", remedy="type it anew"
        )
    return tidy


def _shown(text: str) -> str:
    """A value inside an error: short, in one line."""
    return repr(text if len(text) <= 40 else text[:39] + "…")
