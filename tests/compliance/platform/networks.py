"""Networks, routers and ports held against the plan; each function names what is not as it should be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from infra.plan.base import BOUNDARY
from infra.plan.plan import PlannedHost, PlannedHostGroup, PlannedLink, PlannedSegment
from tests.compliance.platform.seen import Block, Port, Route, Router
from tests.compliance.platform.territory import Territory

INTERFACE = (
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
)


def planned_places(t: Territory) -> Iterator[PlannedSegment | PlannedLink]:
    """Everything that is a network of the stack's own."""
    yield from t.plan.segments
    yield from t.plan.links
    if t.plan.uplink is None:
        yield from (crossing.link for crossing in t.plan.downlinks)


def missing_networks(t: Territory) -> Iterator[str]:
    """Planned networks that are not there, or without their planned subnets."""
    found = {(one.project_id, one.name): one.id for one in t.cloud.networks}
    for place in planned_places(t):
        network = found.get((t.projects.get(place.project, ""), place.name))
        if network is None:
            yield f"{place.name} 不存在"
            continue
        has = {subnet.cidr for subnet in t.cloud.subnets if subnet.network_id == network}
        yield from (f"{place.name} 缺少 {block}" for block in (place.cidr, place.cidr6) if block not in has)


def strange_networks(t: Territory) -> Iterator[str]:
    """Networks and subnets that no plan has."""
    planned = {place.name: {place.cidr, place.cidr6} for place in planned_places(t)}
    yield from (f"网络 {t.told(one)}" for one in t.own(t.cloud.networks) if one.name not in planned)
    for subnet in t.own(t.cloud.subnets):
        network = t.networks.get(subnet.network_id)
        if network is None or subnet.cidr not in planned.get(network.name, set()):
            yield f"子网 {t.told(subnet)} {subnet.cidr}"


def overlaps(t: Territory) -> Iterator[str]:
    """Subnets of the stack that overlap."""
    for one, other in combinations(t.own(t.cloud.subnets), 2):
        if one.cidr.version == other.cidr.version and one.cidr.overlaps(other.cidr):
            yield f"{one.name} {one.cidr} 与 {other.name} {other.cidr}"


def outside_zone(t: Territory) -> Iterator[str]:
    """Subnets of planned networks that lie outside their zone's block."""
    zones: list[tuple[str, Block]] = [*t.plan.zones.items(), *t.plan.zones6.items()]
    for segment in t.plan.segments:
        own = [block for key, block in zones if key.endswith(f"/{segment.labels.zone}")]
        network = t.planned_networks.get(segment.key)
        for subnet in t.cloud.subnets:
            block = subnet.cidr
            inside = any(block.version == zone.version and block.subnet_of(zone) for zone in own)  # type: ignore[arg-type]
            if subnet.network_id == network and not inside:
                yield f"{segment.name} {block} 不在 {segment.labels.zone} 区"


def other_exits(t: Territory) -> Iterator[str]:
    """Routers with a way out that the plan does not have, and the planned one without."""
    for router in t.judged(t.cloud.routers):
        if router.gateway and (router.project_id, router.name) not in t.exits:
            yield f"{t.told(router)} 有外部网关"
    for planned in t.plan.routers:
        seen = t.planned_routers.get(planned.name)
        if planned.exit and (seen is None or seen.gateway is None):
            yield f"计划中的出口 {planned.name} 没有外部网关"


def inner_exits(t: Territory) -> Iterator[str]:
    """Inner zones on a router with a way out."""
    joins = joined(t)
    zone = {t.planned_networks.get(one.key): one.labels.zone for one in t.plan.segments}
    for router in t.judged(t.cloud.routers):
        for network in joins[router.id] if router.gateway else ():
            if network in zone and zone[network] not in BOUNDARY:
                yield f"{t.networks[network].name}（{zone[network]} 区）直连有外部网关的 {router.name}"


def joined(t: Territory) -> dict[str, set[str]]:
    """Networks that each router joins, by id."""
    found: dict[str, set[str]] = defaultdict(set)
    for port in t.cloud.ports:
        if port.device_owner in INTERFACE:
            found[port.device_id].add(port.network_id)
    return found


def wrong_joins(t: Territory) -> Iterator[str]:
    """Segments that another router than the planned one joins, or none."""
    names = {router.id: router.name for router in t.cloud.routers}
    joins = joined(t)
    for segment in t.plan.segments:
        network = t.planned_networks.get(segment.key)
        through = sorted(names.get(router, router) for router, networks in joins.items() if network in networks)
        if through != [segment.router]:
            yield f"{segment.name} 经 {'、'.join(through) or '无'}（应为 {segment.router}）"


def strange_routers(t: Territory) -> Iterator[str]:
    """Routers in the stack's projects that no plan has."""
    known = {one.id for one in t.planned_routers.values()}
    yield from (t.told(one) for one in t.own(t.cloud.routers) if one.id not in known)


def wrong_routes(t: Territory) -> Iterator[str]:
    """Entries of routers' tables that the plan does not have, and planned ones that are missing."""
    for planned in t.plan.routers:
        crossings = [route for c in t.plan.crossings if c.router == planned.name for route in (*c.routes, *c.routes6)]
        all_routes = (*planned.routes, *planned.routes6, *crossings)
        wanted = {Route(destination=str(one.destination), nexthop=str(one.next_hop)) for one in all_routes}
        router = t.planned_routers.get(planned.name)
        found = set(router.routes) if router else set()
        yield from sorted(f"{planned.name} 多出 {one.line}" for one in found - wanted)
        yield from sorted(f"{planned.name} 缺少 {one.line}" for one in wanted - found)


