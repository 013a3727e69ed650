"""What a stack makes for each one below it: its domain, its router at the link, and the blocks of its subnets."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from infra.plan.base import VERSIONS, Block, Version, target
from infra.plan.needs import link_key
from infra.plan.plan import PlannedCrossing, PlannedTenancy
from infra.plan.tenancy import plan_domains
from infra.plan.topology import shared, zone_blocks
from infra.plan.uplinks import below
from infra.plan.world import World


def plan_tenancies(world: World, name: str) -> tuple[PlannedTenancy, ...]:
    """What each stack below is given by this one."""
    found = []
    for lower in below(world.stacks, name):
        stack = world.stacks[lower]
        if not stack.uplink:
            continue
        systems = world.built(stack)
        owner = target(stack.routers[stack.uplink.through].owner)
        found.append(
            PlannedTenancy(
                stack=lower,
                domain=plan_domains(world, lower)[0],
                router=stack.uplink.through,
                owner=owner,
                labels=shared(owner, "transit", systems),
                pool=plan_pool(world, lower, ()),
            )
        )
    return tuple(found)


def plan_pool(world: World, name: str, downlinks: Sequence[PlannedCrossing]) -> tuple[Block, ...]:
    """All that the stack may make subnets from: its division's blocks or its zones, and its links; IPv4 before IPv6."""
    stack = world.stacks[name]
    blocks: list[Block] = [block for version in VERSIONS for block in _blocks(world, name, version)]
    blocks += [block for ends in stack.links for block in world.ledger.both(link_key(world.divisions, stack, ends))]
    blocks += [block for crossing in downlinks for block in (crossing.cidr, crossing.cidr6)]
    return (
        *collapse_addresses(block for block in blocks if isinstance(block, IPv4Network)),
        *collapse_addresses(block for block in blocks if isinstance(block, IPv6Network)),
    )


def _blocks(world: World, name: str, version: Version) -> Iterator[Block]:
    stack = world.stacks[name]
    if stack.uplink and world.stacks[stack.uplink.stack].division != stack.division:
        yield from zone_blocks(world, [stack.division], version)
    else:
        for router in stack.routers.values():
            yield from zone_blocks(world, router.zones, version)
