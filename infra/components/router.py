"""A router of the extranet; the one marked as exit holds the province's only external gateway."""

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_openstack import networking

from infra.plan.base import Version, of_family
from infra.plan.plan import PlannedRoute, PlannedRouter


class Router(pulumi.ComponentResource):
    """Joins its segments and links, and routes to the zones behind its neighbours.

    There is no default route inside: what isn't a planned zone is unreachable, and the exit translates no addresses but
    the floating ones, so nothing leaves that wasn't given a way out; over IPv6, which has no floating ones, nothing.
    The router at the link to the stack above is `existing`: that stack made it.
    """

    def __init__(
        self,
        planned: PlannedRouter,
        project: pulumi.Input[str],
        subnets: Mapping[str, Mapping[Version, pulumi.Input[str]]],
        *,
        existing: str | None,
        ports: Sequence[pulumi.Input[str]],
        crossings: Sequence[PlannedRoute],
        external_network: str | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ganyun:infra:Router", planned.name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        router: pulumi.Input[str] = (
            existing
            or networking.Router(
                planned.name,
                name=planned.name,
                tenant_id=project,
                admin_state_up=True,
                external_network_id=external_network if planned.exit else None,
                enable_snat=False if planned.exit else None,
                tags=planned.labels.tags(),
                opts=inside,
            ).id
        )
        self.interfaces: dict[str, list[pulumi.Resource]] = {
            key: [
                networking.RouterInterface(
                    of_family(f"{planned.name}-{key}", version), router_id=router, subnet_id=subnet, opts=inside
                )
                for version, subnet in families.items()
            ]
            for key, families in subnets.items()
        }
        joins = [
            networking.RouterInterface(f"{planned.name}-link-{index}", router_id=router, port_id=port, opts=inside)
            for index, port in enumerate(ports)
        ]
        if routes := [*planned.routes, *planned.routes6, *crossings]:
            networking.RouterRoutesV2(
                planned.name,
                router_id=router,
                routes=[
                    {"destination_cidr": str(route.destination), "next_hop": str(route.next_hop)} for route in routes
                ],
                opts=pulumi.ResourceOptions(parent=self, depends_on=joins),
            )
        self.register_outputs({"router": router})
