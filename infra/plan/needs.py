"""Which keys need an address: derived from divisions, zones, systems and links, and from nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.plan.base import BITS, VERSIONS, Lengths, Version
from infra.plan.divisions import TIERS, Divisions
from infra.plan.network import SEGMENT6, Network
from infra.plan.stack import Stack
from infra.plan.systems import System

if TYPE_CHECKING:
    from infra.plan.ledger import Entry

EXTRANET = "extranet"
GATEWAY = 1  # a segment's first address is its router's
SERVICE = 3  # its last three usable ones are the cloud's own: DHCP
TOP: dict[Version, int] = {4: 1, 6: 128}  # above those: the broadcast address; RFC 2526's anycast addresses
HOST = Lengths(BITS[4], BITS[6])


@dataclass(frozen=True)
class Need:
    """A key that must have a block of this family and size inside its parent's block."""

    version: Version
    key: str
    parent: str
    prefix: int
    parent_reserve: int = 0


def _needs(key: str, parent: str, lengths: Lengths, parent_reserve: int) -> Iterator[Need]:
    """One in each family."""
    for version in VERSIONS:
        yield Need(version, key, parent, lengths.of(version), parent_reserve)


def zone_key(division: str, zone: str) -> str:
    """The ledger's key of a zone."""
    return f"{division}/{zone}"


def segment_key(system: System, zone: str) -> str:
    """The ledger's key of a system's segment."""
    return f"{system.division}/{zone}/{system.name}"


def link_key(divisions: Divisions, stack: Stack, ends: Sequence[str]) -> str:
    """The ledger's key of a link, the same whichever way round its ends are written."""
    province = divisions.lineage(stack.division)[-1].code
    return f"{province}/transit/{stack.division}-{'-'.join(sorted(ends))}"


def division_needs(network: Network, divisions: Divisions) -> Iterator[Need]:
    """Blocks of divisions and of their zones."""
    for division in divisions.by_code.values():
        if not (size := network.levels.get(division.level)):
            continue
        parent = divisions.by_code.get(division.parent)
        above = network.levels.get(parent.level) if parent else None
        yield from _needs(division.code, division.parent or EXTRANET, size.prefix, above.reserve if above else 0)
        for zone, zone_size in network.zones.items():
            if lengths := zone_size.sizes.get(division.level):
                yield from _needs(zone_key(division.code, zone), division.code, lengths, size.reserve)
        if division.level == TIERS[0]:
            yield from _needs(zone_key(division.code, "transit"), division.code, network.transit.prefix, size.reserve)


def system_needs(network: Network, systems: Sequence[System]) -> Iterator[Need]:
    """Segments of systems, and the addresses of their hosts."""
    for system in systems:
        for zone, segment in system.segments.items():
            lengths = Lengths(segment.prefix, SEGMENT6)
            reserve = network.zones[zone].reserve if zone in network.zones else 0
            yield from _needs(segment_key(system, zone), zone_key(system.division, zone), lengths, reserve)
        for function in system.functions.values():
            if function.zone not in system.segments:
                continue
            parent = segment_key(system, function.zone)
            names = [*function.hosts, *([function.virtual_address] if function.virtual_address else [])]
            for name in names:
                yield from _needs(f"{parent}/{name}", parent, HOST, 0)


def uplink_key(divisions: Divisions, name: str, stack: Stack) -> str:
    """The ledger's key of the link between a stack and the one above, which keeps its addresses whatever it joins."""
    return f"{divisions.lineage(stack.division)[-1].code}/transit/{name}-uplink"


def link_needs(network: Network, divisions: Divisions, stacks: Mapping[str, Stack]) -> Iterator[Need]:
    """Links between routers, and the addresses of their ends."""
    for name, stack in stacks.items():
        if stack.division not in divisions:
            continue
        links = {link_key(divisions, stack, ends): ends for ends in stack.links}
        if stack.uplink:
            links[uplink_key(divisions, name, stack)] = [name, stack.uplink.stack]
        for key, ends in links.items():
            yield from _needs(key, key.rpartition("/")[0], network.transit.link, network.transit.reserve)
            for end in ends:
                yield from _needs(f"{key}/{end}", key, HOST, 0)


def kept_free(parent: "Entry", prefix: int) -> list[tuple[int, int]]:
    """Ranges of a segment that no host gets: the network's own address, gateway, the cloud's own, what is above."""
    if prefix != HOST.of(parent.version):
        return []
    return [(parent.first, parent.first + GATEWAY), (parent.last - TOP[parent.version] - SERVICE + 1, parent.last)]
