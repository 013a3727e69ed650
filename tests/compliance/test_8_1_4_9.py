"""8.1.4.9 数据备份恢复: backups are made, leave for another site, and can be restored."""

from __future__ import annotations

import pytest

from tests.compliance.audit import Audit
from tests.compliance.backups import CONFIG, RUNS, age, client, judge_read_back, late, limits
from tests.compliance.database import ARCHIVER, SETTINGS, rows
from tests.compliance.parse import settings
from tests.compliance.probes import probe
from tests.compliance.test_8_1_4_3 import blocks

TIMERS = probe(
    "systemctl list-unit-files --no-legend --no-pager 'ganyun-backup-*.timer' | cut -d' ' -f1 | while read -r timer; do"
    " systemctl show -p Id,ActiveState,UnitFileState $timer; echo; done"
)
GATEWAY = probe(
    "systemctl is-active keepalived haproxy 2>&1; grep -A3 unicast_peer /etc/keepalived/keepalived.conf 2>&1; true"
)
NOTHING = "本机不存放别处没有的重要数据 (not applicable: the host holds no data of its own)"
SECOND_COPY = "本机存放的是各主机日志与指标的第二份副本 (not applicable: second copies of lines that hosts keep)"
VAULT_ITSELF = "本机即备份场地 (not applicable: the host is where backups go)"


def applies(audit: Audit, point: str, title: str) -> bool:
    """Whether the host's data are to be backed up; where not, the reason stands in the report."""
    if client(audit):
        return True
    reason = NOTHING
    if audit.host.holds_data:
        reason = VAULT_ITSELF if "backup_vault" in audit.host.groups else SECOND_COPY
    audit.not_applicable(point, title, reason, CONFIG)
    return False


def judge_vault(audit: Audit) -> None:
    """The point on where backups go: a vault that the plan knows as another place."""
    vault = [flow for flow in audit.host.flows_out if flow.has_port(8443)]
    audit.judge("another-site", "备份经网络送往备份场地", bool(vault), "、".join(flow.peer for flow in vault), CONFIG)


@pytest.mark.control("8.1.4.9-a")
def test_what_matters_is_backed_up_and_can_be_restored(audit: Audit) -> None:
    if not applies(audit, "backups", "重要数据备份与恢复"):
        return
    timers = blocks(audit.text(TIMERS))
    off = [f"缺 {job}" for job in limits(audit) if f"ganyun-backup-{job}.timer" not in timers]
    off += [
        name
        for name, unit in timers.items()
        if (unit.get("activestate"), unit.get("unitfilestate")) != ("active", "enabled")
    ]
    audit.refuse(
        "timers", "备份任务均定时执行（未启用项）", off or ([] if timers else ["没有备份任务"]), TIMERS, CONFIG
    )
    audit.refuse(
        "last-success", "各项备份近期成功（逾期项）", late(audit) or ([] if limits(audit) else ["无"]), RUNS, CONFIG
    )
    judge_read_back(audit)


@pytest.mark.control("7.1.4.8-b")
def test_backups_leave_for_another_site_in_time(audit: Audit) -> None:
    if not applies(audit, "backups", "异地定时批量备份"):
        return
    judge_vault(audit)
    audit.refuse(
        "in-time", "定时批量传送未逾期（逾期项）", late(audit) or ([] if limits(audit) else ["无"]), RUNS, CONFIG
    )


@pytest.mark.control("8.1.4.9-b")
def test_data_leave_for_another_site_as_they_change(audit: Audit) -> None:
    if not applies(audit, "backups", "异地实时备份"):
        return
    judge_vault(audit)
    job = "wal" if "database" in audit.host.groups else "files"
    seconds = age(audit, job)
    shown = "从未成功" if seconds is None else f"{seconds:.0f} 秒前（≤ 恢复点目标 {audit.host.rpo_seconds} 秒）"
    audit.judge(
        "in-time", "变更在恢复点目标内送达", seconds is not None and seconds <= audit.host.rpo_seconds, shown, RUNS
    )
    if "database" not in audit.host.groups:
        return
    archived = next(iter(rows(audit, ARCHIVER)), ["", "true"])
    on = settings(audit.text(SETTINGS), "=").get("archive_mode") in ("on", "always")
    fresh = archived[0].isdigit() and int(archived[0]) <= audit.host.rpo_seconds and archived[1] in ("false", "f")
    shown = f"上次归档 {archived[0] or '从未'} 秒前，{'正常' if archived[1] in ('false', 'f') else '最近一次失败'}"
    audit.judge("archive", "数据库日志持续归档", on and fresh, shown, ARCHIVER, SETTINGS)


@pytest.mark.control("8.1.4.9-c")
def test_what_matters_has_a_hot_spare(audit: Audit) -> None:
    title = "重要数据处理系统热冗余"
    if not audit.host.holds_data:
        audit.not_applicable("hot-spare", title, NOTHING, CONFIG)
        return
    ready = audit.text(GATEWAY).split()[:2] == ["active", "active"]
    audit.judge("hot-spare", title, ready, "主备运行" if ready else "单台运行，没有热备", GATEWAY)
