"""Every error the house raises on purpose. Each says what is wrong and what to do about it."""

from __future__ import annotations


class DigestError(Exception):
    """Base of all. ``remedy`` is one line a person can act on; the CLI prints both.

    ``exit_code`` is what a command ends with when the error reaches it.
    """

    exit_code = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class ConfigError(DigestError):
    """A setting is missing, unknown or wrong; names the key."""

    exit_code = 3


class ProfileError(DigestError):
    """A profile could not be read; ``piece`` is the offending part, ``position`` its offset."""

    def __init__(self, message: str, *, piece: str, position: int = 0, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.piece = piece
        self.position = position


class SubscriptionError(DigestError):
    """A subscription cannot be made or changed as asked: address, zone, time, channel."""


class NoKeywords(SubscriptionError):
    """A profile has no keywords, and what is trending was not asked for. Each door has its own way to ask."""


class Inactive(SubscriptionError):
    """Nothing is sent to that subscriber, so there is nothing to pause or resume; ``state`` says why."""

    def __init__(self, message: str, *, state: str, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.state = state


class Suppressed(SubscriptionError):
    """The address is on the suppression list; only an admin takes it off."""


class TooMany(DigestError):
    """More is asked than is good for others; ``retry_after`` is in seconds."""

    def __init__(self, message: str, *, remedy: str, retry_after: int) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class StoreError(DigestError):
    """The store cannot be used."""

    exit_code = 4


class SchemaError(StoreError):
    """The store's schema is older or newer than the program."""


class StoreBusy(StoreError):
    """The store is locked or out of reach for now; trying again later is right."""


class ShownBefore(StoreError):
    """A digest would show somebody a paper a second time."""


class SourceError(DigestError):
    """The source could not be read."""

    exit_code = 5


class ParseError(SourceError):
    """An answer does not have the shape its parser's contract states."""


class DeliveryError(DigestError):
    """Messages could not be handed over."""

    exit_code = 6


class TokenError(DigestError):
    """A link's token is forged, damaged, expired or meant for something else."""


class NotFound(DigestError):
    """The named subscriber, paper, day or delivery is not in the store."""


class NoSubscriber(NotFound):
    """There is no subscriber with that number, or no more."""
