"""Segments, routers, and the routes between them."""

from collections.abc import Mapping, Sequence

import networkx as nx

from infra.plan.base import VERSIONS, Block, Version, target
from infra.plan.needs import GATEWAY, SERVICE, TOP, link_key, segment_key
from infra.plan.plan import Labels, PlannedCrossing, PlannedLink, PlannedRoute, PlannedRouter, PlannedSegment
from infra.plan.stack import Stack
from infra.plan.systems import System
from infra.plan.world import World


def plan_segments(world: World, stack: Stack, systems: Sequence[System]) -> tuple[PlannedSegment, ...]:
    """One network a system and zone."""
    router_of = {zone: name for name, router in stack.routers.items() for zone in router.zones}
    return tuple(
        _segment(world, system, zone, router_of[f"{system.division}/{zone}"])
        for system in systems
        for zone in system.segments
    )


def _segment(world: World, system: System, zone: str, router: str) -> PlannedSegment:
    key = segment_key(system, zone)
    cidr, cidr6 = world.ledger.block(key), world.ledger.block6(key)
    last, last6 = cidr.broadcast_address - TOP[4], cidr6.broadcast_address - TOP[6]
    return PlannedSegment(
        key=key,
        name=f"{system.name}-{zone}",
        project=target(system.owner),
        labels=labels(system, zone),
        cidr=cidr,
        gateway=cidr.network_address + GATEWAY,
        pool=(last - SERVICE + 1, last),
        cidr6=cidr6,
        gateway6=cidr6.network_address + GATEWAY,
        pool6=(last6 - SERVICE + 1, last6),
        router=router,
    )


def labels(system: System, zone: str) -> Labels:
    """The tags of what belongs to a system."""
    return Labels(system=system.name, owner=target(system.owner), level=system.protection_level, zone=zone)


def highest(systems: Sequence[System]) -> System:
    """What all systems share is protected like the one that needs it most."""
    return max(systems, key=lambda system: system.protection_level)


def plan_links(world: World, stack: Stack, systems: Sequence[System]) -> tuple[PlannedLink, ...]:
    """One network a pair of routers; it belongs to the first one's owner."""
    links = []
    for ends in stack.links:
        key = link_key(world.divisions, stack, ends)
        owner = target(stack.routers[ends[0]].owner)
        links.append(
            PlannedLink(
                name="transit-" + "-".join(sorted(ends)),
                project=owner,
                labels=shared(owner, "transit", systems),
                cidr=world.ledger.block(key),
                ends=tuple((end, world.ledger.address(f"{key}/{end}")) for end in ends),
                cidr6=world.ledger.block6(key),
                ends6=tuple((end, world.ledger.address6(f"{key}/{end}")) for end in ends),
            )
        )
    return tuple(links)


def shared(owner: str, zone: str, systems: Sequence[System]) -> Labels:
    """The tags of what joins systems."""
    return Labels(system="extranet", owner=owner, level=highest(systems).protection_level, zone=zone)


def plan_routers(
    world: World,
    stack: Stack,
    systems: Sequence[System],
    segments: Sequence[PlannedSegment],
    links: Sequence[PlannedLink],
    *,
    crossings: Sequence[PlannedCrossing],
) -> tuple[PlannedRouter, ...]:
    """Routers, each with a route over the fewest links to every zone of the others, and to what crossings lead to.

    A default route stays with the router that has the crossing: the other zones have no way out.
    """
    behind: dict[Version, dict[str, list[Block]]] = {
        version: {name: zone_blocks(world, router.zones, version) for name, router in stack.routers.items()}
        for version in VERSIONS
    }
    for crossing in crossings:
        for route in (*crossing.routes, *crossing.routes6):
            if route.destination.prefixlen:
                behind[route.destination.version][crossing.router].append(route.destination)
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(stack.routers)
    for link in links:
        graph.add_edge(*dict(link.ends), ends={4: dict(link.ends), 6: dict(link.ends6)})
    return tuple(
        PlannedRouter(
            name=name,
            project=target(router.owner),
            labels=shared(target(router.owner), "transit", systems),
            exit=router.exit,
            segments=tuple(segment.key for segment in segments if segment.router == name),
            routes=_routes(behind[4], graph, name, 4),
            routes6=_routes(behind[6], graph, name, 6),
        )
        for name, router in stack.routers.items()
    )


def _routes(
    behind: Mapping[str, Sequence[Block]], graph: "nx.Graph[str]", name: str, version: Version
) -> tuple[PlannedRoute, ...]:
    return tuple(
        PlannedRoute(destination=block, next_hop=graph.edges[name, path[1]]["ends"][version][path[1]])
        for other, path in sorted(nx.single_source_shortest_path(graph, name).items())
        if other != name
        for block in behind[other]
    )


def zone_blocks(world: World, keys: Sequence[str], version: Version) -> list[Block]:
    """The blocks of zones, or of divisions, in one family."""
    return [entry.network for key in keys for entry in world.ledger.by_key[version, key]]
