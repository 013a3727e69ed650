"""Hosts of other stacks under one name: one rule serves them all, and a host more costs no rule."""

import pulumi
from pulumi_openstack import networking

from infra.plan.plan import PlannedAddressGroup


class AddressGroup(pulumi.ComponentResource):
    """A list of blocks that rules name."""

    def __init__(
        self, planned: PlannedAddressGroup, project: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ganyun:infra:AddressGroup", planned.name, None, opts)
        group = networking.AddressGroupV2(
            planned.name,
            name=planned.name,
            project_id=project,
            addresses=[str(block) for block in planned.blocks],
            description=", ".join(planned.labels.tags()),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = group.id
        self.register_outputs({"group": self.id})
