"""A link between two routers: a small network that no host is on."""

import pulumi
from pulumi_openstack import networking

from infra.plan.plan import PlannedLink


class Transit(pulumi.ComponentResource):
    """One port for each end; the routers take them as interfaces."""

    def __init__(
        self,
        planned: PlannedLink,
        project: pulumi.Input[str],
        pool: pulumi.Input[str] | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ganyun:infra:Transit", planned.name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        tags = planned.labels.tags()
        network = networking.Network(
            planned.name, name=planned.name, tenant_id=project, admin_state_up=True, tags=tags, opts=inside
        )
        subnet = networking.Subnet(
            planned.name,
            name=planned.name,
            tenant_id=project,
            network_id=network.id,
            ip_version=4,
            cidr=str(planned.cidr),
            subnetpool_id=pool,
            no_gateway=True,
            enable_dhcp=False,
            tags=tags,
            opts=inside,
        )
        self.ports = {
            end: networking.Port(
                f"{planned.name}-{end}",
                name=f"{planned.name}-{end}",
                tenant_id=project,
                network_id=network.id,
                fixed_ips=[{"subnet_id": subnet.id, "ip_address": str(address)}],
                no_security_groups=True,
                port_security_enabled=False,
                tags=tags,
                opts=inside,
            )
            for end, address in planned.ends
        }
        self.register_outputs({})
