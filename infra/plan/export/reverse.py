"""Reverse DNS as BIND zone files: cut at octets and nibbles, and by RFC 2317 where a block is smaller than a /24.

Zones stand at /16 and /24 of IPv4, and at /32, /48 and /64 of IPv6, where an address lies; each delegates to the next
below it. A subnet or link smaller than a /24 has a zone `<first>-<prefix>` of its own, and aliases in the /24's zone.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from itertools import pairwise

import jinja2

from infra.plan.base import Block, Version
from infra.plan.export.naming import dns_name
from infra.plan.export.templates import environment
from infra.plan.export.tree import SINGLE, Node, Share
from infra.plan.needs import EXTRANET

CUTS: dict[Version, tuple[int, ...]] = {4: (16, 24), 6: (32, 48, 64)}
LABEL_BITS: dict[Version, int] = {4: 8, 6: 4}
MAX_PREFIX_OF_A_ZONE = 24


@dataclass(frozen=True)
class Classless:
    """A block smaller than a /24: the label of its zone, and the last octets that are its own."""

    label: str
    first: int
    last: int


@dataclass
class Zone:
    """One zone file while it is being filled."""

    pointers: dict[str, str] = field(default_factory=dict)
    delegated: set[str] = field(default_factory=set)
    classless: dict[str, Classless] = field(default_factory=dict)


def reverse_zones(nodes: Sequence[Node], domain: str, serial: int | None) -> dict[str, str]:
    """Zone name → text. Without `serial` each zone's is made from its content: it changes when the zone does."""
    by_key = {node.key: node for node in nodes}
    largest = {
        share.entry.version: share.entry.prefix for node in nodes if node.key == EXTRANET for share in node.shares
    }
    zones: dict[str, Zone] = defaultdict(Zone)
    for node in nodes:
        if node.kind in SINGLE:
            around = by_key[node.key.rpartition("/")[0]]
            for share in node.shares:
                _add(zones, share, around, largest[share.entry.version], dns_name(node.key, domain))
    template = environment().get_template("zone.j2")
    return {name: _render(template, name, zone, domain, serial) for name, zone in sorted(zones.items())}


def _add(zones: dict[str, Zone], share: Share, around: Node, largest: int, target: str) -> None:
    address = share.entry.network
    chain = [zone_name(address.supernet(new_prefix=cut)) for cut in CUTS[share.entry.version] if cut >= largest]
    for outer, inner in pairwise(chain):
        zones[outer].delegated.add(inner.removesuffix(f".{outer}"))
    own = chain[-1]
    owner = address.network_address.reverse_pointer.removesuffix(f".{own}")
    for classless in _classless(share, around):
        zones[own].classless[classless.label] = classless
        own = f"{classless.label}.{own}"
    zones[own].pointers[owner] = f"{target}."


def _classless(share: Share, around: Node) -> Iterator[Classless]:
    """The block around the address, when it is smaller than the smallest zone cut at an octet."""
    for block in around.of(4):
        network = block.entry.network
        if network.prefixlen > MAX_PREFIX_OF_A_ZONE and block.entry.first <= share.entry.first <= block.entry.last:
            first = block.entry.first % 256
            yield Classless(f"{first}-{network.prefixlen}", first, block.entry.last % 256)


def zone_name(block: Block) -> str:
    """`10.6.0.0/16` → `6.10.in-addr.arpa`; the prefix length ends at an octet or nibble."""
    kept = block.prefixlen // LABEL_BITS[4 if isinstance(block, IPv4Network) else 6]
    labels = block.network_address.reverse_pointer.split(".")
    whole = 32 if isinstance(block, IPv6Network) else 4
    return ".".join(labels[whole - kept :])


def _render(template: jinja2.Template, name: str, zone: Zone, domain: str, serial: int | None) -> str:
    text = template.render(
        origin=name,
        domain=domain,
        delegated=sorted(zone.delegated),
        classless=sorted(zone.classless.values(), key=lambda one: one.first),
        pointers=sorted(zone.pointers.items(), key=lambda pair: [label.zfill(3) for label in pair[0].split(".")][::-1]),
        serial="SERIAL",
    )
    return text.replace("SERIAL", str(serial or zlib.crc32(text.encode()) or 1), 1)
