"""Internet addresses that something may come from: lists of addresses and networks, and whether one is among them."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def networks(value: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas or blanks; raise ValueError for anything else."""
    return tuple(ip_network(one) for one in value.replace(",", " ").split())


def address(said: str) -> IPv4Address | IPv6Address | None:
    """An address as it was written, an IPv4 one in IPv6's clothes as what it is; None for anything else."""
    try:
        found = ip_address(said.strip())
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def is_within(said: str, allowed: Iterable[Network]) -> bool:
    """Whether this address is on the list; what is no address is not."""
    found = address(said)
    return found is not None and any(found in network for network in allowed)
