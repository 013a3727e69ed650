"""Removes what an interrupted `pulumi up` made without Pulumi knowing, so that the next one can finish.

The provider learns a resource's id only after it has seen it become active: when the API goes down in between, a port
or a network stays that no state has heard of, and holds the address that the next run needs. Such a thing lies in a
project that the state does know, bears a planned name, and is used by nobody.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence, Set
from functools import partial
from typing import Any, NamedTuple

import pulumi
from openstack.exceptions import ForbiddenException

from infra.contract import TenancyFacts
from infra.grant import territory
from infra.plan.base import VERSIONS, of_family
from infra.plan.plan import Plan


class Leftover(NamedTuple):
    """A thing that no state knows, and how to remove it."""

    kind: str
    name: str
    remove: Callable[[], Any]

    def go(self) -> bool:
        """Remove it; False where it is only lent: it goes from its owner's project, by another view of the stack."""
        try:
            self.remove()
        except ForbiddenException:
            return False
        return True


def half_made(resources: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names that the state has as broken off: Pulumi would update these, which the provider can't for many kinds."""
    return [one["urn"].split("::")[-1] for one in resources if one.get("initErrors")]


def planned_names(plan: Plan) -> set[str]:
    """Names that components give."""
    names = {group.name for group in plan.security_groups} | {router.name for router in plan.routers}
    links = [*plan.links, *(crossing.link for crossing in plan.downlinks)]
    networks = {segment.name for segment in plan.segments} | {link.name for link in links}
    names |= {of_family(name, version) for name in networks for version in VERSIONS}
    names |= {f"{link.name}-{end}" for link in links for end, _ in link.ends}
    names |= {host.name for group in plan.host_groups for host in group.hosts}
    names |= {tenancy.router for tenancy in plan.tenancies}
    return names | {f"{group.name}-{group.virtual_address_name}" for group in plan.host_groups}


def find_leftovers(network: Any, known: Set[str], projects: Container[str], names: set[str]) -> Iterator[Leftover]:
    """In the order in which they can go; `projects` are those that the stack builds in."""

    def unknown(things: Any) -> list[Any]:
        return [one for one in things if one.id not in known and one.project_id in projects]

    for address in unknown(network.ips()):
        if address.port_id is None or address.port_id in known:
            yield Leftover("floating address", address.floating_ip_address, partial(network.delete_ip, address))
    for router in network.routers():
        if (router.id in known or router.name in names) and router.project_id in projects:
            for port in network.ports(device_id=router.id, device_owner="network:router_interface"):
                if port.id not in known:
                    leave = partial(network.remove_interface_from_router, router, port=port.id)
                    yield Leftover("router interface", f"{router.name} {port.fixed_ips[0]['ip_address']}", leave)
    for port in unknown(network.ports()):
        if port.name in names and not port.device_id:
            yield Leftover("port", port.name, partial(network.delete_port, port))
    for kind, things, remove in (
        ("router", network.routers, network.delete_router),
        ("security group", network.security_groups, network.delete_security_group),
        ("subnet", network.subnets, network.delete_subnet),
        ("network", network.networks, network.delete_network),
    ):
        for thing in unknown(things()):
            if thing.name in names:
                yield Leftover(kind, thing.name, partial(remove, thing))


def clear_leftovers(
    plan: Plan, network: Any, resources: Sequence[Mapping[str, Any]], grant: TenancyFacts | None
) -> None:
    """Remove them, and say so; `resources` is the stack's state, `grant` what the stack above made for it."""
    if broken := ", ".join(half_made(resources)):
        # With --refresh the state may be in mending while this is read, so it is a hint and no reason to stop.
        text = "上次运行中断时只建成一半，须加 --refresh · half made by an interrupted run, needs pulumi up --refresh"
        pulumi.log.warn(f"{text}: {broken}")
    for leftover in find_leftovers(network, *territory(resources, grant), planned_names(plan)):
        pulumi.log.warn(f"清除上次中断的遗留 · removing what an interrupted run left: {leftover.kind} {leftover.name}")
        leftover.go()
