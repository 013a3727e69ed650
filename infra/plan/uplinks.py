"""How stacks hang together: each may have one link to a router of the stack above, and reaches everything by it.

Stacks that uplinks join are one network; a stack that none joins (a laboratory's) is one by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network

import networkx as nx

from infra.plan.base import BOUNDARY, VERSIONS, Block, Version, target
from infra.plan.needs import uplink_key
from infra.plan.plan import PlannedCrossing, PlannedRoute
from infra.plan.stack import Stack
from infra.plan.systems import System
from infra.plan.topology import shared, zone_blocks
from infra.plan.world import World

EVERYWHERE: Mapping[Version, Block] = {4: IPv4Network("0.0.0.0/0"), 6: IPv6Network("::/0")}


def joined(stacks: Mapping[str, Stack], name: str) -> list[str]:
    """The stacks of one network: this one, then the others by name."""
    graph: nx.Graph[str] = nx.Graph((one, stack.uplink.stack) for one, stack in stacks.items() if stack.uplink)
    graph.add_node(name)
    return [name, *sorted((nx.node_connected_component(graph, name) & stacks.keys()) - {name})]


def above(stacks: Mapping[str, Stack], name: str) -> list[str]:
    """The stacks above, nearest first."""
    found: list[str] = []
    while (uplink := stacks[name].uplink) and uplink.stack in stacks and uplink.stack not in found:
        name = uplink.stack
        found.append(name)
    return found


def below(stacks: Mapping[str, Stack], name: str) -> list[str]:
    """The stacks whose uplinks lead here."""
    return sorted(one for one, stack in stacks.items() if stack.uplink and stack.uplink.stack == name)


def plan_uplink(world: World, name: str, systems: Sequence[System]) -> PlannedCrossing | None:
    """The way up: to all of the extranet, and out of it from a router of the boundary whose peer leads out."""
    uplink = world.stacks[name].uplink
    if not uplink:
        return None
    routed = {version: [b for b in world.network.extranet if b.version == version] for version in VERSIONS}
    if _leads_out(world, name, uplink.through):
        routed = {version: [EVERYWHERE[version], *blocks] for version, blocks in routed.items()}
    return _crossing(world, name, (name, uplink.through), (uplink.stack, uplink.router), systems=systems, routed=routed)


def plan_downlinks(world: World, name: str, systems: Sequence[System]) -> tuple[PlannedCrossing, ...]:
    """The ways down: to what each stack below has, and those below it."""
    found = []
    for lower in below(world.stacks, name):
        if uplink := world.stacks[lower].uplink:
            routed = {version: list(_reach(world, lower, version)) for version in VERSIONS}
            own, other = (name, uplink.router), (lower, uplink.through)
            found.append(_crossing(world, lower, own, other, systems=systems, routed=routed))
    return tuple(found)


def _crossing(
    world: World,
    lower: str,
    own: tuple[str, str],
    other: tuple[str, str],
    *,
    systems: Sequence[System],
    routed: Mapping[Version, Sequence[Block]],
) -> PlannedCrossing:
    """The link of a lower stack as one of its two ends sees it; ends are stack and router."""
    key = uplink_key(world.divisions, lower, world.stacks[lower])
    owner = target(world.stacks[own[0]].routers[own[1]].owner)
    peer, peer6 = world.ledger.address(f"{key}/{other[0]}"), world.ledger.address6(f"{key}/{other[0]}")
    return PlannedCrossing(
        name=f"transit-{lower}-uplink",
        project=owner,
        labels=shared(owner, "transit", systems),
        router=own[1],
        stack=other[0],
        peer=other[1],
        cidr=world.ledger.block(key),
        address=world.ledger.address(f"{key}/{own[0]}"),
        peer_address=peer,
        cidr6=world.ledger.block6(key),
        address6=world.ledger.address6(f"{key}/{own[0]}"),
        peer_address6=peer6,
        routes=tuple(PlannedRoute(destination=block, next_hop=peer) for block in routed[4]),
        routes6=tuple(PlannedRoute(destination=block, next_hop=peer6) for block in routed[6]),
    )


def _leads_out(world: World, name: str, router: str) -> bool:
    """Whether a router has the exit, or joins the boundary and leads to one that does."""
    stack = world.stacks[name]
    if stack.routers[router].exit:
        return True
    zones = {zone.partition("/")[2] for zone in stack.routers[router].zones}
    uplink = stack.uplink
    return bool(
        uplink and uplink.through == router and zones & BOUNDARY and _leads_out(world, uplink.stack, uplink.router)
    )


def _reach(world: World, name: str, version: Version) -> Iterator[Block]:
    """What is reached through a stack: its division unless the one above is of that too, its zones, what is below."""
    stack = world.stacks[name]
    blocks = [block for lower in below(world.stacks, name) for block in _reach(world, lower, version)]
    for router in stack.routers.values():
        blocks += zone_blocks(world, router.zones, version)
    if stack.uplink and world.stacks[stack.uplink.stack].division != stack.division:
        blocks += zone_blocks(world, [stack.division], version)
    for block in sorted(set(blocks)):
        if not any(other != block and _within(block, other) for other in blocks):
            yield block


def _within(block: Block, other: Block) -> bool:
    return block.network_address in other and block.prefixlen >= other.prefixlen
