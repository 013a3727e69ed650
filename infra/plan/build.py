"""Decides a whole stack: its domains, projects, segments, routers, groups and hosts, and all their addresses."""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network

from infra.plan.base import Block, target
from infra.plan.flows import EVERY_HOST, Line, stack_lines
from infra.plan.needs import segment_key, zone_key
from infra.plan.plan import Plan, PlannedHost, PlannedHostGroup, ResolvedFlow
from infra.plan.security import by_address, plan_security_groups, resolve_flows
from infra.plan.services import WEB_NODE
from infra.plan.sites import Site
from infra.plan.stack import Stack
from infra.plan.systems import Function, System, group_name
from infra.plan.tenancies import plan_pool, plan_tenancies
from infra.plan.tenancy import plan_domains
from infra.plan.topology import labels, plan_links, plan_routers, plan_segments
from infra.plan.uplinks import above, joined, plan_downlinks, plan_uplink
from infra.plan.world import World

Resolve = Callable[[str, Sequence[Block]], tuple[tuple[ResolvedFlow, ...], tuple[ResolvedFlow, ...]]]


def build_plan(world: World, name: str) -> Plan:
    """The plan of one stack of a checked world."""
    stack = world.stacks[name]
    systems = world.built(stack)
    lines = stack_lines(world, name)
    segments = plan_segments(world, stack, systems)
    links = plan_links(world, stack, systems)
    uplink, downlinks = plan_uplink(world, name, systems), plan_downlinks(world, name, systems)
    crossings = [*([uplink] if uplink else []), *downlinks]
    tenancies = plan_tenancies(world, name)
    security_groups, address_groups = plan_security_groups(lines, systems)
    if not stack.address_group_rules:
        security_groups = by_address(security_groups, address_groups)
    zones = sorted({zone for router in stack.routers.values() for zone in router.zones})
    return Plan(
        name=name,
        stack=stack,
        domains=plan_domains(world, name),
        tenancies=tenancies,
        pool=plan_pool(world, name, downlinks) if tenancies else (),
        segments=segments,
        links=links,
        uplink=uplink,
        downlinks=downlinks,
        routers=plan_routers(world, stack, systems, segments, links, crossings=crossings),
        address_groups=address_groups,
        security_groups=security_groups,
        host_groups=_host_groups(world, stack, systems, lines),
        systems=tuple(systems),
        sites=_sites(world, name),
        extranet=tuple(block for block in world.network.extranet if isinstance(block, IPv4Network)),
        extranet6=tuple(block for block in world.network.extranet if isinstance(block, IPv6Network)),
        inner_network=tuple(world.network.inner_network),
        zones={zone: world.ledger.block(zone) for zone in zones},
        zones6={zone: world.ledger.block6(zone) for zone in zones},
        mirror_url=_mirror_url(world, name),
    )


def _mirror_url(world: World, name: str) -> str:
    """Where packages come from, in this stack or the nearest above, whether that host is there yet or not."""
    mirror = world.stacks[name].mirror
    hosts = (
        f"{segment_key(system, system.functions[mirror.function].zone)}/{system.functions[mirror.function].hosts[0]}"
        for one in [name, *above(world.stacks, name)]
        for system in world.built(world.stacks[one])
        if mirror.function in system.functions
    )
    return f"http://{world.ledger.address(next(hosts))}{mirror.path}"


def _sites(world: World, name: str) -> tuple[Site, ...]:
    """Those whose owner's nearest web nodes, in its own division or above, are this stack's."""
    serving = {
        world.stacks[one].division: one
        for one in joined(world.stacks, name)
        if any(WEB_NODE in system.functions for system in world.built(world.stacks[one]))
    }
    found = []
    for site in world.sites.values():
        owner = world.department(site.owner, site.division)
        lineage = world.divisions.lineage(owner.division) if owner else []
        if next((serving[one.code] for one in lineage if one.code in serving), None) == name:
            found.append(site)
    return tuple(found)


def _host_groups(
    world: World, stack: Stack, systems: Sequence[System], lines: Sequence[Line]
) -> tuple[PlannedHostGroup, ...]:
    addresses = {
        name: blocks for system in systems for name, blocks in world.addresses[system.division, system.name].items()
    }
    addresses[EVERY_HOST] = tuple(block for blocks in addresses.values() for block in blocks)
    return tuple(
        _host_group(world, stack, system, name, flows=lambda group, host: resolve_flows(group, host, lines, addresses))
        for system in systems
        for name in system.functions
    )


def _host_group(world: World, stack: Stack, system: System, name: str, *, flows: Resolve) -> PlannedHostGroup:
    function: Function = system.functions[name]
    segment = segment_key(system, function.zone)
    group = group_name(system.name, name)
    virtual = function.virtual_address
    at_exit = any(
        router.exit and zone_key(system.division, function.zone) in router.zones for router in stack.routers.values()
    )
    hosts = []
    for host in function.hosts[: stack.replicas]:
        own, own6 = world.ledger.both(f"{segment}/{host}")
        incoming, outgoing = flows(group, (own, own6))
        hosts.append(
            PlannedHost(
                name=host,
                address=own.network_address,
                address6=own6.network_address,
                flows_in=incoming,
                flows_out=outgoing,
            )
        )
    return PlannedHostGroup(
        name=group,
        functions=(name, *function.also),
        system=system.name,
        project=target(system.owner),
        division=system.division,
        site="recovery" if function.zone == "recovery" else "primary",
        zone=function.zone,
        labels=labels(system, function.zone),
        segment=segment,
        security_groups=(EVERY_HOST, group),
        flavor=stack.flavors[function.flavor],
        image=stack.images[function.image],
        holds_data=function.holds_data,
        floating_address=function.floating_address and at_exit and bool(hosts),
        virtual_address=world.ledger.address(f"{segment}/{virtual}") if virtual else None,
        virtual_address6=world.ledger.address6(f"{segment}/{virtual}") if virtual else None,
        virtual_address_name=virtual,
        hosts=tuple(hosts),
    )
