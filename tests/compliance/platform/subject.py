"""What a check of the platform works with: the item, the snapshot, the plan, and what hosts answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from infra.plan.exemptions import Exemption
from infra.plan.plan import Plan, PlannedHostGroup
from infra.plan.waivers import Waiver
from infra.plan.world import World
from tests.compliance.catalogue import Level
from tests.compliance.judge import Judge, UnreadableError
from tests.compliance.platform.snapshot import Snapshot
from tests.compliance.platform.territory import Territory
from tests.compliance.probes import HostEvidence, Probe
from tests.compliance.scope import PLATFORM, HostScope
from tests.compliance.verdicts import Evidence, Finding, Verdict

Source = str | Evidence
Look = Callable[[HostScope, str], tuple[bool, str]]
Which = Callable[[PlannedHostGroup], bool]


@dataclass
class PlatformAudit(Judge[Source]):
    """One item on the cloud of one stack."""

    level: Level
    cloud: Snapshot
    plan: Plan
    world: World
    scope: Mapping[str, HostScope] = field(default_factory=dict)
    answers: Mapping[str, HostEvidence] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The one word for all of it."""
        return PLATFORM

    @property
    def names(self) -> frozenset[str]:
        """That word alone: `all` means hosts."""
        return frozenset({PLATFORM})

    @cached_property
    def territory(self) -> Territory:
        """The plan held against the snapshot; who can't see whose each project is can't judge anything of it."""
        self.read("domains")
        self.read("projects")
        return Territory(self.plan, self.cloud)

    def exempt(self, point: str, title: str, entry: Exemption) -> None:
        """Record a point that the register of exemptions lets pass for a time."""
        told = entry.model_dump(include={"owner", "reason", "compensation", "expires"})
        waiver = Waiver(item=self.control.id, point=point, hosts=(PLATFORM,), **told)
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

    def hosts(self, which: Which = lambda _: True) -> list[str]:
        """Names of the planned hosts, of all or of some groups."""
        return [host.name for group in self.plan.host_groups if which(group) for host in group.hosts]

    def on_hosts(self, point: str, title: str, probe: Probe, look: Look, which: Which = lambda _: True) -> None:
        """Judge one thing on each planned host; the telling part of each answer is the evidence.

        A host that gave no answer leaves the point open, unless another one already fails it.
        """
        said, bad, silent = [], [], []
        for name in self.hosts(which):
            answer = self._answer(name, probe)
            if answer is None:
                silent.append(name)
                continue
            good, text = look(self.scope[name], answer)
            said.append(f"{name}: {text}")
            if not good:
                bad.append(f"{name}（{text}）")
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

    def read(self, source: Source) -> Evidence:
        """What a source of the snapshot gave, or what the plan or hosts said; without a cloud there is nothing."""
        if self.cloud.unreachable:
            raise UnreadableError(f"云平台不可达 the cloud can't be reached: {self.cloud.unreachable}")
        if isinstance(source, Evidence):
            return source
        if source in self.cloud.unread:
            raise UnreadableError(f"{source}: {self.cloud.unread[source]}")
        return self.cloud.readings[source]
