"""What one audit found: the canonical record that every form of the report is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from pathlib import Path

from infra.plan.waivers import Waiver
from tests.compliance.catalogue import Catalogue, Control, Frozen, Level
from tests.compliance.distributions import unproved
from tests.compliance.probes import HostEvidence
from tests.compliance.report.changes import NOTHING, Change, Earlier, changes
from tests.compliance.scope import PLATFORM, Scope
from tests.compliance.verdicts import FAILED, WORST_FIRST, ItemResult, Verdict, together

RECORD = "report.json"


class HostReport(Frozen):
    """All verdicts on one host, or on the platform below them."""

    name: str
    level: Level
    zone: str
    system: str
    owner: str
    site: str
    started: datetime
    ended: datetime
    unreachable: str
    # Its distribution, where nobody has proved these checks there.
    unproved: str = ""
    items: tuple[ItemResult, ...]

    def verdict(self, item: str) -> Verdict | None:
        """The verdict on one item; none where the host's level does not have it."""
        return next((result.verdict for result in self.items if result.id == item), None)

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many items came out how."""
        return count(result.verdict for result in self.items)


class SystemItem(Frozen):
    """One item of a system: the verdict over all its hosts, or why there is none."""

    control: Control
    verdict: Verdict
    results: tuple[ItemResult, ...]


class SystemReport(Frozen):
    """One system under protection (定级对象), item by item in the order of the standard."""

    name: str
    level: Level
    owner: str
    hosts: tuple[HostReport, ...]
    items: tuple[SystemItem, ...]

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many items came out how."""
        return count(item.verdict for item in self.items)


class Report(Frozen):
    """One audit."""

    standard: str
    evaluation: str
    started: datetime
    ended: datetime
    hosts: tuple[HostReport, ...]
    controls: tuple[Control, ...]
    waivers: tuple[Waiver, ...]
    previous: datetime | None = None
    changes: tuple[Change, ...] = ()

    @property
    def platform(self) -> HostReport | None:
        """What was found on the cloud below the hosts, where it was audited."""
        return next((host for host in self.hosts if host.name == PLATFORM), None)

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many items came out how, over all hosts."""
        return count(result.verdict for host in self.hosts for result in host.items)

    @property
    def unreachable(self) -> tuple[HostReport, ...]:
        """Hosts about which this audit knows nothing."""
        return tuple(host for host in self.hosts if host.unreachable)

    @cached_property
    def by_id(self) -> dict[str, Control]:
        """The items of the levels at hand, by their number."""
        return {control.id: control for control in self.controls}

    @cached_property
    def items(self) -> tuple[Control, ...]:
        """Items that were judged on at least one host, in the order of the standard."""
        judged = {result.id for host in self.hosts for result in host.items}
        return tuple(control for control in self.controls if control.id in judged)

    @cached_property
    def unchecked(self) -> tuple[Control, ...]:
        """Items of the levels at hand that nothing here judged."""
        return tuple(control for control in self.controls if control not in self.items)

    @cached_property
    def failures(self) -> tuple[tuple[Control, ItemResult, HostReport], ...]:
        """Items that failed wholly or in part: those of high risk first, then the wholly failed ones."""
        order = {control.id: number for number, control in enumerate(self.controls)}
        found = [
            (self.by_id[result.id], result, host)
            for host in self.hosts
            for result in host.items
            if result.verdict in FAILED
        ]
        found.sort(
            key=lambda one: (not one[0].high_risk, WORST_FIRST.index(one[1].verdict), order[one[0].id], one[2].name)
        )
        return tuple(found)

    @cached_property
    def systems(self) -> tuple[SystemReport, ...]:
        """Every system with all items of its level; what the platform does for all of them counts for each."""
        names = dict.fromkeys((host.system, host.level) for host in self.hosts)
        return tuple(self._system(name, level) for name, level in names)

    def _system(self, name: str, level: Level) -> SystemReport:
        own = tuple(each for each in self.hosts if (each.system, each.level) == (name, level))
        shared = (self.platform,) if self.platform and self.platform not in own else ()
        items = []
        for control in self.controls:
            if level in control.levels:
                results = [r for each in own for r in each.items if r.id == control.id]
                results = results or [r for each in shared for r in each.items if r.id == control.id]
                verdict = together(tuple(result.verdict for result in results))
                items.append(SystemItem(control=control, verdict=verdict, results=tuple(results)))
        return SystemReport(name=name, level=level, owner=own[0].owner, hosts=own, items=tuple(items))


def count(verdicts: Iterable[Verdict]) -> dict[Verdict, int]:
    """Every verdict with its number, also those that did not occur."""
    found = Counter(verdicts)
    return {verdict: found[verdict] for verdict in Verdict}


def build_report(
    catalogue: Catalogue,
    scope: Scope,
    waivers: tuple[Waiver, ...],
    answers: dict[str, HostEvidence],
    results: list[ItemResult],
    *,
    platform: HostReport | None = None,
    earlier: Earlier = NOTHING,
) -> Report:
    """Put together the whole audit, and what it found changed since the earlier ones."""
    order = {control.id: number for number, control in enumerate(catalogue.controls)}
    results = sorted(results, key=lambda result: order[result.id])

    def of(name: str) -> tuple[ItemResult, ...]:
        return tuple(result for result in results if result.host == name)

    hosts = [
        HostReport(
            **host.model_dump(include={"name", "level", "zone", "system", "owner", "site"}),
            started=answers[host.name].started,
            ended=answers[host.name].ended,
            unreachable=answers[host.name].unreachable,
            unproved=unproved(answers[host.name]),
            items=of(host.name),
        )
        for host in scope.hosts
    ]
    if platform:
        hosts.append(platform.model_copy(update={"items": of(platform.name)}))
    levels = {host.level for host in hosts}
    now = {host.name: {result.id: result.verdict for result in host.items} for host in hosts}
    return Report(
        standard=catalogue.standard,
        evaluation=catalogue.evaluation,
        started=min(host.started for host in hosts),
        ended=max(host.ended for host in hosts),
        hosts=tuple(hosts),
        controls=tuple(control for control in catalogue.controls if levels & set(control.levels)),
        waivers=waivers,
        previous=earlier.at,
        changes=changes(earlier, now),
    )


def load_report(folder: Path) -> Report:
    """Read the record of one audit."""
    return Report.model_validate_json((folder / RECORD).read_text(encoding="utf-8"))
