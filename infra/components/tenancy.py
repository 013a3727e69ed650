"""A city's (or the province's) Keystone domain with a project for each department: who may use how much."""

import pulumi
import pulumi_openstack as openstack
from pulumi_openstack import compute, identity, networking

from infra.components.default_group import DefaultGroup
from infra.components.scope import scoped
from infra.plan.base import VERSIONS
from infra.plan.plan import PlannedDomain, PlannedProject
from infra.preflight import Cloud


class Tenancy(pulumi.ComponentResource):
    """Domain, projects, quotas, and, where this stack builds in them itself, a way to make servers in each project.

    Neutron takes the owner of a resource as an argument, Nova only from the token: so each project that gets servers
    has a provider of its own, scoped to it, and the deploying user is a member there.
    """

    projects: dict[str, pulumi.Output[str]]
    servers: dict[str, openstack.Provider]

    def __init__(
        self, planned: PlannedDomain, cloud: Cloud, *, builds: bool, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ganyun:infra:Tenancy", planned.name, None, opts)
        self._inside = pulumi.ResourceOptions(parent=self)
        self._cloud = cloud
        self._builds = builds
        self._name = planned.name
        self.projects = {}
        self.servers = {}
        self.domain = identity.Project(
            planned.name,
            name=planned.name,
            description=planned.title,
            is_domain=True,
            tags=[f"division={planned.division}"],
            opts=self._inside,
        )
        for project in planned.projects:
            self._project(project)
        self.register_outputs({"domain": self.domain.id, "projects": self.projects})

    def _project(self, planned: PlannedProject) -> None:
        label = planned.name if self._builds else f"{self._name}-{planned.name}"  # many domains have that department
        project = identity.Project(
            label,
            name=planned.name,
            description=planned.title,
            domain_id=self.domain.id,
            tags=[f"owner={planned.name}"],
            opts=self._inside,
        )
        default = DefaultGroup(label, cloud=self._cloud.entry, project=project.id, opts=self._inside)
        # Neutron brings that group back with every change of a port: it goes when the networks are gone.
        last = pulumi.ResourceOptions(parent=self, depends_on=[default])
        quota = planned.quota
        network_quota = networking.QuotaV2(
            label,
            project_id=project.id,
            network=quota.networks,
            subnet=quota.networks * len(VERSIONS),
            port=quota.ports,
            router=quota.routers,
            floatingip=quota.floating_addresses,
            security_group=quota.security_groups,
            security_group_rule=quota.security_group_rules,
            rbac_policy=quota.shares,
            subnetpool=0,  # whoever may make one puts any block into an address scope that it sees
            opts=last,
        )
        compute_quota = compute.QuotaSetV2(
            label,
            project_id=project.id,
            instances=quota.instances,
            cores=quota.cores,
            ram=quota.ram_mb,
            server_groups=quota.instances,
            opts=self._inside,
        )
        # Where a cloud's default quota is nothing, whatever belongs to the project has to wait for its own.
        self.projects[planned.name] = network_quota.project_id
        if planned.hosts_servers and self._builds:
            membership = identity.RoleAssignment(
                f"{planned.name}-deployer",
                project_id=project.id,
                role_id=self._cloud.roles["member"],
                user_id=self._cloud.user,
                opts=self._inside,
            )
            first = [membership, network_quota, compute_quota]
            inside = membership.project_id.apply(lambda known: known or "")
            self.servers[planned.name] = scoped(planned.name, self._cloud, inside, self, first)
