"""What a check of a host works with: the item, the host, and what was read there."""

from __future__ import annotations

from dataclasses import dataclass

from tests.compliance.judge import Judge, UnreadableError
from tests.compliance.probes import HostEvidence, Probe
from tests.compliance.scope import HostScope
from tests.compliance.verdicts import Evidence

CONTAINER_REASON = "容器实例与宿主共用内核，无法在此评估 (a container shares its host's kernel)"


@dataclass
class Audit(Judge[Probe]):
    """One item on one host."""

    host: HostScope
    answers: HostEvidence

    @property
    def name(self) -> str:
        """The host's."""
        return self.host.name

    @property
    def names(self) -> frozenset[str]:
        """The host's own and its groups'."""
        return self.host.names

    def read(self, source: Probe) -> Evidence:
        """What the host answered to this probe."""
        if self.answers.unreachable:
            raise UnreadableError(f"主机不可达 (unreachable): {self.answers.unreachable}")
        reading = self.answers.readings[source.on(self.host)]
        if reading.exit_status in (124, 127):
            raise UnreadableError(f"{reading.command}: {reading.output.strip()}")
        return reading

    def text(self, probe: Probe) -> str:
        """The answer's text alone."""
        return self.read(probe).output

    def limit(self, name: str) -> int:
        """The bound of this item for the host's level."""
        return self.control.limit(name, self.host.level)
