"""One small audit: a host with a failure and a host that is silent, full of what a hostile host might answer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from infra.plan.waivers import Waiver
from tests.compliance.catalogue import load_catalogue
from tests.compliance.probes import HostEvidence
from tests.compliance.report import HostReport, Report, build_report
from tests.compliance.report.changes import Earlier
from tests.compliance.scope import HostScope, Scope
from tests.compliance.verdicts import Evidence, Finding, ItemResult, Verdict, judge_item

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\x00\x1b[31m"
FORMULA = "=HYPERLINK(1)"
HOST = HostScope.model_validate(
    {
        "name": "db-1",
        "groups": ["database"],
        "level": "3",
        "zone": "dedicated",
        "system": "approval [1/2]",
        "owner": "o",
        "site": "primary",
        "automation": "robot",
        "administrators": ["sysadm"],
        "service_shells": [],
        "terminals": ["10.0.0.9/32"],
        "flows_in": [],
        "flows_out": [],
    }
)
SILENT = HOST.model_copy(update={"name": "db-2"})
WAIVER = Waiver(
    item="8.1.4.2-d",
    point="automation-sudo",
    hosts=("database",),
    owner="o",
    reason="r",
    compensation="c",
    expires=date(2026, 6, 30),
)


def result(host: str, item: str, *verdicts: Verdict, detail: str = "d") -> ItemResult:
    evidence = (Evidence(command="cat /etc/motd", output=HOSTILE, exit_status=0, read_at=NOW),)
    findings = tuple(
        Finding(
            point=f"p{number}",
            title="t",
            verdict=verdict,
            detail=detail,
            evidence=(0,),
            waiver=WAIVER if verdict is Verdict.WAIVED else None,
        )
        for number, verdict in enumerate(verdicts)
    )
    return judge_item(host, item, evidence, findings)


RESULTS = [
    result("db-1", "8.1.4.10-a", Verdict.PASS),
    result("db-1", "8.1.4.2-d", Verdict.WAIVED),
    result("db-1", "8.1.4.2-c", Verdict.FAIL, detail=FORMULA),
    result("db-1", "8.1.4.1-b", Verdict.NOT_APPLICABLE),
    result("db-1", "8.1.4.1-a", Verdict.PASS, Verdict.FAIL, detail=HOSTILE),
    judge_item(
        "db-2", "8.1.4.1-a", (), (Finding(point="x", title="t", verdict=Verdict.NOT_EVALUATED, detail="no route"),)
    ),
    result("platform", "8.2.4.1", Verdict.PASS),
]


def made(results: list[ItemResult] = RESULTS, earlier: Earlier | None = None) -> Report:
    answers = {"db-1": HostEvidence(NOW, NOW), "db-2": HostEvidence(NOW, NOW, unreachable="<no route>")}
    facts = {"zone": "-", "system": "cloud", "owner": "c", "site": "-", "unreachable": "", "items": ()}
    platform = HostReport(name="platform", level=3, started=NOW, ended=NOW, **facts)
    scope = Scope(hosts=(HOST, SILENT))
    before = earlier or Earlier()
    return build_report(load_catalogue(), scope, (WAIVER,), answers, results, platform=platform, earlier=before)


@pytest.fixture(scope="session")
def report() -> Report:
    return made()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "compliance" / "20260501T080000Z"
    path.mkdir(parents=True)
    return path
