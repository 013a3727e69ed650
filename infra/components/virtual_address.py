"""An address that a pair of hosts shares: whoever holds it by VRRP answers."""

import pulumi
from pulumi_openstack import networking

from infra.components.host import Place
from infra.plan.plan import PlannedHostGroup


class VirtualAddress(pulumi.ComponentResource):
    """A port without a server keeps the address from everyone else, and carries the floating one."""

    def __init__(self, planned: PlannedHostGroup, place: Place, opts: pulumi.ResourceOptions | None = None) -> None:
        name = f"{planned.name}-{planned.virtual_address_name}"
        super().__init__("ganyun:infra:VirtualAddress", name, None, opts)
        self.port = networking.Port(
            name,
            name=name,
            tenant_id=place.project,
            network_id=place.segment.network.id,
            admin_state_up=True,
            fixed_ips=[{"subnet_id": place.segment.subnet.id, "ip_address": str(planned.virtual_address)}],
            security_group_ids=place.security_groups,
            tags=planned.labels.tags(),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"address": str(planned.virtual_address)})
