"""A link between two routers: a small network that no host is on."""

from collections.abc import Mapping

import pulumi
from pulumi_openstack import networking

from infra.plan.base import Block, Version, of_family
from infra.plan.plan import PlannedLink


class Transit(pulumi.ComponentResource):
    """One port of both families for each end; the routers take them as interfaces."""

    def __init__(
        self,
        planned: PlannedLink,
        project: pulumi.Input[str],
        pools: Mapping[Version, pulumi.Input[str] | None],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ganyun:infra:Transit", planned.name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        tags = planned.labels.tags()
        network = networking.Network(
            planned.name, name=planned.name, tenant_id=project, admin_state_up=True, tags=tags, opts=inside
        )

        def subnet(version: Version, cidr: Block) -> networking.Subnet:
            name = of_family(planned.name, version)
            return networking.Subnet(
                name,
                name=name,
                tenant_id=project,
                subnetpool_id=pools[version],
                network_id=network.id,
                ip_version=version,
                cidr=str(cidr),
                no_gateway=True,
                enable_dhcp=False,
                tags=tags,
                opts=inside,
            )

        subnets = (subnet(4, planned.cidr), subnet(6, planned.cidr6))
        self.ports = {
            end: networking.Port(
                f"{planned.name}-{end}",
                name=f"{planned.name}-{end}",
                tenant_id=project,
                network_id=network.id,
                fixed_ips=[
                    {"subnet_id": one.id, "ip_address": str(address)}
                    for one, address in zip(subnets, addresses, strict=True)
                ],
                no_security_groups=True,
                port_security_enabled=False,
                tags=tags,
                opts=inside,
            )
            for end, *addresses in planned.dual_ends
        }
        self.register_outputs({})
