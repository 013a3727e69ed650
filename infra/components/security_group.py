"""What the members of a group may do in either direction; everything else is refused."""

from collections.abc import Mapping

import pulumi
from pulumi_openstack import networking

from infra.components.sharing import Shared
from infra.plan.base import of_family
from infra.plan.plan import PlannedRule, PlannedSecurityGroup


class SecurityGroup(pulumi.ComponentResource):
    """Starts empty, without the rules that Neutron adds by itself; `permit` adds the planned ones.

    Rules come in a second step because groups name each other.
    """

    def __init__(
        self, planned: PlannedSecurityGroup, project: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ganyun:infra:SecurityGroup", planned.name, None, opts)
        self.planned = planned
        self._project = project
        self.group = networking.SecGroup(
            planned.name,
            name=planned.name,
            tenant_id=project,
            delete_default_rules=True,
            tags=planned.labels.tags(),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def permit(self, groups: Shared, addresses: Mapping[str, pulumi.Input[str]]) -> None:
        """Add the rules; the ids are those of all groups and address groups that they may name."""
        for rule in self.planned.rules:
            self._rule(rule, groups, addresses)
        self.register_outputs({"group": self.group.id})

    def _rule(self, rule: PlannedRule, groups: Shared, addresses: Mapping[str, pulumi.Input[str]]) -> None:
        networking.SecGroupRule(
            of_family(f"{self.planned.name}-{rule.direction}-{rule.name}", rule.version),
            security_group_id=self.group.id,
            tenant_id=self._project,
            direction=rule.direction,
            ethertype=f"IPv{rule.version}",
            protocol="ipv6-icmp" if (rule.protocol, rule.version) == ("icmp", 6) else rule.protocol,
            port_range_min=rule.port,
            port_range_max=rule.port,
            remote_group_id=groups.known_in(self.planned.project, rule.remote_group) if rule.remote_group else None,
            remote_address_group_id=addresses[rule.remote_address_group] if rule.remote_address_group else None,
            remote_ip_prefix=str(rule.remote_block) if rule.remote_block else None,
            description=rule.why,
            opts=pulumi.ResourceOptions(parent=self),
        )
