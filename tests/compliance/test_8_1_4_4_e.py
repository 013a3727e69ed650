"""8.1.4.4-e 漏洞: known vulnerabilities are found by data that is young, and mended in time."""

from __future__ import annotations

import pytest

from tests.compliance.audit import Audit
from tests.compliance.probes import probe
from tests.compliance.updates import made, waiting
from tests.compliance.watches import RESULTS, judge_running

DATA = probe("grep -h '^Date: ' /var/lib/apt/lists/*Release")


@pytest.mark.control("8.1.4.4-e")
def test_known_vulnerabilities_are_found_and_mended_in_time(audit: Audit) -> None:
    watch = judge_running(audit, "vulnerabilities", "已知漏洞检查", audit.limit("look_days") * 1440)
    dates, days = made(audit.text(DATA)), audit.limit("data_days")
    age = (audit.answers.ended - min(dates)).days if dates else None
    shown = (
        f"软件源数据 {min(dates):%Y-%m-%d} 生成，{age} 天（≤{days}）；此后公布的漏洞未知" if dates else "没有软件源数据"
    )
    audit.judge("vulnerability-data", "漏洞数据及时更新", age is not None and age <= days, shown, DATA)
    allowed = audit.limit("patch_days")
    updates = waiting(watch.findings)
    late = [update.text for update in updates if (audit.answers.ended.date() - update.since).days > allowed]
    audit.refuse("patched", f"已知漏洞在 {allowed} 天内修补（共 {len(updates)} 项待修补）", late, RESULTS)
