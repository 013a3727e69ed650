"""The audit's report: canonical JSON first, and the Chinese HTML that is derived from nothing else."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.plan.waivers import Waiver
from tests.compliance.catalogue import Catalogue, Control, Frozen, Level
from tests.compliance.probes import HostEvidence
from tests.compliance.scope import HostScope, Scope
from tests.compliance.verdicts import CHINESE, FAILED, WORST_FIRST, ItemResult, Verdict

TEMPLATE = "report.html.j2"
SYMBOLS = {
    Verdict.PASS: "✓",
    Verdict.PARTIAL: "◐",
    Verdict.FAIL: "✗",
    Verdict.WAIVED: "豁",
    Verdict.NOT_EVALUATED: "○",
    Verdict.NOT_APPLICABLE: "／",
}


class HostReport(Frozen):
    """All verdicts on one host."""

    name: str
    level: Level
    zone: str
    system: str
    owner: str
    site: str
    started: datetime
    ended: datetime
    unreachable: str
    items: tuple[ItemResult, ...]

    def verdict(self, item: str) -> Verdict | None:
        """The verdict on one item; none where the host's level does not have it."""
        return next((result.verdict for result in self.items if result.id == item), None)

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many items came out how."""
        found = Counter(result.verdict for result in self.items)
        return {verdict: found[verdict] for verdict in Verdict}


class Report(Frozen):
    """One audit."""

    standard: str
    evaluation: str
    started: datetime
    ended: datetime
    hosts: tuple[HostReport, ...]
    waivers: tuple[Waiver, ...]

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many items came out how, over all hosts."""
        return {verdict: sum(host.counts[verdict] for host in self.hosts) for verdict in Verdict}

    @property
    def unreachable(self) -> tuple[HostReport, ...]:
        """Hosts about which this audit knows nothing."""
        return tuple(host for host in self.hosts if host.unreachable)

    @property
    def items(self) -> tuple[str, ...]:
        """Items that were judged on at least one host."""
        return tuple(sorted({result.id for host in self.hosts for result in host.items}))


def host_report(host: HostScope, answers: HostEvidence, results: list[ItemResult]) -> HostReport:
    """Put together what was found on one host."""
    return HostReport(
        **host.model_dump(include={"name", "level", "zone", "system", "owner", "site"}),
        started=answers.started,
        ended=answers.ended,
        unreachable=answers.unreachable,
        items=tuple(sorted((r for r in results if r.host == host.name), key=lambda r: r.id)),
    )


def build_report(
    catalogue: Catalogue,
    scope: Scope,
    waivers: tuple[Waiver, ...],
    answers: dict[str, HostEvidence],
    results: list[ItemResult],
) -> Report:
    """Put together the whole audit."""
    return Report(
        standard=catalogue.standard,
        evaluation=catalogue.evaluation,
        started=min(answer.started for answer in answers.values()),
        ended=max(answer.ended for answer in answers.values()),
        hosts=tuple(host_report(host, answers[host.name], results) for host in scope.hosts),
        waivers=waivers,
    )


def failures(report: Report, catalogue: Catalogue) -> list[tuple[Control, ItemResult, HostReport]]:
    """Items that failed wholly or in part: those of high risk first, then the wholly failed ones."""

    def order(found: tuple[Control, ItemResult, HostReport]) -> tuple[bool, int, str, str]:
        control, result, host = found
        return not control.high_risk, WORST_FIRST.index(result.verdict), control.id, host.name

    found = [
        (catalogue.by_id[result.id], result, host)
        for host in report.hosts
        for result in host.items
        if result.verdict in FAILED
    ]
    return sorted(found, key=order)


def render(report: Report, catalogue: Catalogue) -> str:
    """The report as people read and print it."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(
        report=report,
        controls=catalogue.by_id,
        failures=failures(report, catalogue),
        Verdict=Verdict,
        failed=FAILED,
        chinese=CHINESE,
        symbols=SYMBOLS,
    )


def write_report(report: Report, catalogue: Catalogue, folder: Path) -> None:
    """Write both forms and point `latest` at them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(report.model_dump_json(indent=1), encoding="utf-8")
    (folder / "report.html").write_text(render(report, catalogue), encoding="utf-8")
    pointer = folder.with_name("latest.new")
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(folder.name)
    pointer.replace(folder.with_name("latest"))


def summary(report: Report) -> list[str]:
    """The report in a few lines for the terminal."""
    lines = [f"不可达，全部未评估 UNREACHABLE: {host.name}: {host.unreachable}" for host in report.unreachable]
    for host in report.hosts:
        counts = "  ".join(f"{CHINESE[verdict]} {count}" for verdict, count in host.counts.items())
        lines.append(f"{host.name:<12} 第{'二' if host.level == 2 else '三'}级  {counts}")
    return [*lines, "合计 total: " + "  ".join(f"{CHINESE[v]} {v} {count}" for v, count in report.counts.items())]
