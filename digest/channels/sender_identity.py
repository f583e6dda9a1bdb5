"""Who mails come from, made of the settings."""

from __future__ import annotations

from digest.channels.mime import Identity, mailbox, phrase
from digest.config import EmailSettings


def identity(settings: EmailSettings) -> Identity:
    """The headers of a sender. Raises ``ConfigError`` naming a sender or reply-to that is no address."""
    name, address = mailbox(settings.sender, "email.sender")
    domain = settings.list_domain or address.rpartition("@")[2]
    reply_to = mailbox(settings.reply_to, "email.reply_to")[1] if settings.reply_to else ""
    return Identity(
        sender=f"{phrase(name)} <{address}>".strip(),
        address=address,
        list_id=f"Daily Papers digest <daily-papers.{domain}>",
        reply_to=reply_to,
    )


def misalignment(settings: EmailSettings) -> str:
    """Why DMARC could not pass by what is sent from here, in a sentence; nothing where it can.

    DMARC (RFC 7489) asks that the domain of From signs, or that SPF vouches for an envelope domain of the
    same organisation. The organisation is guessed as the last two labels, no list of suffixes being at hand.
    """
    sender = mailbox(settings.sender, "email.sender")[1].rpartition("@")[2]
    returns = settings.bounce_domain or sender
    if settings.dkim_selector or _organisation(sender) == _organisation(returns):
        return ""
    apart = f"mails are from {sender}, return to {returns} and are not signed here"
    return f"{apart}: SPF alone cannot satisfy DMARC"


def _organisation(domain: str) -> str:
    return ".".join(domain.lower().rstrip(".").split(".")[-2:])
