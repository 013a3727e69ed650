"""A network with a subnet of each family: a zone's piece that belongs to one system."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pulumi
from pulumi_openstack import networking

from infra.plan.base import Version, of_family
from infra.plan.plan import PlannedSegment

# Neutron's words for: offer no name server; none is reachable.
NO_NAME_SERVER: Mapping[Version, str] = {4: "0.0.0.0", 6: "::"}  # noqa: S104
# A port's planned address reaches its host by DHCPv6; the router's advertisements say so, and where the way out is.
STATEFUL: Mapping[Version, Mapping[str, str]] = {
    4: {},
    6: {"ipv6_address_mode": "dhcpv6-stateful", "ipv6_ra_mode": "dhcpv6-stateful"},
}


class Segment(pulumi.ComponentResource):
    """DHCP hands out only planned addresses; its own come from a pool that no host is planned into."""

    subnets: Mapping[Version, networking.Subnet]

    def __init__(
        self,
        planned: PlannedSegment,
        project: pulumi.Input[str],
        pools: Mapping[Version, pulumi.Input[str] | None],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ganyun:infra:Segment", planned.name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        tags = planned.labels.tags()
        self.network = networking.Network(
            planned.name, name=planned.name, tenant_id=project, admin_state_up=True, tags=tags, opts=inside
        )

        def subnet(version: Version, cidr: object, gateway: object, first: object, last: object) -> networking.Subnet:
            name = of_family(planned.name, version)
            return networking.Subnet(
                name,
                name=name,
                tenant_id=project,
                subnetpool_id=pools[version],
                network_id=self.network.id,
                ip_version=version,
                cidr=str(cidr),
                gateway_ip=str(gateway),
                allocation_pools=[{"start": str(first), "end": str(last)}],
                dns_nameservers=[NO_NAME_SERVER[version]],
                tags=tags,
                **STATEFUL[version],
                opts=inside,
            )

        self.subnets = {
            4: subnet(4, planned.cidr, planned.gateway, *planned.pool),
            6: subnet(6, planned.cidr6, planned.gateway6, *planned.pool6),
        }
        self.register_outputs({"network": self.network.id, "subnet": self.subnets[4].id, "subnet6": self.subnets[6].id})

    def fixed_ips(self, address: IPv4Address, address6: IPv6Address) -> list[dict[str, Any]]:
        """What a port here is to have."""
        return [
            {"subnet_id": self.subnets[4].id, "ip_address": str(address)},
            {"subnet_id": self.subnets[6].id, "ip_address": str(address6)},
        ]

    def subnets_behind(self, network: pulumi.Output[str]) -> dict[Version, pulumi.Output[str]]:
        """The subnets' ids, once the network's is known where they are used."""
        return {
            version: pulumi.Output.all(subnet.id, network).apply(lambda both: str(both[0]))
            for version, subnet in self.subnets.items()
        }
