"""A network with its one subnet: a zone's piece that belongs to one system."""

import pulumi
from pulumi_openstack import networking

from infra.plan.plan import PlannedSegment


class Segment(pulumi.ComponentResource):
    """DHCP hands out only planned addresses; its own come from a pool that no host is planned into."""

    def __init__(
        self,
        planned: PlannedSegment,
        project: pulumi.Input[str],
        pool: pulumi.Input[str] | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ganyun:infra:Segment", planned.name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        tags = planned.labels.tags()
        self.network = networking.Network(
            planned.name, name=planned.name, tenant_id=project, admin_state_up=True, tags=tags, opts=inside
        )
        first, last = planned.pool
        self.subnet = networking.Subnet(
            planned.name,
            name=planned.name,
            tenant_id=project,
            network_id=self.network.id,
            ip_version=4,
            cidr=str(planned.cidr),
            subnetpool_id=pool,
            gateway_ip=str(planned.gateway),
            allocation_pools=[{"start": str(first), "end": str(last)}],
            dns_nameservers=["0.0.0.0"],  # noqa: S104 (Neutron's word for: offer no name server; none is reachable)
            tags=tags,
            opts=inside,
        )
        self.register_outputs({"network": self.network.id, "subnet": self.subnet.id})

    def subnet_behind(self, network: pulumi.Output[str]) -> pulumi.Output[str]:
        """The subnet's id, once the network's is known where it is used."""
        return pulumi.Output.all(self.subnet.id, network).apply(lambda both: str(both[0]))
