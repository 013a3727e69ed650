"""A city's (or the province's) Keystone domain with a project for each department: who may use how much."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_openstack as openstack
from pulumi_openstack import compute, identity, networking

from infra.components.default_group import DefaultGroup
from infra.plan.plan import PlannedDomain, PlannedProject
from infra.preflight import BLANK, Cloud


class Tenancy(pulumi.ComponentResource):
    """Domain, projects, quotas, and a way to build servers inside each project.

    Neutron takes the owner of a resource as an argument, Nova only from the token: so each project that gets servers
    has a provider of its own, scoped to it, and the deploying user is a member there.
    """

    projects: dict[str, pulumi.Output[str]]
    servers: dict[str, openstack.Provider]

    def __init__(self, planned: PlannedDomain, cloud: Cloud, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ganyun:infra:Tenancy", planned.name, None, opts)
        self._inside = pulumi.ResourceOptions(parent=self)
        self._cloud = cloud
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
        project = identity.Project(
            planned.name,
            name=planned.name,
            description=planned.title,
            domain_id=self.domain.id,
            tags=[f"owner={planned.name}"],
            opts=self._inside,
        )
        default = DefaultGroup(planned.name, cloud=self._cloud.entry, project=project.id, opts=self._inside)
        quota = planned.quota
        network_quota = networking.QuotaV2(
            planned.name,
            project_id=project.id,
            network=quota.networks,
            subnet=quota.networks,
            port=quota.ports,
            router=quota.routers,
            floatingip=quota.floating_addresses,
            security_group=quota.security_groups,
            security_group_rule=quota.security_group_rules,
            opts=self._inside,
        )
        compute_quota = compute.QuotaSetV2(
            planned.name,
            project_id=project.id,
            instances=quota.instances,
            cores=quota.cores,
            ram=quota.ram_mb,
            server_groups=quota.instances,
            opts=self._inside,
        )
        # Where a cloud's default quota is nothing, whatever belongs to the project has to wait for its own.
        self.projects[planned.name] = network_quota.project_id
        if planned.hosts_servers:
            self.servers[planned.name] = self._scoped(planned.name, project, [default, compute_quota])

    def _scoped(self, name: str, project: identity.Project, first: Sequence[pulumi.Resource]) -> openstack.Provider:
        # Nova's look-ups bring the default group back: it is the last to go.
        membership = identity.RoleAssignment(
            f"{name}-deployer",
            project_id=project.id,
            role_id=self._cloud.member_role,
            user_id=self._cloud.user,
            opts=self._inside,
        )
        auth = self._cloud.auth
        return openstack.Provider(
            name,
            # An entry of clouds.yaml, even one named by OS_CLOUD, would override the project: none must be in sight.
            cloud="",
            auth_url=auth["auth_url"],
            region=self._cloud.region,
            user_name=auth.get("username"),
            user_id=auth.get("user_id"),
            password=pulumi.Output.secret(auth["password"]),
            user_domain_name=auth.get("user_domain_name"),
            user_domain_id=auth.get("user_domain_id"),
            tenant_id=membership.project_id.apply(lambda known: known or ""),
            insecure=not self._cloud.verify,
            cacert_file=self._cloud.cacert,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[membership, *first], env_var_mappings={BLANK: "OS_CLOUD"}
            ),
        )


def project_ids(tenancies: Mapping[str, Tenancy]) -> dict[str, pulumi.Output[str]]:
    """All projects of all domains."""
    return {name: project for tenancy in tenancies.values() for name, project in tenancy.projects.items()}
