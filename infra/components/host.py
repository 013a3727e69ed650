"""One server with its one port, its planned address of each family and its own SSH key."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_openstack as openstack
from pulumi_openstack import compute, networking

from infra.components.first_boot import first_boot
from infra.components.host_key import HostKey
from infra.components.segment import Segment
from infra.plan.plan import PlannedHost, PlannedHostGroup
from infra.preflight import Cloud

HOLDS_DATA = "holds_data"  # the server's metadata tell whoever is about to delete it


@dataclass(frozen=True)
class Place:
    """Where the hosts of a group live, and what they are made from."""

    stack: str
    cloud: Cloud
    project: pulumi.Input[str]
    servers: openstack.Provider
    segment: Segment
    gateways: Sequence[pulumi.Resource]
    security_groups: Sequence[pulumi.Input[str]]
    operator_key: str
    protect: bool


class Host(pulumi.ComponentResource):
    """Port and key outlive the server: a rebuilt host has the same address and is known by the same key.

    Image and first-boot data are what a host was born with. A newer image or operator key does not replace a running
    host; a rebuilt one is born with the new.
    """

    def __init__(
        self,
        planned: PlannedHost,
        group: PlannedHostGroup,
        place: Place,
        server_group: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ganyun:infra:Host", planned.name, None, opts)
        keep = pulumi.ResourceOptions(parent=self, protect=place.protect)
        tags = group.labels.tags()
        pairs = [{"ip_address": str(one)} for one in (group.virtual_address, group.virtual_address6) if one] or None
        self.port = networking.Port(
            planned.name,
            name=planned.name,
            tenant_id=place.project,
            network_id=place.segment.network.id,
            admin_state_up=True,
            fixed_ips=place.segment.fixed_ips(planned.address, planned.address6),
            security_group_ids=place.security_groups,
            allowed_address_pairs=pairs,
            tags=tags,
            opts=keep,
        )
        self.key = HostKey(place.stack, planned.name, opts=keep)
        user_data = pulumi.Output.all(self.key.private, self.key.public).apply(
            lambda pair: first_boot(planned.name, place.operator_key, pair[0], pair[1])
        )
        self.server = compute.Instance(
            planned.name,
            name=planned.name,
            flavor_id=place.cloud.flavors[group.flavor],
            image_id=place.cloud.images[group.image],
            networks=[{"port": self.port.id}],
            scheduler_hints=[{"group": server_group}],
            user_data=user_data,
            metadata={key: str(value) for key, value in group.labels.model_dump().items()}
            | {HOLDS_DATA: str(group.holds_data).lower()},
            tags=tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                provider=place.servers,
                depends_on=place.gateways,
                protect=place.protect,
                ignore_changes=["imageId", "imageName", "userData"],
                delete_before_replace=True,
            ),
        )
        self.register_outputs(
            {"address": str(planned.address), "address6": str(planned.address6), "key": self.key.public}
        )
