"""8.1.4.6 可信验证: what the host runs is measured, or compared with a baseline that is kept off it."""

from __future__ import annotations

import re

import pytest

from tests.compliance.audit import CONTAINER_REASON, Audit
from tests.compliance.probes import probe
from tests.compliance.test_8_1_4_3 import CONTAINER, FORWARDED, in_container
from tests.compliance.watches import judge_running

BASELINE = probe("sha256sum /var/lib/aide/aide.db")
SECURE_BOOT = probe(
    "od -An -tu1 /sys/firmware/efi/efivars/SecureBoot-* 2>&1; cat /sys/kernel/security/lockdown 2>&1;"
    " ls /dev/tpmrm0 2>&1; true"
)
MEASURED = probe("cat /proc/cmdline /sys/kernel/security/ima/runtime_measurements_count 2>&1; true")
OPTIONAL = "条文为“可”：本机平台未提供，以离机保存的完整性基线替代 (optional; a baseline kept off the host stands in)"


def judge_baseline(audit: Audit) -> None:
    """The point on the baseline: the one on the host is the one that was kept off it."""
    digest = audit.text(BASELINE).partition(" ")[0]
    same = audit.host.baseline != "" and digest == audit.host.baseline
    shown = "与离机保存的一致" if same else "不存在，或与离机保存的不一致"
    audit.judge("baseline", "系统程序与重要配置的基线离机保存且未被替换", same, shown, BASELINE)


def judge(audit: Audit) -> None:
    """The points that both levels share."""
    judge_baseline(audit)
    judge_running(audit, "integrity", "与基线比对", audit.limit("compare_days") * 1440)
    if "log_vault" not in audit.host.groups:
        connected = bool(audit.text(FORWARDED).strip())
        audit.judge("reported", "验证结果送安全管理中心", connected, "日志中心连接", FORWARDED)
    title = "引导程序与系统程序可信验证"
    if in_container(audit):
        audit.leave_open("boot", title, CONTAINER_REASON, CONTAINER)
        return
    shown = audit.text(SECURE_BOOT)
    if not re.search(r"^(\s+\d+){4}\s+[01]$", shown, re.M):
        audit.leave_open("boot", title, OPTIONAL, SECURE_BOOT)
        return
    verified = re.search(r"\s1$", shown, re.M) is not None
    locked = re.search(r"\[(integrity|confidentiality)\]", shown)
    rooted = "有" if re.search(r"^/dev/tpmrm0$", shown, re.M) else "无，度量值不能在机外证明"
    told = f"Secure Boot {'开启' if verified else '关闭'}，内核锁定 {locked[1] if locked else '无'}，TPM {rooted}"
    audit.judge("boot", title, verified and locked is not None, told, SECURE_BOOT)


@pytest.mark.control("7.1.4.6")
def test_programs_are_compared_with_what_they_were(audit: Audit) -> None:
    judge(audit)


@pytest.mark.control("8.1.4.6")
def test_programs_are_measured_when_they_run(audit: Audit) -> None:
    judge(audit)
    if in_container(audit):
        audit.leave_open("dynamic", "应用程序关键执行环节的动态可信验证", CONTAINER_REASON, CONTAINER)
        return
    count = re.search(r"^\d+$", audit.text(MEASURED), re.M)
    if count is None:
        audit.leave_open("dynamic", "应用程序关键执行环节的动态可信验证", OPTIONAL, MEASURED)
        return
    measured = "ima_policy=" in audit.text(MEASURED) and int(count[0]) > 1
    audit.judge("dynamic", "应用程序关键执行环节的动态可信验证", measured, f"IMA 度量 {count[0]} 项", MEASURED)
