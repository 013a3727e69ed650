"""Decides a whole stack: its domains, projects, segments, routers, groups and hosts, and all their addresses."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

from infra.plan.base import target
from infra.plan.needs import segment_key
from infra.plan.plan import Plan, PlannedDomain, PlannedHost, PlannedHostGroup, PlannedProject
from infra.plan.security import EVERY_HOST, Addresses, group_name, plan_security_groups, resolve_flows
from infra.plan.stack import Stack
from infra.plan.systems import Function, System
from infra.plan.topology import labels, plan_links, plan_routers, plan_segments
from infra.plan.world import World


def build_plan(world: World, name: str) -> Plan:
    """The plan of one stack of a checked world."""
    stack = world.stacks[name]
    systems = world.built(stack)
    segments = plan_segments(world, stack, systems)
    links = plan_links(world, stack, systems)
    addresses = _addresses(world, systems)
    zones = sorted({zone for router in stack.routers.values() for zone in router.zones})
    return Plan(
        name=name,
        stack=stack,
        domains=_domains(world, stack, systems),
        segments=segments,
        links=links,
        routers=plan_routers(world, stack, systems, segments, links),
        security_groups=plan_security_groups(stack, systems),
        host_groups=tuple(
            _host_group(world, stack, systems, addresses, system=system, name=function)
            for system in systems
            for function in system.functions
        ),
        systems=tuple(systems),
        sites=tuple(world.sites.values()),
        extranet=tuple(block for block in world.network.extranet if isinstance(block, IPv4Network)),
        extranet6=tuple(block for block in world.network.extranet if isinstance(block, IPv6Network)),
        inner_network=tuple(world.network.inner_network),
        zones={zone: world.ledger.block(zone) for zone in zones},
        zones6={zone: world.ledger.block6(zone) for zone in zones},
        mirror_url=_mirror_url(world, stack, systems),
    )


def _mirror_url(world: World, stack: Stack, systems: Sequence[System]) -> str:
    """Where packages come from, whether that host is there yet or not."""
    hosts = (
        f"{segment_key(system, function.zone)}/{function.hosts[0]}"
        for system in systems
        for name, function in system.functions.items()
        if stack.mirror.function == name
    )
    return f"http://{world.ledger.address(next(hosts))}{stack.mirror.path}"


def _domains(world: World, stack: Stack, systems: Sequence[System]) -> tuple[PlannedDomain, ...]:
    """A domain a city or province, with a project for each department that owns something in the stack."""
    servers = sorted({(system.owner, system.division) for system in systems})
    routers = [(router.owner, stack.division) for router in stack.routers.values()]
    owners = dict.fromkeys(filter(None, (world.department(*place) for place in (*servers, *routers))))
    hosting = {target(owner) for owner, _ in servers}
    domains: dict[str, list[PlannedProject]] = {}
    for department in owners:
        name = department.name
        quota = stack.quotas.get(name) or stack.quotas["default"]
        project = PlannedProject(name=name, title=department.title, quota=quota, hosts_servers=name in hosting)
        domains.setdefault(world.divisions.tenancy(department.division).code, []).append(project)
    return tuple(
        PlannedDomain(
            name=f"{world.divisions[code].level}-{code}",
            title=world.divisions[code].name,
            division=code,
            projects=tuple(projects),
        )
        for code, projects in sorted(domains.items())
    )


def _addresses(world: World, systems: Sequence[System]) -> Addresses:
    """All addresses of each security group's members."""
    found: dict[str, tuple[IPv4Network, ...]] = {EVERY_HOST: ()}
    for system in systems:
        for name, function in system.functions.items():
            parent = segment_key(system, function.zone)
            names = [*function.hosts, *([function.virtual_address] if function.virtual_address else [])]
            members = tuple(world.ledger.block(f"{parent}/{one}") for one in names)
            found[group_name(system.name, name)] = members
            found[EVERY_HOST] += members
    return found


def _host_group(
    world: World, stack: Stack, systems: Sequence[System], addresses: Addresses, *, system: System, name: str
) -> PlannedHostGroup:
    function: Function = system.functions[name]
    segment = segment_key(system, function.zone)
    group = group_name(system.name, name)
    virtual = function.virtual_address
    hosts = []
    for host in function.hosts[: stack.replicas]:
        own = world.ledger.block(f"{segment}/{host}")
        incoming, outgoing = resolve_flows(group, own, stack, systems, addresses)
        hosts.append(
            PlannedHost(
                name=host,
                address=own.network_address,
                address6=world.ledger.address6(f"{segment}/{host}"),
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
        floating_address=function.floating_address and bool(hosts),
        virtual_address=world.ledger.address(f"{segment}/{virtual}") if virtual else None,
        virtual_address6=world.ledger.address6(f"{segment}/{virtual}") if virtual else None,
        virtual_address_name=virtual,
        hosts=tuple(hosts),
    )
