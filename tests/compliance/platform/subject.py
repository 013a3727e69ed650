"""What a platform check works with: item, snapshot, plan, what hosts answered, and the findings that it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from infra.plan.exemptions import Exemption
from infra.plan.plan import Plan, PlannedHostGroup
from infra.plan.waivers import Waiver
from infra.plan.world import World
from tests.compliance.audit import UnreadableError, excerpt
from tests.compliance.catalogue import Control, Level
from tests.compliance.platform.snapshot import Snapshot
from tests.compliance.platform.territory import Territory
from tests.compliance.probes import HostEvidence, Probe
from tests.compliance.scope import HostScope
from tests.compliance.verdicts import Evidence, Finding, Verdict

NAME = "platform"
Source = str | Evidence
Look = Callable[[HostScope, str], tuple[bool, str]]


@dataclass
class PlatformAudit:
    """One item on the cloud of one stack."""

    control: Control
    level: Level
    cloud: Snapshot
    plan: Plan
    world: World
    scope: Mapping[str, HostScope] = field(default_factory=dict)
    answers: Mapping[str, HostEvidence] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Whom the findings are about."""
        return NAME

    @property
    def names(self) -> frozenset[str]:
        """Names by which a waiver may speak of it; `all` means hosts."""
        return frozenset({NAME})

    @cached_property
    def territory(self) -> Territory:
        """The plan held against the snapshot; who can't see whose each project is can't judge anything of it."""
        self.reading("domains")
        self.reading("projects")
        return Territory(self.plan, self.cloud)

    def judge(self, point: str, title: str, passed: bool, detail: str, *sources: Source) -> None:
        """Record a point that the evidence decides."""
        self._add(point, title, Verdict.PASS if passed else Verdict.FAIL, detail, sources)

    def refuse(self, point: str, title: str, offenders: Iterable[str], *sources: Source) -> None:
        """Record a point that holds when there is no offender; the first ones are named."""
        found = list(dict.fromkeys(offenders))
        named = "、".join(found[:8]) + ("……" if len(found) > 8 else "")
        self.judge(point, title, not found, f"发现 {len(found)} 项：{named}" if found else "未发现问题", *sources)

    def leave_open(self, point: str, title: str, reason: str, *sources: Source) -> None:
        """Record a point that cannot be evaluated here, and why."""
        self._add(point, title, Verdict.NOT_EVALUATED, reason, sources)

    def not_applicable(self, point: str, title: str, reason: str, *sources: Source) -> None:
        """Record a point that asks for nothing here, why, and what shows it."""
        self._add(point, title, Verdict.NOT_APPLICABLE, reason, sources)

    def exempt(self, point: str, title: str, entry: Exemption) -> None:
        """Record a point that the register of exemptions lets pass for a time."""
        told = entry.model_dump(include={"owner", "reason", "compensation", "expires"})
        waiver = Waiver(item=self.control.id, point=point, hosts=(NAME,), **told)
        register = self.planned("stacks/exemptions.yaml", [entry.model_dump_json()])
        number = (self._number(register),)
        finding = Finding(
            point=point, title=title, verdict=Verdict.WAIVED, detail=entry.reason, evidence=number, waiver=waiver
        )
        self.findings.append(finding)

    def planned(self, what: str, lines: Iterable[object]) -> Evidence:
        """What the plan says, as evidence."""
        command = f"infra.plan: stack {self.plan.name}: {what}"
        return Evidence(command=command, output="\n".join(map(str, lines)), exit_status=0, read_at=self.cloud.started)

    def on_hosts(
        self, point: str, title: str, probe: Probe, look: Look, which: Callable[[PlannedHostGroup], bool] | None = None
    ) -> None:
        """Judge one thing on each planned host; the telling part of each answer is the evidence.

        A host that gave no answer leaves the point open, unless another one already fails it.
        """
        said, bad, silent = [], [], []
        for group in self.plan.host_groups:
            for host in group.hosts if which is None or which(group) else ():
                answer = self._answer(host.name, probe)
                if answer is None:
                    silent.append(host.name)
                    continue
                good, text = look(self.scope[host.name], answer)
                said.append(f"{host.name}: {text}")
                if not good:
                    bad.append(f"{host.name}（{text}）")
        reading = Evidence(
            command=f"{probe.command} · 逐台 on each host",
            output="\n".join(said),
            exit_status=0,
            read_at=self.cloud.started,
        )
        if bad:
            self.refuse(point, title, bad, reading)
        elif silent or not said:
            reason = f"主机未应答或不在本次范围 no answer from: {'、'.join(silent)}" if silent else "计划中没有此类主机"
            self.leave_open(point, title, reason)
        else:
            self.judge(point, title, True, f"{len(said)} 台主机均符合", reading)

    def _answer(self, host: str, probe: Probe) -> str | None:
        found = self.answers.get(host)
        if host not in self.scope or found is None or found.unreachable:
            return None
        reading = found.readings[probe.on(self.scope[host])]
        return None if reading.exit_status in (124, 127) else reading.output

    def reading(self, source: str) -> Evidence:
        """What a source of the snapshot gave; a source that could not be read ends the check."""
        self._reached()
        if source in self.cloud.unread:
            raise UnreadableError(f"{source}: {self.cloud.unread[source]}")
        return self.cloud.readings[source]

    def _reached(self) -> None:
        if self.cloud.unreachable:
            raise UnreadableError(f"云平台不可达 the cloud can't be reached: {self.cloud.unreachable}")

    def _add(self, point: str, title: str, verdict: Verdict, detail: str, sources: tuple[Source, ...]) -> None:
        self._reached()
        numbers = tuple(self._number(self.reading(one) if isinstance(one, str) else one) for one in sources)
        self.findings.append(Finding(point=point, title=title, verdict=verdict, detail=detail, evidence=numbers))

    def _number(self, reading: Evidence) -> int:
        short = excerpt(reading)
        if short not in self.evidence:
            self.evidence.append(short)
        return self.evidence.index(short)
