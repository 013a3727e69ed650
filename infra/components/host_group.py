"""The hosts of one function, kept on different hypervisors, with the addresses that they are reached by."""

import pulumi
from pulumi_openstack import compute, networking

from infra.components.host import Host, Place
from infra.components.virtual_address import VirtualAddress
from infra.plan.plan import PlannedHostGroup


class HostGroup(pulumi.ComponentResource):
    """Server group, hosts, virtual address, floating address."""

    hosts: dict[str, Host]
    floating: pulumi.Output[str] | None

    def __init__(
        self,
        planned: PlannedHostGroup,
        place: Place,
        pool: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ganyun:infra:HostGroup", planned.name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        server_group = compute.ServerGroup(
            planned.name,
            name=planned.name,
            policies="soft-anti-affinity",
            opts=pulumi.ResourceOptions(parent=self, provider=place.servers),
        )
        self.hosts = {host.name: Host(host, planned, place, server_group.id, opts=inside) for host in planned.hosts}
        ports = [host.port for host in self.hosts.values()]
        if planned.virtual_address and planned.virtual_address6:
            addresses = planned.virtual_address, planned.virtual_address6
            ports.insert(0, VirtualAddress(planned, place, addresses, opts=inside).port)
        self.floating = None
        if planned.floating_address:
            self.floating = networking.FloatingIp(
                planned.name,
                pool=pool,
                tenant_id=place.project,
                port_id=ports[0].id,
                description=planned.virtual_address_name or planned.name,
                tags=planned.labels.tags(),
                opts=pulumi.ResourceOptions(parent=self, depends_on=place.gateways),
            ).address
        self.register_outputs({"floating": self.floating})
