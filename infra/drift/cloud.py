"""Reads the cloud beside the state: what lies in the stack's projects that no state has heard of."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from operator import attrgetter
from typing import Any, NamedTuple

from infra.drift.findings import Thing

OWN = ("network:", "compute:")  # ports that Neutron and Nova make for a router, DHCP or server


class Kind(NamedTuple):
    """How one kind of resource is listed, what of it an operator wants to know, and the id of what it is a part of.

    Who makes a rule or subnet need not be the owner of the group or network: a cloud's admin leaves them to his own.
    """

    name: str
    things: Callable[[Any, bool], Iterable[Any]]
    facts: Callable[[Any], Mapping[str, Any]]
    part_of: Callable[[Any], str | None] = lambda _: None


def _rule(one: Any) -> Mapping[str, Any]:
    ports = f"{one.port_range_min}-{one.port_range_max}" if one.port_range_min is not None else ""
    return {
        "direction": one.direction,
        "protocol": one.protocol,
        "ports": ports,
        "prefix": one.remote_ip_prefix,
        "group": one.remote_group_id,
    }


KINDS = (
    Kind("server", lambda c, admin: c.compute.servers(all_projects=admin), lambda one: {"status": one.status}),
    Kind(
        "router",
        lambda c, _: c.network.routers(),
        lambda one: {"gateway": (one.external_gateway_info or {}).get("network_id")},
    ),
    Kind("floating address", lambda c, _: c.network.ips(), lambda one: {"fixed": one.fixed_ip_address}),
    Kind(
        "security group",
        # Neutron makes one of that name in every project, and allows nobody a second: a rule in it tells for itself.
        lambda c, _: (one for one in c.network.security_groups() if one.name != "default"),
        lambda _: {},
    ),
    Kind("security group rule", lambda c, _: c.network.security_group_rules(), _rule, attrgetter("security_group_id")),
    Kind("network", lambda c, _: c.network.networks(), lambda _: {}),
    Kind("subnet", lambda c, _: c.network.subnets(), lambda one: {"cidr": one.cidr}, attrgetter("network_id")),
    Kind(
        "port",
        lambda c, _: (one for one in c.network.ports() if not one.device_owner.startswith(OWN)),
        lambda one: {"address": ", ".join(ip["ip_address"] for ip in one.fixed_ips)},
    ),
)


def unmanaged(cloud: Any, known: Set[str], projects: Mapping[str, str], *, admin: bool) -> Iterator[Thing]:
    """Everything in those projects, named by their ids, or a part of what is known, that is not known itself."""
    for kind in KINDS:
        for one in kind.things(cloud, admin):
            if one.id not in known and (one.project_id in projects or kind.part_of(one) in known):
                name = getattr(one, "floating_ip_address", None) or one.name or one.id
                project = projects.get(one.project_id, one.project_id)
                yield Thing(kind=kind.name, name=name, id=one.id, project=project, facts=kind.facts(one))
