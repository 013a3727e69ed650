"""Builds a plan: hands each planned thing to its component, in the order in which they need each other."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from infra.below import Below
from infra.components.address_group import AddressGroup
from infra.components.host import Place
from infra.components.host_group import HostGroup
from infra.components.router import Router
from infra.components.security_group import SecurityGroup
from infra.components.segment import Segment
from infra.components.sharing import Shared
from infra.components.transit import Transit
from infra.contract import TenancyFacts
from infra.plan.plan import Plan, PlannedRoute
from infra.preflight import Cloud
from infra.rooms import Rooms, granted, made


@dataclass(frozen=True)
class Built:
    """What exists after building, for the outputs."""

    groups: dict[str, HostGroup]
    below: dict[str, Below]


def build(plan: Plan, cloud: Cloud, operator_key: str, grant: TenancyFacts | None = None) -> Built:
    """Declare every resource of the stack, in what the stack above granted or in domains of its own."""
    rooms = granted(grant, cloud) if grant else made(plan, cloud)
    segments = {
        one.key: Segment(one, rooms.projects[one.project], rooms.pools, rooms.options[one.project])
        for one in plan.segments
    }
    below = {one.stack: Below(one, plan, rooms, cloud) for one in plan.tenancies}
    gateways = _routers(plan, cloud, rooms, segments, below)
    groups = _guards(plan, rooms)
    hosts = {}
    for group in plan.host_groups:
        place = Place(
            stack=plan.name,
            cloud=cloud,
            project=rooms.projects[group.project],
            servers=rooms.servers[group.project],
            segment=segments[group.segment],
            gateways=gateways[group.segment],
            security_groups=[groups.known_in(group.project, name) for name in group.security_groups],
            operator_key=operator_key,
            protect=plan.stack.protect_data and group.holds_data,
        )
        hosts[group.name] = HostGroup(group, place, plan.stack.external_network, rooms.options[group.project])
    return Built(hosts, below)


def _routers(
    plan: Plan, cloud: Cloud, rooms: Rooms, segments: Mapping[str, Segment], below: Mapping[str, Below]
) -> dict[str, list[pulumi.Resource]]:
    """All routers with what they join; returns each segment's gateways, one a family."""
    links = [
        Transit(link, rooms.projects[link.project], rooms.pools, rooms.options[link.project]) for link in plan.links
    ]
    ends: dict[str, list[pulumi.Input[str]]] = {router.name: [] for router in plan.routers}
    routes: dict[str, list[PlannedRoute]] = {router.name: [] for router in plan.routers}
    for link in links:
        for end, port in link.ports.items():
            ends[end].append(port.id)
    for crossing in plan.downlinks:
        ends[crossing.router].append(below[crossing.stack].ends["above"].id)
        routes[crossing.router] += [*crossing.routes, *crossing.routes6]
    existing: dict[str, str] = {}
    if plan.uplink and rooms.grant:
        existing[plan.uplink.router] = rooms.grant.router
        routes[plan.uplink.router] += [*plan.uplink.routes, *plan.uplink.routes6]
    networks = Shared(
        "network",
        {key: segment.network.id for key, segment in segments.items()},
        {segment.key: segment.project for segment in plan.segments},
        rooms,
    )
    gateways: dict[str, list[pulumi.Resource]] = {}
    for router in plan.routers:
        made_router = Router(
            router,
            rooms.projects[router.project],
            {key: segments[key].subnets_behind(networks.known_in(router.project, key)) for key in router.segments},
            existing=existing.get(router.name),
            ports=ends[router.name],
            crossings=routes[router.name],
            external_network=cloud.external_network,
            opts=rooms.options[router.project],
        )
        gateways |= made_router.interfaces
    return gateways


def _guards(plan: Plan, rooms: Rooms) -> Shared:
    """All security groups with their rules; returns their ids."""
    guards = {
        group.name: SecurityGroup(group, rooms.projects[group.project], rooms.options[group.project])
        for group in plan.security_groups
    }
    addresses = {
        group.name: AddressGroup(group, rooms.projects[group.project], rooms.options[group.project]).id
        for group in plan.address_groups
    }
    owners = {group.name: group.project for group in plan.security_groups}
    shared = Shared("security_group", {name: guard.group.id for name, guard in guards.items()}, owners, rooms)
    for guard in guards.values():
        guard.permit(shared, addresses)
    return shared
