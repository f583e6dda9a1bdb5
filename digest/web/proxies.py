"""Who asks: the peer, or what a configured proxy says of it; what anybody else forwards does not count."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from digest.errors import ConfigError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Proxies:
    """The networks of our own proxies."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, names: Sequence[str]) -> Proxies:
        """Read ``web.trusted_proxies``: addresses or networks."""
        try:
            return cls(tuple(ipaddress.ip_network(name, strict=False) for name in names))
        except ValueError as error:
            raise ConfigError(
                f"web.trusted_proxies: {error}", remedy="give addresses or networks such as 10.0.0.0/8"
            ) from error

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """The nearest address that is not one of our proxies, read from the right.

        What stands further left may be invented by the client itself.
        """
        hops = [hop.strip() for line in forwarded for hop in line.split(",") if hop.strip()]
        found = peer
        while self._ours(found) and hops:
            found = _bare(hops.pop())
        return found

    def _ours(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self.networks)


def _bare(hop: str) -> str:
    """An address without brackets and port."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
