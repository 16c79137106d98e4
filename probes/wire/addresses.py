"""Addresses, and which of them a redirect may lead to.

A page is where the config says, wherever that is. A redirect is somebody else's word: it may lead to any
public address, and to another one only if the page itself was at an address of the same scope, or the
config names the network. What is judged is the address that would be connected to, with IPv4 that is
wrapped in IPv6 (mapped, compatible, 6to4, Teredo, NAT64) unwrapped first.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


class Scope(StrEnum):
    """How far an address reaches."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    RESERVED = "reserved"


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215: the IPv4 address is anywhere in it
_COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291, section 2.5.5.1
_METADATA = frozenset(  # cloud metadata services outside the link-local range
    {
        ipaddress.ip_address("fd00:ec2::254"),
        ipaddress.ip_address("100.100.100.200"),
        ipaddress.ip_address("192.0.0.192"),
    }
)


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address as the socket calls want it."""

    text: str
    family: socket.AddressFamily

    @classmethod
    def parse(cls, text: str) -> Address | None:
        """The address that ``text`` is, or ``None`` where it is a name."""
        try:
            ip = ipaddress.ip_address(text)
        except ValueError:
            return None
        return cls(str(ip), socket.AF_INET if ip.version == 4 else socket.AF_INET6)

    def sockaddr(self, port: int) -> tuple[str, int]:
        """What ``connect`` takes."""
        return self.text, port

    @property
    def scope(self) -> Scope:
        """How far the address reaches, once unwrapped."""
        return _scope(self.text)


def _unwrapped(ip: IpAddress) -> IpAddress:
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    low = int(ip) & 0xFFFF_FFFF
    if ip in _NAT64 or (ip in _COMPATIBLE and low > 1):
        return ipaddress.IPv4Address(low)
    return ip


def scope(ip: IpAddress) -> Scope:
    """How far ``ip`` reaches, once unwrapped."""
    ip = _unwrapped(ip)
    if ip.is_loopback:
        return Scope.LOOPBACK
    if ip.is_link_local or ip in _METADATA:
        return Scope.LINK_LOCAL
    if isinstance(ip, ipaddress.IPv6Address) and (ip.is_site_local or ip in _LOCAL_NAT64):
        return Scope.PRIVATE
    if ip.is_multicast or ip.is_unspecified or ip.is_reserved:
        return Scope.RESERVED
    if ip.is_global:
        return Scope.PUBLIC
    return Scope.PRIVATE


@lru_cache(maxsize=4096)
def _scope(text: str) -> Scope:
    return scope(ipaddress.ip_address(text))


def may_follow(address: Address, origin: Scope, allowed: tuple[IpNetwork, ...]) -> bool:
    """Whether a redirect from a page in scope ``origin`` may be followed to ``address``."""
    ip = ipaddress.ip_address(address.text)
    reach = scope(ip)
    if reach is Scope.PUBLIC or reach is origin:
        return True
    return any(ip.version == network.version and ip in network for network in allowed)
