"""Where a stack builds: in domains of its own as the cloud's admin, or in what the stack above made for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_openstack as openstack

from infra.components.pool import Pool
from infra.components.scope import scoped
from infra.components.tenancy import Tenancy
from infra.contract import TenancyFacts
from infra.plan.base import VERSIONS, Version
from infra.plan.plan import Plan
from infra.preflight import Cloud


@dataclass(frozen=True)
class Rooms:
    """By project: its id, by which options its networks are made, by which provider its servers.

    Subnets are from `pools`, one a family, where stacks that are not to leave their blocks share a cloud, and `scopes`
    are what all those pools are in.
    """

    projects: Mapping[str, pulumi.Input[str]]
    options: Mapping[str, pulumi.ResourceOptions]
    servers: Mapping[str, openstack.Provider]
    pools: Mapping[Version, pulumi.Input[str] | None]
    scopes: Mapping[Version, pulumi.Input[str]] = field(default_factory=dict)
    grant: TenancyFacts | None = None

    @property
    def admin(self) -> bool:
        """Whether whoever builds sees all projects at once."""
        return self.grant is None


def made(plan: Plan, cloud: Cloud) -> Rooms:
    """The stack's own domains: an admin names the project of each network, and Nova takes it from the token."""
    opts = pulumi.ResourceOptions(providers=[openstack.Provider("cloud", cloud=cloud.entry, region=cloud.region)])
    tenancies = [Tenancy(domain, cloud, builds=True, opts=opts) for domain in plan.domains]
    projects = {name: project for tenancy in tenancies for name, project in tenancy.projects.items()}
    servers = {name: provider for tenancy in tenancies for name, provider in tenancy.servers.items()}
    options = dict.fromkeys(projects, opts)
    if not plan.pool:
        return Rooms(projects, options, servers, dict.fromkeys(VERSIONS))
    pool = Pool(plan.name, plan.pool, opts=opts)
    return Rooms(projects, options, servers, pool.ids, pool.scopes)


def granted(facts: TenancyFacts, cloud: Cloud) -> Rooms:
    """What the stack above made: the manager of a domain acts in one project at a time."""
    providers = {name: scoped(name, cloud, project) for name, project in facts.projects.items()}
    options = {name: pulumi.ResourceOptions(providers=[provider]) for name, provider in providers.items()}
    return Rooms(facts.projects, options, providers, {4: facts.subnet_pool, 6: facts.subnet_pool6}, grant=facts)
