"""The planes of the extranet: which zones share a routing table, and what never passes any session."""

from ipaddress import ip_network
from typing import NamedTuple

from infra.extranet.model import Block
from infra.plan.base import Zone


class Plane(NamedTuple):
    """Zones that reach each other across divisions; a plane with a tag has a VRF and an 802.1Q sub-interface."""

    name: str
    zones: tuple[Zone, ...]
    tag: int | None

    @property
    def vrf(self) -> str | None:
        """Its VRF; the shared plane is in each node's own table."""
        return self.name if self.tag else None

    def interface(self, trunk: str) -> str:
        """This plane's part of a trunk."""
        return f"{trunk}.{self.tag}" if self.tag else trunk


# 公用网络区、专用网络区、互联网接入区 of the national extranet. Access and management never leave their division.
SHARED = Plane("shared", ("shared", "recovery"), None)
DEDICATED = Plane("dedicated", ("dedicated",), 20)
INTERNET = Plane("internet", ("public",), 30)
PLANES = (SHARED, DEDICATED, INTERNET)

DEFAULT: tuple[Block, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
# RFC 6890: never in anybody's routing table, save where a province's own blocks are cut from one.
BOGONS: tuple[Block, ...] = tuple(
    ip_network(block)
    for block in (
        *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
        *("::/8", "100::/64", "2001:db8::/32", "fe80::/10", "ff00::/8"),
    )
)
