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
