"""Builds a plan: hands each planned thing to its component, in the order in which they need each other."""

from dataclasses import dataclass

import pulumi
import pulumi_openstack as openstack

from infra.components.host import Place
from infra.components.host_group import HostGroup
from infra.components.router import Router
from infra.components.security_group import SecurityGroup
from infra.components.segment import Segment
from infra.components.tenancy import Tenancy, project_ids
from infra.components.transit import Transit
from infra.plan.plan import Plan
from infra.preflight import Cloud


@dataclass(frozen=True)
class Built:
    """What exists after building, for the outputs."""

    groups: dict[str, HostGroup]


def build(plan: Plan, cloud: Cloud, operator_key: str) -> Built:
    """Declare every resource of the stack."""
    opts = pulumi.ResourceOptions(providers=[openstack.Provider("cloud", cloud=cloud.entry, region=cloud.region)])
    tenancies = {domain.name: Tenancy(domain, cloud, opts) for domain in plan.domains}
    projects = project_ids(tenancies)
    servers = {name: provider for tenancy in tenancies.values() for name, provider in tenancy.servers.items()}
    segments = {segment.key: Segment(segment, projects[segment.project], opts) for segment in plan.segments}
    links = {link.name: Transit(link, projects[link.project], opts) for link in plan.links}
    routers = {
        router.name: Router(
            router,
            projects[router.project],
            segments,
            links=[link.ports[router.name] for link in links.values() if router.name in link.ports],
            external_network=cloud.external_network,
            opts=opts,
        )
        for router in plan.routers
    }
    guards = {group.name: SecurityGroup(group, projects[group.project], opts) for group in plan.security_groups}
    for guard in guards.values():
        guard.permit(guards)
    joined = {key: interface for router in routers.values() for key, interface in router.interfaces.items()}
    groups = {}
    for group in plan.host_groups:
        place = Place(
            stack=plan.name,
            cloud=cloud,
            project=projects[group.project],
            servers=servers[group.project],
            segment=segments[group.segment],
            gateway=joined[group.segment],
            security_groups=[guards[name].group.id for name in group.security_groups],
            operator_key=operator_key,
            protect=plan.stack.protect_data and group.holds_data,
        )
        groups[group.name] = HostGroup(group, place, plan.stack.external_network, opts)
    return Built(groups)
