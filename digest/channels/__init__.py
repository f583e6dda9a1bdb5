"""Ways to reach a subscriber. Rendering is pure; sending is small.

A channel is a name with settings under it, a module, a test file and a line in ``bootstrap.CHANNELS``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

from digest.model import ChannelName, HandOver, Message, Sheet, UnknownPolicy

Gate = Callable[[Sequence[int]], Collection[int]]
"""Called with delivery ids immediately before the point of no return; commits *handing-over* by a
fenced update and returns the ids that are still ours. The others must not be sent."""


class Sender(Protocol):
    """An open way to the counterpart, for many messages. Closed by leaving the ``with`` block."""

    def hand_over(self, messages: Sequence[Message], gate: Gate) -> Iterator[tuple[int, HandOver]]:
        """Hand over each message; yield its delivery id and outcome as soon as the answer is known.

        What the counterpart does is an outcome, never an exception. After ``Faulty`` the rest of
        the messages is not tried and yields nothing.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class NothingOpen:
    """The ``with`` block of a sender that holds nothing open in between."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Channel(Protocol):
    """How digests reach addresses of one kind.

    ``template`` names the version of the rendering; it is frozen with a delivery.
    """

    @property
    def name(self) -> ChannelName: ...

    @property
    def on_unknown(self) -> UnknownPolicy: ...

    @property
    def template(self) -> str: ...

    def render(self, sheet: Sheet) -> bytes:
        """Render a digest. Pure: the same sheet gives the same bytes."""
        ...

    def open(self) -> Sender:
        """Open a sender; connects lazily, so that failing to connect is an outcome."""
        ...

    def find(self, message: Message) -> HandOver | None:
        """Look whether an earlier hand-over of this message arrived (policy ``reconcile``).

        ``None`` means: certainly not there, so sending is safe. Channels with another policy
        return ``Unknown``.
        """
        ...
