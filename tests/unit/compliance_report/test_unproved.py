"""A verdict from a distribution on which nobody has proved the checks says so, in every form that names the host."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.compliance.catalogue import load_catalogue
from tests.compliance.distributions import DISTRIBUTION
from tests.compliance.probes import HostEvidence
from tests.compliance.report.html import render
from tests.compliance.report.model import Report, build_report
from tests.compliance.report.oscal import oscal
from tests.compliance.report.summary import summary
from tests.compliance.report.workbook import workbook
from tests.compliance.scope import Scope
from tests.compliance.verdicts import Evidence, Verdict
from tests.unit.compliance_report.conftest import HOST, result

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)


def audited(distribution: str) -> Report:
    reading = Evidence(command=DISTRIBUTION.command, exit_status=0, output=f"{distribution}\n", read_at=NOW)
    answers = {HOST.name: HostEvidence(NOW, NOW, {DISTRIBUTION.command: reading})}
    return build_report(
        load_catalogue(), Scope(hosts=(HOST,)), (), answers, [result(HOST.name, "8.1.4.1-a", Verdict.PASS)]
    )


@pytest.mark.parametrize(("distribution", "told"), [("debian-12", False), ("kylin-V10", True), ("plan9-4", True)])
def test_an_unproved_distribution_is_named_beside_its_verdicts(distribution: str, told: bool) -> None:
    report = audited(distribution)
    assert report.hosts[0].unproved == (distribution if told else "")
    cells = {str(cell.value) for row in workbook(report)["总览"].iter_rows() for cell in row}
    forms = {
        "html": render(report),
        "summary": "\n".join(summary(report)),
        "workbook": "\n".join(cells),
        "oscal": oscal(report),
    }
    assert {form for form, text in forms.items() if "未在此平台验证" in text} == (set(forms) if told else set())
