"""The blocks that a stack may make subnets from, in the scopes of all that is routed together."""

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_openstack import networking

from infra.plan.base import VERSIONS, Block, Version, of_family

# Prefix lengths of subnets: from a link's to any.
SMALLEST: Mapping[Version, int] = {4: 30, 6: 64}
LARGEST = 8


class Pool(pulumi.ComponentResource):
    """Routers let nothing pass from one address scope into another, so a subnet that is from no pool stays alone.

    Neutron's scopes and pools are of one family each. Without scopes to be in it makes them; `projects` are those that
    may take from it besides the admin.
    """

    ids: Mapping[Version, pulumi.Output[str]]
    scopes: Mapping[Version, pulumi.Input[str]]

    def __init__(
        self,
        name: str,
        blocks: Sequence[Block],
        *,
        scopes: Mapping[Version, pulumi.Input[str]] | None = None,
        projects: Mapping[str, pulumi.Input[str]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ganyun:infra:Pool", name, None, opts)
        self._inside = pulumi.ResourceOptions(parent=self)
        self._projects = projects or {}
        self.scopes = scopes or {version: self._scope(of_family(name, version), version) for version in VERSIONS}
        self.ids = {
            version: self._pool(
                of_family(name, version), version, sorted(str(block) for block in blocks if block.version == version)
            )
            for version in VERSIONS
        }
        self.register_outputs({"pool": self.ids[4], "pool6": self.ids[6]})

    def _scope(self, name: str, version: Version) -> pulumi.Output[str]:
        scope: pulumi.Output[str] = networking.AddressScope(
            name, name=name, ip_version=version, shared=True, opts=self._inside
        ).id
        return scope

    def _pool(self, name: str, version: Version, prefixes: Sequence[str]) -> pulumi.Output[str]:
        """The id, known once all may take from it; `prefixes` stand as Neutron gives them back."""
        pool = networking.SubnetPool(
            name,
            name=name,
            prefixes=prefixes,
            address_scope_id=self.scopes[version],
            min_prefixlen=LARGEST,
            max_prefixlen=SMALLEST[version],
            default_prefixlen=SMALLEST[version],
            opts=self._inside,
        )
        shared = [
            networking.RbacPolicyV2(
                f"{name}-{project}",
                action="access_as_shared",
                object_type="subnetpool",
                object_id=pool.id,
                target_tenant=target,
                opts=self._inside,
            )
            for project, target in self._projects.items()
        ]
        return pulumi.Output.all(pool.id, *(policy.id for policy in shared)).apply(lambda ids: str(ids[0]))
