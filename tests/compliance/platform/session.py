"""The platform of one audit: looked at once, beside the hosts; without a plan or a cloud it says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infra.plan.build import build_plan
from infra.plan.commands import FACTS
from infra.plan.load import load
from infra.plan.plan import Plan
from infra.plan.world import World
from tests.compliance.catalogue import Control, Level
from tests.compliance.platform.gather import look
from tests.compliance.platform.snapshot import Snapshot
from tests.compliance.platform.subject import NAME, PlatformAudit
from tests.compliance.probes import HostEvidence
from tests.compliance.report import HostReport
from tests.compliance.scope import Scope
from tests.compliance.verdicts import ItemResult


@dataclass(frozen=True)
class Platform:
    """A stack's plan, and its cloud as it was seen."""

    world: World
    plan: Plan
    cloud: Snapshot

    @property
    def level(self) -> Level:
        """It must protect its most protected system."""
        return max(system.protection_level for system in self.plan.systems)

    def audit(self, control: Control, scope: Scope, answers: Mapping[str, HostEvidence]) -> PlatformAudit:
        """One item on it."""
        hosts = {host.name: host for host in scope.hosts}
        return PlatformAudit(control, self.level, self.cloud, self.plan, self.world, hosts, answers)

    def report(self, results: list[ItemResult]) -> HostReport:
        """All verdicts on it, in the shape of a host's."""
        return HostReport(
            name=NAME,
            level=self.level,
            zone="-",
            system=self.plan.stack.title,
            owner=self.plan.stack.cloud,
            site="-",
            started=self.cloud.started,
            ended=self.cloud.ended,
            unreachable=self.cloud.unreachable,
            items=tuple(sorted((one for one in results if one.host == NAME), key=lambda one: one.id)),
        )


def see(stack: str) -> Platform:
    """Plan the stack and look at its cloud; FactsError when the facts don't plan."""
    world = load(FACTS)
    plan = build_plan(world, stack)
    return Platform(world, plan, look(plan))
