"""The blocks that a stack may make subnets from, in the scope of all that is routed together."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network

import pulumi
from pulumi_openstack import networking

SMALLEST, LARGEST = 30, 8  # prefix lengths of subnets: from a link's to any


class Pool(pulumi.ComponentResource):
    """Routers let nothing pass from one address scope into another, so a subnet that is from no pool stays alone.

    Without a scope to be in it makes one; `projects` are those that may take from it besides the admin.
    """

    def __init__(
        self,
        name: str,
        blocks: Sequence[IPv4Network],
        *,
        scope: pulumi.Input[str] | None = None,
        projects: Mapping[str, pulumi.Input[str]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ganyun:infra:Pool", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.scope = scope or networking.AddressScope(name, name=name, ip_version=4, shared=True, opts=inside).id
        pool = networking.SubnetPool(
            name,
            name=name,
            prefixes=sorted(str(block) for block in blocks),  # as Neutron gives them back
            address_scope_id=self.scope,
            min_prefixlen=LARGEST,
            max_prefixlen=SMALLEST,
            default_prefixlen=SMALLEST,
            opts=inside,
        )
        shared = [
            networking.RbacPolicyV2(
                f"{name}-{project}",
                action="access_as_shared",
                object_type="subnetpool",
                object_id=pool.id,
                target_tenant=target,
                opts=inside,
            )
            for project, target in (projects or {}).items()
        ]
        self.id = pulumi.Output.all(pool.id, *(policy.id for policy in shared)).apply(lambda ids: str(ids[0]))
        self.register_outputs({"pool": self.id})
