"""What a stack makes for one below it: a domain with its projects and quotas, who runs it, and its way up."""

import pulumi
from pulumi_openstack import networking

from infra.components.manager import Manager
from infra.components.pool import Pool
from infra.components.tenancy import Tenancy
from infra.components.transit import Transit
from infra.plan.plan import Plan, PlannedTenancy
from infra.preflight import Cloud
from infra.rooms import Rooms


class Below(pulumi.ComponentResource):
    """The room of one stack below.

    Its router at the link is made here, because the link is not to be seen below: the stack below lays its own networks
    behind that router, and every subnet comes from the pool, or it is not routed.
    """

    def __init__(self, planned: PlannedTenancy, plan: Plan, rooms: Rooms, cloud: Cloud) -> None:
        link = next(one.link for one in plan.downlinks if one.stack == planned.stack)
        super().__init__("ganyun:infra:Below", planned.stack, None, rooms.options[link.project])
        inside = pulumi.ResourceOptions(parent=self)
        self.planned = planned
        self.tenancy = Tenancy(planned.domain, cloud, builds=False, opts=inside)
        projects = self.tenancy.projects
        self.manager = Manager(planned.stack, self.tenancy.domain, cloud, inside)
        self.pool = Pool(planned.stack, planned.pool, scopes=rooms.scopes, projects=projects, opts=inside)
        self.ends = Transit(link, rooms.projects[link.project], rooms.pools, inside).ports
        self.router = networking.Router(
            f"{planned.stack}-{planned.router}",
            name=planned.router,
            tenant_id=projects[planned.owner],
            admin_state_up=True,
            tags=planned.labels.tags(),
            opts=inside,
        )
        networking.RouterInterface(
            f"{planned.stack}-{planned.router}-uplink",
            router_id=self.router.id,
            port_id=self.ends["below"].id,
            opts=inside,
        )
        self.register_outputs({})
