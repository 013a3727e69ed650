"""The addresses that a pair of hosts shares, one of each family: whoever holds them by VRRP answers."""

from ipaddress import IPv4Address, IPv6Address

import pulumi
from pulumi_openstack import networking

from infra.components.host import Place
from infra.plan.plan import PlannedHostGroup


class VirtualAddress(pulumi.ComponentResource):
    """A port without a server keeps the addresses from everyone else, and carries the floating one."""

    def __init__(
        self,
        planned: PlannedHostGroup,
        place: Place,
        addresses: tuple[IPv4Address, IPv6Address],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = f"{planned.name}-{planned.virtual_address_name}"
        super().__init__("ganyun:infra:VirtualAddress", name, None, opts)
        self.port = networking.Port(
            name,
            name=name,
            tenant_id=place.project,
            network_id=place.segment.network.id,
            admin_state_up=True,
            fixed_ips=place.segment.fixed_ips(*addresses),
            security_group_ids=place.security_groups,
            tags=planned.labels.tags(),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"address": str(addresses[0]), "address6": str(addresses[1])})
