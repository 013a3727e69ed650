"""A router of the extranet; the one marked as exit holds the province's only external gateway."""

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_openstack import networking

from infra.components.segment import Segment
from infra.plan.plan import PlannedRouter


class Router(pulumi.ComponentResource):
    """Joins its segments and links, and routes to the zones behind its neighbours.

    There is no default route inside: what isn't a planned zone is unreachable, and the exit translates no addresses but
    the floating ones, so nothing leaves that wasn't given a way out.
    """

    def __init__(
        self,
        planned: PlannedRouter,
        project: pulumi.Input[str],
        segments: Mapping[str, Segment],
        *,
        links: Sequence[networking.Port],
        external_network: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ganyun:infra:Router", planned.name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.router = networking.Router(
            planned.name,
            name=planned.name,
            tenant_id=project,
            admin_state_up=True,
            external_network_id=external_network if planned.exit else None,
            enable_snat=False if planned.exit else None,
            tags=planned.labels.tags(),
            opts=inside,
        )
        self.interfaces: dict[str, pulumi.Resource] = {
            key: networking.RouterInterface(
                f"{planned.name}-{key}", router_id=self.router.id, subnet_id=segments[key].subnet.id, opts=inside
            )
            for key in planned.segments
        }
        joins = [
            networking.RouterInterface(
                f"{planned.name}-link-{index}", router_id=self.router.id, port_id=port.id, opts=inside
            )
            for index, port in enumerate(links)
        ]
        if planned.routes:
            networking.RouterRoutesV2(
                planned.name,
                router_id=self.router.id,
                routes=[
                    {"destination_cidr": str(route.destination), "next_hop": str(route.next_hop)}
                    for route in planned.routes
                ],
                opts=pulumi.ResourceOptions(parent=self, depends_on=joins),
            )
        self.register_outputs({"router": self.router.id})
