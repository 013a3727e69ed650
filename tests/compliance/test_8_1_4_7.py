"""8.1.4.7 数据完整性: what is stored or sent can't change unnoticed."""

from __future__ import annotations

import pytest

from tests.compliance.audit import Audit
from tests.compliance.backups import client, judge_read_back
from tests.compliance.database import SETTINGS
from tests.compliance.known import SAFE_MAC
from tests.compliance.parse import settings
from tests.compliance.probes import probe
from tests.compliance.test_8_1_4_1 import SSHD
from tests.compliance.test_8_1_4_6 import judge_baseline
from tests.compliance.transport import judge_database, judge_logs, judge_services
from tests.compliance.watches import RESULTS, judge_running

SOURCES = probe("grep -rhsE '^ *(deb |URIs:|Trusted:|Signed-By:)' /etc/apt/sources.list /etc/apt/sources.list.d; true")
APT = probe(
    "apt-config dump | grep -E '::Allow(Unauthenticated|(Insecure|Weak)Repositories|DowngradeToInsecureRepositories) '"
)
REFUSED_BY_APT = (
    *("APT::Get::AllowUnauthenticated", "Acquire::AllowInsecureRepositories", "Acquire::AllowWeakRepositories"),
    "Acquire::AllowDowngradeToInsecureRepositories",
)


def judge_sent(audit: Audit) -> None:
    """The points on what is sent; both levels share them."""
    offered = settings(audit.text(SSHD)).get("macs", "").split(",")
    audit.refuse("ssh", "SSH 完整性算法", [each for each in offered if not SAFE_MAC.fullmatch(each)], SSHD)
    lines = [line.strip() for line in audit.text(SOURCES).splitlines()]
    unsigned = [
        line for line in lines if "trusted=yes" in line or (line.startswith("deb ") and "signed-by=" not in line)
    ]
    loose = [name for name in REFUSED_BY_APT if f'{name} "false";' not in audit.text(APT)]
    audit.refuse("packages", "软件包来源均验证签名", unsigned + loose, SOURCES, APT)
    judge_logs(audit)
    judge_database(audit)
    judge_services(audit)


@pytest.mark.control("7.1.4.7")
def test_what_is_sent_is_checked(audit: Audit) -> None:
    judge_sent(audit)


@pytest.mark.control("8.1.4.7-a")
def test_what_is_sent_cannot_change_unnoticed(audit: Audit) -> None:
    judge_sent(audit)


@pytest.mark.control("8.1.4.7-b")
def test_what_is_stored_cannot_change_unnoticed(audit: Audit) -> None:
    judge_baseline(audit)
    watch = judge_running(audit, "integrity", "完整性比对", audit.limit("compare_days") * 1440)
    audit.refuse("changes", "程序与配置自基线以来未被改动", watch.findings, RESULTS)
    if "database" in audit.host.groups:
        checked = settings(audit.text(SETTINGS), "=").get("data_checksums")
        audit.judge("pages", "数据库页面带校验和", checked == "on", f"data_checksums={checked}", SETTINGS)
    if client(audit):
        judge_read_back(audit)