def translated(t: Territory) -> Iterator[str]:
    """Exits that translate addresses, so that whatever is behind them gets out."""
    routers: list[Router] = t.judged(t.cloud.routers)
    yield from (t.told(one) for one in routers if one.gateway and one.gateway.enable_snat)


def direct_outside(t: Territory) -> Iterator[str]:
    """Ports on an external network that are neither a router's nor a floating address."""
    external = {network.id for network in t.cloud.networks if network.external}
    for port in t.judged(t.cloud.ports):
        if port.network_id in external and not port.is_the_clouds_own:
            yield f"{t.told(port)} 直连外部网络"


def strange_floating(t: Territory) -> Iterator[str]:
    """Floating addresses at other ports than the planned ones."""
    allowed = set()
    for group in t.plan.host_groups:
        if group.floating_address:
            name = f"{group.name}-{group.virtual_address_name}" if group.virtual_address else group.hosts[0].name
            allowed.add((t.projects.get(group.project, ""), name))
    ports = {port.id: port for port in t.cloud.ports}
    for one in t.judged(t.cloud.floating):
        port = ports.get(one.port_id)
        if port is None:
            yield f"{one.address} 未绑定"
        elif (port.project_id, port.name) not in allowed:
            yield f"{one.address} → {t.told(port)}"


def own_ports(t: Territory) -> list[Port]:
    """Ports that people or Pulumi made in the stack's projects, those of links between routers apart."""
    return [port for port in t.own(t.cloud.ports) if not port.is_the_clouds_own]


def unfiltered(t: Territory) -> Iterator[str]:
    """Ports that nothing filters."""
    for port in own_ports(t):
        if not port.port_security_enabled:
            yield f"{t.told(port)} 端口安全关闭"
        elif not port.security_groups:
            yield f"{t.told(port)} 没有安全组"


def unfiltered_networks(t: Territory) -> Iterator[str]:
    """Segments whose new ports would not be filtered."""
    planned = set(t.planned_networks.values())
    yield from (t.told(one) for one in t.cloud.networks if one.id in planned and not one.port_security_enabled)


def wrong_host_ports(t: Territory) -> Iterator[str]:
    """Planned hosts whose port lacks an address, has others' addresses, other groups, or another network."""
    groups = {one.id: one.name for one in t.cloud.groups}
    for group, host, port in t.host_ports():
        if port is None:
            yield f"{host.name} 没有计划中的端口"
            continue
        wanted = {str(host.address), str(host.address6)}
        if set(port.addresses) != wanted or port.network_id != t.planned_networks.get(group.segment):
            yield f"{host.name} 地址 {'、'.join(port.addresses)}（应为 {'、'.join(sorted(wanted))}）"
        names = {groups.get(key, key) for key in port.security_groups}
        if names != set(group.security_groups):
            yield f"{host.name} 安全组 {'、'.join(sorted(names)) or '无'}（应为 {'、'.join(group.security_groups)}）"


def pairs(t: Territory) -> Iterator[str]:
    """Ports that may send from addresses which the plan does not give them."""
    planned: dict[str, set[str]] = {port.id: shared(group) for group, _, port in t.host_ports() if port}
    for port in own_ports(t):
        extra = {pair["ip_address"] for pair in port.allowed_address_pairs} - planned.get(port.id, set())
        yield from (f"{t.told(port)} 可冒用 {address}" for address in sorted(extra))


def shared(group: PlannedHostGroup) -> set[str]:
    """The addresses that a group's hosts share."""
    return {str(one) for one in (group.virtual_address, group.virtual_address6) if one}


def strange_ports(t: Territory) -> Iterator[str]:
    """Ports that no plan has."""
    planned = set(t.hosts) | {
        (t.projects.get(group.project, ""), f"{group.name}-{group.virtual_address_name}")
        for group in t.plan.host_groups
        if group.virtual_address
    }
    yield from (t.told(port) for port in own_ports(t) if (port.project_id, port.name) not in planned)


def on_several_networks(t: Territory) -> Iterator[str]:
    """Servers that stand in more than one network, and so join them behind the routers' back."""
    legs: dict[str, set[str]] = defaultdict(set)
    for port in t.cloud.ports:
        legs[port.device_id].add(port.network_id)
    for server in t.own(t.cloud.servers):
        if len(legs[server.id]) > 1:
            yield f"{server.name} 接入 {len(legs[server.id])} 个网络"


def pair_broken(t: Territory) -> Iterator[str]:
    """Groups with a shared address that are no pair, or whose ports may not both hold it."""
    ports: dict[str, list[tuple[PlannedHost, Port | None]]] = defaultdict(list)
    for group, host, port in t.host_ports():
        ports[group.name].append((host, port))
    for group in t.plan.host_groups:
        if not group.virtual_address or not group.hosts:
            continue
        if len(group.hosts) < 2:
            yield f"{group.name} 只有一台"
        for host, port in ports[group.name]:
            held = {pair["ip_address"] for pair in port.allowed_address_pairs} if port else set()
            yield from (f"{host.name} 不能承接 {one}" for one in sorted(shared(group) - held))
