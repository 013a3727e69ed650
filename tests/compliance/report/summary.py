"""The report in a few lines for the terminal."""

from __future__ import annotations

from tests.compliance.report.changes import Change
from tests.compliance.report.model import Report
from tests.compliance.verdicts import CHINESE


def summary(report: Report) -> list[str]:
    """Who was silent, each host's verdicts, the total, and what changed."""
    lines = [f"不可达，全部未评估 UNREACHABLE: {one.name}: {one.unreachable}" for one in report.unreachable]
    lines += [f"未在此平台验证 not proved on this platform: {h.name}: {h.unproved}" for h in report.hosts if h.unproved]
    for host in report.hosts:
        counts = "  ".join(f"{CHINESE[verdict]} {count}" for verdict, count in host.counts.items())
        lines.append(f"{host.name:<12} 第{'二' if host.level == 2 else '三'}级  {counts}")
    lines.append("合计 total: " + "  ".join(f"{CHINESE[v]} {v} {count}" for v, count in report.counts.items()))
    return [*lines, *map(told, report.changes)]


def told(change: Change) -> str:
    """One change in one line."""
    way = "变差 worse" if change.worse else "变好 better"
    words = f"{CHINESE[change.before]} {change.before} → {CHINESE[change.after]} {change.after}"
    return f"{way}: {change.host} {change.item}: {words}"
