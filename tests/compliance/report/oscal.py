"""The report as OSCAL assessment results (NIST), for tools of compliance management.

OSCAL knows only "satisfied" and "not-satisfied". An item that was not evaluated, or does not apply, is an observation
without a finding; one that is waived is not satisfied, and says by whom it was waived.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid5

from tests.compliance.catalogue import Control
from tests.compliance.report.model import HostReport, Report
from tests.compliance.verdicts import CHINESE, ItemResult, Verdict

OSCAL = "1.2.1"
# A random number that makes this project's identifiers its own; the same audit always gets the same ones.
SPACE = UUID("6f0c3c1e-7d2b-4b6a-9a53-0f6d7c3b1e58")
NAMESPACE = "https://ganyun.example/ns/oscal"
STATES = {
    Verdict.PASS: ("satisfied", "pass"),
    Verdict.PARTIAL: ("not-satisfied", "fail"),
    Verdict.FAIL: ("not-satisfied", "fail"),
    Verdict.WAIVED: ("not-satisfied", "other"),
}


def oscal(report: Report) -> str:
    """The whole document."""
    results = [_result(report)]
    plan = _id(report, "plan")
    document = {
        "assessment-results": {
            "uuid": _id(report, "document"),
            "metadata": {
                "title": "网络安全等级保护符合性检查 Compliance audit of classified protection",
                "last-modified": report.ended.isoformat(),
                "version": report.ended.strftime("%Y%m%dT%H%M%SZ"),
                "oscal-version": OSCAL,
            },
            "import-ap": {"href": f"#{plan}"},
            "results": results,
            "back-matter": {
                "resources": [
                    {"uuid": plan, "title": report.evaluation, "description": f"{report.standard}; {report.evaluation}"}
                ]
            },
        }
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _result(report: Report) -> dict[str, Any]:
    judged = [(host, item) for host in report.hosts for item in host.items]
    result: dict[str, Any] = {
        "uuid": _id(report, "result"),
        "title": report.evaluation,
        "description": "只读检查的自动记录 Automatic record of a read-only audit",
        "start": report.started.isoformat(),
        "end": report.ended.isoformat(),
        "local-definitions": {"inventory-items": [_inventory(report, host) for host in report.hosts]},
        "reviewed-controls": {
            "control-selections": [{"include-controls": [{"control-id": _control(one)} for one in report.controls]}]
        },
    }
    if judged:
        result["observations"] = [_observation(report, host, item) for host, item in judged]
    if findings := [_finding(report, host, item) for host, item in judged if item.verdict in STATES]:
        result["findings"] = findings
    return result


def _inventory(report: Report, host: HostReport) -> dict[str, Any]:
    facts = {"name": host.name, "level": str(host.level), "zone": host.zone, "system": host.system, "owner": host.owner}
    remarks = [f"不可达 unreachable: {host.unreachable}"] * bool(host.unreachable)
    remarks += [f"未在此平台验证 not proved on this platform: {host.unproved}"] * bool(host.unproved)
    return {
        "uuid": _id(report, host.name),
        "description": f"{host.system} {host.name}",
        "props": [_prop(name, value) for name, value in facts.items() if value.strip()],
        **({"remarks": "\n".join(remarks)} if remarks else {}),
    }


def _observation(report: Report, host: HostReport, item: ItemResult) -> dict[str, Any]:
    told = [f"{CHINESE[f.verdict]} {f.title}: {f.detail}" for f in item.findings]
    evidence = [
        {"href": "report.json", "description": f"{one.read_at.isoformat()} exit {one.exit_status}: {one.command}"}
        for one in item.evidence
    ]
    return {
        "uuid": _id(report, host.name, item.id, "observation"),
        "title": f"{host.name} {item.id}",
        "description": "\n".join(told) or "没有取得证据 no evidence",
        "props": [_prop("verdict", str(item.verdict))],
        "methods": ["TEST"],
        "types": ["control-objective"],
        "subjects": [{"subject-uuid": _id(report, host.name), "type": "inventory-item"}],
        "collected": max([host.started, *(one.read_at for one in item.evidence)]).isoformat(),
        **({"relevant-evidence": evidence} if evidence else {}),
    }


def _finding(report: Report, host: HostReport, item: ItemResult) -> dict[str, Any]:
    control = report.by_id[item.id]
    state, reason = STATES[item.verdict]
    waivers = {f"{f.waiver.owner}: {f.waiver.reason} → {f.waiver.expires}" for f in item.findings if f.waiver}
    remarks = [*sorted(waivers), *([control.mend] if state == "not-satisfied" and control.mend else [])]
    return {
        "uuid": _id(report, host.name, item.id, "finding"),
        "title": f"{host.name} {control.number(host.level)} {control.title}",
        "description": control.requirement,
        "props": [_prop("verdict", str(item.verdict)), *([_prop("risk", "high")] if control.high_risk else [])],
        "target": {
            "type": "objective-id",
            "target-id": _control(control),
            "status": {"state": state, "reason": reason},
        },
        "related-observations": [{"observation-uuid": _id(report, host.name, item.id, "observation")}],
        **({"remarks": "\n".join(remarks)} if remarks else {}),
    }


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": NAMESPACE, "value": value}


def _control(control: Control) -> str:
    """An identifier of OSCAL begins with a letter."""
    return f"gbt22239-{control.id}"


def _id(report: Report, *names: str) -> str:
    return str(uuid5(SPACE, "/".join((report.started.isoformat(), *names))))
