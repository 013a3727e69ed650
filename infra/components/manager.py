"""Who runs a stack below: the manager of its Keystone domain, and nobody anywhere else."""

import pulumi
from pulumi_openstack import identity

from infra.components.password import Password
from infra.preflight import Cloud


class Manager(pulumi.ComponentResource):
    """A user of that domain: manager there, member in each of its projects."""

    def __init__(
        self,
        stack: str,
        domain: identity.Project,
        cloud: Cloud,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ganyun:infra:Manager", stack, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.password = Password(stack, opts=inside).value
        user = identity.User(
            stack,
            name=f"{stack}-manager",
            description=f"runs stack {stack}",
            domain_id=domain.id,
            password=self.password,
            opts=inside,
        )
        self.name = user.name
        identity.RoleAssignment(
            f"{stack}-manager", domain_id=domain.id, user_id=user.id, role_id=cloud.roles["manager"], opts=inside
        )
        identity.InheritRoleAssignment(
            f"{stack}-member", domain_id=domain.id, user_id=user.id, role_id=cloud.roles["member"], opts=inside
        )
        self.register_outputs({"user": user.name})
