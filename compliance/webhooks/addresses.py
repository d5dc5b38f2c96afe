"""Which network addresses may be posted to: public ones, and of a name only if all of them are.

Danger: a customer names the host, and our machine stands in a network that the customer's does not
see. So the name is looked up once, every address is judged, and the connection goes to the judged
address and not to the name: a second look-up could answer otherwise.
"""

from __future__ import annotations

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

from compliance.webhooks.errors import BadEndpoint, NotPublic

PORT = 443
# Where an IPv4 address is wrapped in an IPv6 one.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
LOCAL = (".local", ".localhost", ".internal", ".home.arpa")


def parts(url: str) -> tuple[str, int, str]:
    """Host, port and path of an endpoint. Raises `BadEndpoint` for what is none."""
    try:
        found = urlsplit(url)
        host, port = found.hostname or "", found.port or PORT
    except ValueError:
        raise BadEndpoint from None
    if found.scheme != "https" or not host or found.username or found.password or found.fragment:
        raise BadEndpoint
    # A name without a dot, or an address instead of a name, is no host on the public network.
    if "." not in host or host.endswith(LOCAL) or _is_address(host):
        raise BadEndpoint
    path = (found.path or "/") + (f"?{found.query}" if found.query else "")
    if any(character <= " " or character == "\x7f" for character in host + path):
        raise BadEndpoint
    return host, port, path


def _is_address(host: str) -> bool:
    try:
        socket.inet_aton(host)
    except OSError:
        return ":" in host
    return True


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, all of them public. Raises `NotPublic`, or `OSError` for none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    if not all(map(is_public, addresses)):
        raise NotPublic
    return addresses


def is_public(address: str) -> bool:
    """True if anybody on the internet could reach it, whatever it is wrapped in."""
    try:
        found: IPv4Address | IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = _inner(found)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast and not found.is_reserved


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None
