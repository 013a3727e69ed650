"""The platform of one audit: what it is judged by, item by item, and how it stands in the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infra.plan.plan import Plan
from infra.plan.world import World
from tests.compliance.catalogue import Control, Level
from tests.compliance.platform.snapshot import Snapshot
from tests.compliance.platform.subject import PlatformAudit
from tests.compliance.probes import HostEvidence
from tests.compliance.report import HostReport
from tests.compliance.scope import PLATFORM, Scope


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

    @property
    def report(self) -> HostReport:
        """It in the shape of a host, before any verdict."""
        return HostReport(
            name=PLATFORM,
            level=self.level,
            zone="-",
            system=self.plan.stack.title,
            owner=self.plan.stack.cloud,
            site="-",
            started=self.cloud.started,
            ended=self.cloud.ended,
            unreachable=self.cloud.unreachable,
            items=(),
        )
