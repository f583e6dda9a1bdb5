"""Digests by mail: one message per subscriber, assembled from forms that are made once per paper."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes, policy

from digest.channels import Sender, lines
from digest.channels.dkim import signer_of
from digest.channels.entry_forms import COMPACT, Detail
from digest.channels.mail_body import MailBody
from digest.channels.mime import Heading, Lines, assemble, boundary, head, list_headers
from digest.channels.sender_identity import identity
from digest.config import EmailSettings
from digest.model import ChannelName, HandOver, Message, Sheet, Unknown, UnknownPolicy

TEMPLATE = "email-6"
"""Grows with every change that gives the same sheet other bytes."""

MAX_BYTES = 100_000
"""Largest mail we make. Gmail cuts HTML off near 102 kB, and the unsubscribe link with it."""


SIGNATURE_ROOM = 1_500
"""Bytes kept free for a signature of ours."""


def details(sentences: int) -> tuple[Detail, ...]:
    """How much to tell, most first; the first that fits is taken."""
    return (
        Detail(sentences, sentences),
        Detail(sentences, min(sentences, 1)),
        Detail(sentences, 0),
        Detail(sentences, COMPACT),
        Detail(COMPACT, COMPACT),
        Detail(0, 0, bare=True),
    )


def parts(mail: bytes) -> tuple[str, str]:
    """Plain text and HTML of a mail, decoded: for looking at what is sent."""
    read = message_from_bytes(mail, policy=policy.default)
    found = [read.get_body((kind,)) for kind in ("plain", "html")]
    plain, html = (str(part.get_content()).replace("\r\n", "\n") if part else "" for part in found)
    return plain, html


class EmailChannel:
    """Renders digests as mails. ``sentences`` of each abstract are shown, fewer where a mail would not fit.

    ``connect`` makes the sender that hands mails over.
    """

    name = ChannelName.EMAIL
    template = TEMPLATE

    def __init__(
        self,
        settings: EmailSettings,
        connect: Callable[[], Sender],
        *,
        sentences: int = 2,
        on_unknown: UnknownPolicy = UnknownPolicy.RESEND,
    ) -> None:
        self._connect = connect
        self._identity = identity(settings)
        self._signer = signer_of(settings, self._identity.address)
        self._limit = MAX_BYTES - (SIGNATURE_ROOM if self._signer else 0)
        self._details = details(sentences)
        self._body = MailBody(settings.postal_address)
        self.on_unknown = on_unknown

    def render(self, sheet: Sheet) -> bytes:
        """The mail as it goes over the wire. Pure: the same sheet gives the same bytes.

        Raises ``DeliveryError`` when the sheet's address is not exactly one plain address.
        """
        told = lines.tell(sheet)
        for detail in self._details:
            mail = self._mail(sheet, told, detail)
            if len(mail) <= self._limit:
                break
        return Lines(self._signer.sign(mail, sheet.message_date)) if self._signer else mail

    def _mail(self, sheet: Sheet, told: lines.Told, detail: Detail) -> Lines:
        links = sheet.links
        heading = Heading(
            to=sheet.address,
            subject=told.subject,
            message_id=sheet.message_id,
            date=sheet.message_date,
            extra=list_headers(self._identity, links.one_click, links.unsubscribe_mailto, links.digest_page),
        )
        return assemble(
            head(self._identity, heading),
            boundary(sheet.message_id),
            *self._body.render(told, links, detail),
        )

    def open(self) -> Sender:
        return self._connect()

    def find(self, message: Message) -> HandOver | None:  # noqa: ARG002  the signature is the protocol's
        """Mail cannot be looked up at its destination."""
        return Unknown("mail cannot be looked up once it is handed over")
