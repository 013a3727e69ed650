"""What a check works with: the item, the host, what was read there, and the findings that it makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.compliance.catalogue import Control
from tests.compliance.probes import HostEvidence, Probe
from tests.compliance.scope import HostScope
from tests.compliance.verdicts import Evidence, Finding, Verdict

CONTAINER_REASON = "容器实例与宿主共用内核，无法在此评估 (a container shares its host's kernel)"
EXCERPT = 3000


class UnreadableError(Exception):
    """Something that a check needs could not be read."""


@dataclass
class Audit:
    """One item on one host."""

    control: Control
    host: HostScope
    answers: HostEvidence
    evidence: list[Evidence] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Whom the findings are about."""
        return self.host.name

    @property
    def names(self) -> frozenset[str]:
        """Names by which a waiver may speak of it."""
        return self.host.names

    def read(self, probe: Probe) -> Evidence:
        """What the host answered to this probe."""
        if self.answers.unreachable:
            raise UnreadableError(f"主机不可达 (unreachable): {self.answers.unreachable}")
        reading = self.answers.readings[probe.on(self.host)]
        if reading.exit_status in (124, 127):
            raise UnreadableError(f"{reading.command}: {reading.output.strip()}")
        return reading

    def text(self, probe: Probe) -> str:
        """The answer's text alone."""
        return self.read(probe).output

    def limit(self, name: str) -> int:
        """The bound of this item for the host's level."""
        return self.control.limit(name, self.host.level)

    def judge(self, point: str, title: str, passed: bool, detail: str, *probes: Probe) -> None:
        """Record a point that the evidence decides."""
        self._add(point, title, Verdict.PASS if passed else Verdict.FAIL, detail, probes)

    def refuse(self, point: str, title: str, offenders: Iterable[str], *probes: Probe) -> None:
        """Record a point that holds when there is no offender; the first ones are named."""
        found = list(offenders)
        named = "、".join(found[:8]) + ("……" if len(found) > 8 else "")
        self.judge(point, title, not found, f"发现 {len(found)} 项：{named}" if found else "未发现问题", *probes)

    def leave_open(self, point: str, title: str, reason: str, *probes: Probe) -> None:
        """Record a point that cannot be evaluated here, and why."""
        self._add(point, title, Verdict.NOT_EVALUATED, reason, probes)

    def not_applicable(self, point: str, title: str, reason: str, *probes: Probe) -> None:
        """Record a point that asks for nothing here, why, and what shows it."""
        self._add(point, title, Verdict.NOT_APPLICABLE, reason, probes)

    def _add(self, point: str, title: str, verdict: Verdict, detail: str, probes: tuple[Probe, ...]) -> None:
        numbers = tuple(self._number(excerpt(self.read(probe))) for probe in probes)
        self.findings.append(Finding(point=point, title=title, verdict=verdict, detail=detail, evidence=numbers))

    def _number(self, reading: Evidence) -> int:
        """Keep a piece of evidence once, however many points rest on it."""
        if reading not in self.evidence:
            self.evidence.append(reading)
        return self.evidence.index(reading)


def excerpt(reading: Evidence) -> Evidence:
    """Evidence short enough to keep; what was cut is counted."""
    output = reading.output.rstrip()
    if len(output) <= EXCERPT:
        return reading.model_copy(update={"output": output})
    cut = len(output) - EXCERPT
    return reading.model_copy(update={"output": f"{output[:EXCERPT]}\n……（其余 {cut} 字符从略）"})
