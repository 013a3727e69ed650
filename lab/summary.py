"""The end of `make up`: what is there now, how to reach it, what was measured, what to try next."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console

from infra.contract import Contract, ContractError
from infra.state import StateError, outputs
from lab import steps
from lab.paths import STACK, Paths

MET = "达标"  # the verdict of disaster_recovery/report.py
NEXT = (
    ("改一处硬化项再审计 harden and audit", "ansible-playbook playbooks/audit.yml"),
    ("发布网站 publish a site", "ansible-playbook playbooks/publish.yml"),
    ("再做一次恢复演练 drill again", "ansible-playbook playbooks/drill.yml -e system=approval"),
    ("看云上资源 look at the cloud", "openstack server list --all-projects"),
    ("端到端测试 end-to-end tests", "make test"),
    ("全部拆除 remove everything", "make down"),
)


def promised() -> Contract | None:
    """The stack's outputs; None while there are none."""
    try:
        return outputs(STACK)
    except (ContractError, StateError):
        return None


def report(paths: Paths, kind: str) -> dict[str, Any] | None:
    """The latest report of a kind, as its JSON."""
    file = paths.reports / kind / "latest" / "report.json"
    if not file.exists():
        return None
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def born(paths: Paths) -> float:
    """When this lab's first secret was made."""
    passphrase = paths.secrets / "pulumi-passphrase"
    return passphrase.stat().st_mtime if passphrase.exists() else 0.0


def drilled(paths: Paths) -> bool:
    """Was this lab's department restored in a drill, with equal data and in time?"""
    found = (json.loads(file.read_text(encoding="utf-8")) for file in paths.reports.glob("drill/*/report.json"))
    return any(drill["verdict"] == MET and drill["began_at"] > born(paths) for drill in found)


def drill(paths: Paths) -> list[tuple[str, str]]:
    """The latest restore drill: measured against promised, and where to read it."""
    latest = report(paths, "drill")
    if latest is None:
        return []
    measured, promised = latest["values"].get("measurement"), latest["facts"]["objective"]
    figures = [
        f"{name.upper()} {measured[f'{name}_seconds']:.1f} s (目标 objective {promised[f'{name}_seconds']:g} s)"
        for name in ("rpo", "rto")
        if measured
    ]
    title = ", ".join([f"恢复演练 drill: {latest['verdict']}", *figures])
    return [(title, str(paths.reports / "drill" / "latest" / "report.html"))]


def reach(contract: Contract, paths: Paths) -> list[tuple[str, str]]:
    """How to see the sites and to log in."""
    authority, address = paths.secrets / "tls" / "ca.pem", contract.site_address
    sites = [
        (site.title, f"curl --cacert {authority} --resolve {site.host}:443:{address} https://{site.host}/")
        for site in contract.sites
    ]
    login = f"ssh -F {paths.state / 'ssh_config'} {next(iter(contract.hosts))}"
    return [*sites, (f"登录 log in: {' '.join(contract.hosts)}", login)]


def compliance(paths: Paths) -> list[tuple[str, str]]:
    """The latest audit: verdicts over all hosts, and where to read them."""
    latest = report(paths, "compliance")
    if latest is None:
        return []
    counts = Counter(item["verdict"] for host in latest["hosts"] for item in host["items"])
    verdicts = ", ".join(f"{verdict} {number}" for verdict, number in sorted(counts.items()))
    return [(f"合规 compliance: {verdicts}", str(paths.reports / "compliance" / "latest" / "report.html"))]


def show(paths: Paths, console: Console) -> None:
    """Print it."""

    def section(title: str, rows: Sequence[tuple[str, str]]) -> None:
        if rows:
            console.print(f"\n{title}", style="bold")
        for left, right in rows:
            console.print(f"  {left}\n      {right}", markup=False, soft_wrap=True)

    contract = promised()
    if contract:
        section("访问 reach", reach(contract, paths))
    section("报告 reports", [*compliance(paths), *drill(paths)])
    section("接下来 next: source ./activate", NEXT)
    if done := steps.recorded(paths.step_times):
        console.print("\n用时 times", style="bold")
        for step in done:
            mark = "✓" if step.code == 0 else "✗"
            console.print(f"  {mark} {step.position:>5}  {steps.clock(step.seconds):>6}  {step.title}", markup=False)
        console.print(f"    {'':>5}  {steps.clock(sum(step.seconds for step in done)):>6}  合计 total")
