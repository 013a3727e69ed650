"""Removes from the cloud what a killed `pulumi up` made: what it noted, and what was being made when it ended."""

import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from datetime import datetime
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any

import pulumi
from openstack.exceptions import BadRequestException, ConflictException, ForbiddenException, NotFoundException

from infra.contract import TenancyFacts
from infra.grant import territory
from infra.journal import Killed, Made
from infra.leftovers import Leftover, find_leftovers, planned_names
from infra.plan.plan import Plan
from infra.state import PROJECT, StateError

Remove = Callable[[Any, str], Any]
PASSES = 10  # what was asked for when the run ended may come into being only now, and hold what a pass has met
PAUSE = 3  # seconds
HELD = (ConflictException, BadRequestException)  # the second is Neutron's word for a subnet pool in use


def _interface(cloud: Any, key: str) -> None:
    """Routes that lead over it hold it, and may not have been noted."""
    port = cloud.network.get_port(key)
    router = cloud.network.get_router(port.device_id)
    behind = [ip_network(cloud.network.get_subnet(address["subnet_id"]).cidr) for address in port.fixed_ips]
    kept = [one for one in router.routes if not any(ip_address(one["nexthop"]) in subnet for subnet in behind)]
    if kept != router.routes:
        cloud.network.update_router(router, routes=kept)
    cloud.network.remove_interface_from_router(router, port=port)


def _server(cloud: Any, key: str) -> None:
    server = cloud.compute.get_server(key)
    cloud.compute.delete_server(server)
    cloud.compute.wait_for_delete(server, wait=120)


def _project(cloud: Any, project: str) -> None:
    """A domain is one too; Neutron keeps a group and a quota for each, and doesn't hear of its end."""
    for group in cloud.network.security_groups(project_id=project):
        cloud.network.delete_security_group(group)
    cloud.network.delete_quota(project)
    if cloud.identity.get_project(project).is_domain:
        cloud.identity.update_domain(project, is_enabled=False)
        cloud.identity.delete_domain(project, ignore_missing=False)
    else:
        cloud.identity.delete_project(project, ignore_missing=False)


def _router(cloud: Any, router: str) -> None:
    cloud.network.update_router(router, routes=[])  # they hold its interfaces, and may be of another stack's resource
    cloud.network.delete_router(router, ignore_missing=False)


def _simply(service: str, verb: str) -> Remove:
    return lambda cloud, key: getattr(getattr(cloud, service), verb)(key, ignore_missing=False)


TENANCY: Mapping[str, Remove] = {
    PROJECT: _project,
    "openstack:identity/user:User": _simply("identity", "delete_user"),
}
THINGS: Mapping[str, Remove] = {
    "openstack:compute/instance:Instance": _server,
    "openstack:compute/keypair:Keypair": _simply("compute", "delete_keypair"),
    "openstack:compute/serverGroup:ServerGroup": _simply("compute", "delete_server_group"),
    "openstack:networking/router:Router": _router,
    "openstack:networking/routerInterface:RouterInterface": _interface,
    "openstack:networking/routerRoutesV2:RouterRoutesV2": lambda cloud, router: cloud.network.update_router(
        router, routes=[]
    ),
} | {
    f"openstack:networking/{kind[0].lower()}{kind[1:]}:{kind}": _simply("network", f"delete_{word}")
    for kind, word in {
        "AddressGroupV2": "address_group",
        "AddressScope": "address_scope",
        "FloatingIp": "ip",
        "Network": "network",
        "Port": "port",
        "RbacPolicyV2": "rbac_policy",
        "SecGroup": "security_group",
        "SecGroupRule": "security_group_rule",
        "Subnet": "subnet",
        "SubnetPool": "subnet_pool",
    }.items()
}


def make_up_for(
    killed: Killed, plan: Plan, clouds: Sequence[Any], state: Sequence[Mapping[str, Any]], grant: TenancyFacts | None
) -> None:
    """Bring the cloud back to what the state knows; `clouds` are connections that together see all of the stack."""
    pulumi.log.warn(
        f"上次运行被强行终止，清除其所建 {len(killed.made)} 项 · the last run was killed: removing what it made"
    )
    known, projects = territory(state, grant)
    own = {*projects, *(one.id for one in killed.made if one.type == PROJECT)}
    names = planned_names(plan)

    def unsaved() -> Iterator[Leftover]:
        for cloud in clouds:
            yield from in_flight(cloud, killed.began, plan, known, own)
            yield from find_leftovers(cloud.network, known, own, names)

    held = [one for one in killed.made if one.type in THINGS]
    for _ in range(PASSES):
        idle = not held
        held = remove(held, clouds)
        found = [one for one in unsaved() if _met(one)]
        if idle and not found:
            break
        time.sleep(PAUSE)
    else:
        there = {(one.kind, one.name) for one in unsaved()}
        found = [one for one in found if (one.kind, one.name) in there]
    held = remove([*held, *(one for one in killed.made if one.type in TENANCY)], clouds)
    if held or found:
        told = [f"{one.type.rpartition(':')[2]} {one.id}" for one in held]
        named = ", ".join(told + [f"{one.kind} {one.name}" for one in found])
        raise StateError(
            f"上次运行所建、仍在使用，请先删除 · made by the killed run and in use, remove it first: {named}"
        )


def _met(leftover: Leftover) -> bool:
    """Remove it; False for what is only lent, True even where something still holds it."""
    with suppress(*HELD):
        return leftover.go()
    return True


def remove(made: Iterable[Made], clouds: Sequence[Any]) -> list[Made]:
    """Remove them in this order; returns those that something else still holds."""
    return [one for one in made if not _gone(one, clouds)]


def _gone(one: Made, clouds: Sequence[Any]) -> bool:
    """A manager sees a thing in one project only, or in others as something shared that it may not remove."""
    gone = True
    for cloud in clouds:
        try:
            {**THINGS, **TENANCY}[one.type](cloud, one.id)
        except NotFoundException:
            continue
        except (*HELD, ForbiddenException):
            gone = False
        else:
            return True
    return gone


def in_flight(cloud: Any, began: datetime, plan: Plan, known: Set[str], projects: Container[str]) -> Iterator[Leftover]:
    """What has no planned name of its own, or would hold what has; a server only if it is younger than that run."""
    hosts = {host.name for group in plan.host_groups for host in group.hosts}

    def unknown(things: Iterable[Any]) -> Iterator[Any]:
        return (one for one in things if one.id not in known and one.project_id in projects)

    def younger(things: Iterable[Any]) -> Iterator[Any]:
        return (one for one in unknown(things) if datetime.fromisoformat(one.created_at) >= began)

    for server in younger(cloud.compute.servers(all_projects=not plan.uplink)):
        if server.name in hosts:
            yield Leftover("server", server.name, partial(_server, cloud, server.id))
    for pair in cloud.compute.keypairs():
        if pair.name not in known and pair.name in {f"{plan.name}-host-{host}" for host in hosts}:
            yield Leftover("key pair", pair.name, partial(cloud.compute.delete_keypair, pair))
    for rule in younger(cloud.network.security_group_rules()):
        if rule.security_group_id in known:
            yield Leftover("rule", rule.id, partial(cloud.network.delete_security_group_rule, rule))
    for policy in unknown(cloud.network.rbac_policies()):
        if policy.object_id in known:
            yield Leftover("share", policy.id, partial(cloud.network.delete_rbac_policy, policy))
    for group in unknown(cloud.network.address_groups()):
        if group.name in {one.name for one in plan.address_groups}:
            yield Leftover("address group", group.name, partial(cloud.network.delete_address_group, group))
