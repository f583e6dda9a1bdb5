"""What the DNS says of our mail, as receivers ask it: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence

from digest.channels.dkim import signer_of
from digest.channels.sender_identity import identity
from digest.config import EmailSettings
from digest.errors import DeliveryError

Lookup = Callable[[str], Sequence[str]]
"""The TXT records of a name, empty where there are none. Raises ``DeliveryError`` without an answer."""

SECONDS = 5.0
"""How long one look-up may take, all name servers together."""


def lookup_at(nameserver: str = "") -> Lookup:
    """Looks up at ``host`` or ``host:port``, else where the system does.

    Raises ``DeliveryError`` where there is no name server to ask.
    """
    from dns.exception import DNSException, Timeout
    from dns.resolver import NXDOMAIN, NoAnswer, Resolver

    try:
        resolver = Resolver(configure=not nameserver)
        if nameserver:
            host, _, port = nameserver.partition(":")
            resolver.nameservers, resolver.port = [host], int(port or 53)
    except (DNSException, ValueError) as error:
        raise DeliveryError(
            f"no name server: {error}", remedy="give one by --nameserver HOST:PORT"
        ) from error

    def look_up(name: str) -> list[str]:
        try:
            found = resolver.resolve(name, "TXT", lifetime=SECONDS)
        except (NXDOMAIN, NoAnswer):
            return []
        except DNSException as error:
            why = "in time" if isinstance(error, Timeout) else f"that could be used ({type(error).__name__})"
            raise DeliveryError(
                f"the DNS gives no answer for {name} {why}", remedy="try again later"
            ) from error
        return [b"".join(record.strings).decode("ascii", "replace") for record in found]

    return look_up


def faults(settings: EmailSettings, look_up: Lookup) -> Iterator[tuple[str, str]]:
    """What receivers would miss, each with what to publish. Raises ``DeliveryError``, ``ConfigError``."""
    sender = identity(settings).address.rpartition("@")[2]
    yield from _spf(settings.bounce_domain or sender, look_up)
    yield from _dmarc(sender, look_up)
    yield from _dkim(settings, sender, look_up)


def _spf(domain: str, look_up: Lookup) -> Iterator[tuple[str, str]]:
    found = [text for text in look_up(domain) if text.lower().split(" ")[0] == "v=spf1"]
    if len(found) != 1:
        count = "no SPF record" if not found else f"{len(found)} SPF records, which counts as none"
        yield (
            f"{domain}, where mail returns to, has {count}",
            'publish one TXT "v=spf1 ip4:ADDRESS-OF-THE-MAIL-SERVER -all"',
        )


def _dmarc(sender: str, look_up: Lookup) -> Iterator[tuple[str, str]]:
    """Asked at the sender's domain and at those above it, as receivers look for the organisation's."""
    labels = sender.split(".")
    for step in range(max(len(labels) - 1, 1)):
        found = [_tags(text) for text in look_up("_dmarc." + ".".join(labels[step:]))]
        policies = [tags for tags in found if tags.get("v") == "DMARC1"]
        if policies:
            if len(policies) > 1 or "p" not in policies[0]:
                yield f"the DMARC record for {sender} names no single policy", "publish one, with p="
            return
    yield f"{sender} has no DMARC record", f'publish a TXT "v=DMARC1; p=quarantine" at _dmarc.{sender}'


def _dkim(settings: EmailSettings, sender: str, look_up: Lookup) -> Iterator[tuple[str, str]]:
    """Only for mail signed here: who else signs has a selector we do not know."""
    signer = signer_of(settings, identity(settings).address)
    if signer is None:
        return
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    place = f"{signer.selector}._domainkey.{sender}"
    public = signer.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key = b64encode(public).decode()
    found = [_tags(text).get("p") for text in look_up(place)]
    if found != [key]:
        what = "holds another key than email.dkim_key_file" if found else "holds no key"
        yield f"{place} {what}: every signature fails", f'publish the TXT "v=DKIM1; k=rsa; p={key}"'


def _tags(text: str) -> dict[str, str]:
    """``a=1; b=2`` → {"a": "1", "b": "2"}, blanks left out."""
    pairs = (piece.partition("=") for piece in text.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs}
