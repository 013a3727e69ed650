"""8.1.4.3 安全审计: what happened is recorded, readable, kept, and not easily stopped."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from tests.compliance.audit import CONTAINER_REASON, Audit
from tests.compliance.parse import listeners, number, retention_days, settings
from tests.compliance.probes import probe
from tests.compliance.test_8_1_4_1 import LISTENING
from tests.compliance.test_8_1_4_2 import RIGHTS

SHOWN = "Id,ActiveState,UnitFileState,Restart,RefuseManualStop"
SERVICES = probe(f"systemctl show -p {SHOWN} rsyslog systemd-journald")
AUDITD = probe(f"systemctl show -p {SHOWN} auditd")
CONTAINER = probe("systemd-detect-virt --container")
JOURNAL = probe("systemd-analyze cat-config systemd/journald.conf | grep -Ev '^ *(#|;|$)'; ls -d /var/log/journal")
RULES = probe("cat /etc/audit/audit.rules")
KERNEL_AUDIT = probe("auditctl -s; auditctl -l")
RECORDS = probe("grep -E 'sshd|sudo' /var/log/auth.log | tail -n 40")
AUDITD_CONF = probe("grep -Ev '^ *(#|$)' /etc/audit/auditd.conf")
CLOCK = probe("date -u +%Y-%m-%dT%H:%M:%S.%6N+00:00")
LOGROTATE = probe(
    "cd /etc/logrotate.d && grep -oHE '^[[:space:]]*(daily|weekly|monthly|yearly|rotate +[0-9]+|maxage +[0-9]+)'"
    " rsyslog mlps-sudo wtmp btmp"
)
LOG_MODES = probe(
    "find /var/log -xdev -type d '!' -perm -0001 -prune -o -type f '(' -perm /0022 -o -perm /0004 ')'"
    " '!' -name 'wtmp*' '!' -name 'btmp*' '!' -name 'lastlog*' -printf '%m %u:%g %p\\n'"
)
FORWARDING = probe("grep -rhE 'omfwd|target=|streamDriver|queue\\.' /etc/rsyslog.conf /etc/rsyslog.d")
FORWARDED = probe("ss -Htn state established '( dport = :6514 )'")
WANTED_KEYS = (
    *("identity", "logins", "time-change", "permissions", "access", "delete"),
    *("mounts", "modules", "privileged", "security-settings", "root-commands"),
)
RECORD = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d) \S+ \S+: ")


def blocks(text: str) -> dict[str, dict[str, str]]:
    """Units of `systemctl show` by name."""
    units = (settings(block, "=") for block in text.split("\n\n"))
    return {unit["id"].removesuffix(".service"): unit for unit in units if "id" in unit}


def in_container(audit: Audit) -> bool:
    """Whether the host shares a kernel; systemd answers `none` when not."""
    return audit.text(CONTAINER).strip() != "none"


@pytest.mark.control("8.1.4.3-a")
def test_everybody_is_recorded(audit: Audit) -> None:
    services = blocks(audit.text(SERVICES))
    idle = [name for name in ("rsyslog", "systemd-journald") if services.get(name, {}).get("activestate") != "active"]
    audit.refuse("services", "系统日志服务在运行（未运行项）", idle, SERVICES)
    enabled = services.get("rsyslog", {}).get("unitfilestate") == "enabled"
    audit.judge("from-the-start", "系统日志服务随开机启动", enabled, "rsyslog enabled", SERVICES)
    journal = audit.text(JOURNAL)
    stored = settings(journal).get("storage")
    audit.judge(
        "journal",
        "日志重启后不丢失",
        stored == "persistent" and "\n/var/log/journal" in journal,
        f"Storage={stored}",
        JOURNAL,
    )
    rules = audit.text(RULES)
    missing = [key for key in WANTED_KEYS if f"-k {key}" not in rules]
    audit.refuse("rules", "审计规则覆盖重要用户行为与安全事件（缺失项）", missing, RULES)
    if in_container(audit):
        audit.leave_open("kernel-audit", "内核审计在运行、规则已加载", CONTAINER_REASON, AUDITD, CONTAINER)
        return
    kernel = audit.text(KERNEL_AUDIT)
    active = blocks(audit.text(AUDITD)).get("auditd", {}).get("activestate") == "active"
    loaded = [key for key in WANTED_KEYS if f"key={key}" not in kernel and f"-k {key}" not in kernel]
    audit.judge(
        "kernel-audit",
        "内核审计在运行、规则已加载",
        active and not loaded,
        f"auditd {'运行' if active else '未运行'}，未加载：{'、'.join(loaded) or '无'}",
        AUDITD,
        KERNEL_AUDIT,
    )


@pytest.mark.control("8.1.4.3-b")
def test_records_say_when_who_what_and_whether(audit: Audit) -> None:
    lines = audit.text(RECORDS).splitlines()
    audit.refuse("time", "每条记录含日期、时间、时区", [line[:60] for line in lines if not RECORD.match(line)], RECORDS)
    shown = {
        "用户与来源": r"for \S+ from \S+",
        "事件类型": r"(session opened|COMMAND=)",
        "成功与否": r"(Accepted|Failed|authentication failure)",
    }
    absent = [name for name, pattern in shown.items() if not any(re.search(pattern, line) for line in lines)]
    audit.refuse("fields", "记录含用户、事件类型、是否成功（缺失项）", absent, RECORDS)
    conf = settings(audit.text(AUDITD_CONF))
    audit.judge(
        "kernel-records",
        "内核审计记录带主机名与可读字段",
        conf.get("log_format", "").upper() == "ENRICHED" and conf.get("name_format", "").upper() == "HOSTNAME",
        f"log_format={conf.get('log_format')}，name_format={conf.get('name_format')}",
        AUDITD_CONF,
    )
    clock = datetime.fromisoformat(audit.text(CLOCK).strip())
    early, late = audit.answers.started - clock, clock - audit.answers.ended
    off = max(early, late, timedelta(0)).total_seconds()
    audit.judge("clock", "主机时钟与控制端一致（误差不超过 2 秒）", off <= 2, f"偏差 {off:.1f} 秒", CLOCK)


@pytest.mark.control("8.1.4.3-c")
def test_records_are_kept_and_cannot_be_changed(audit: Audit) -> None:
    kept = retention_days(audit.text(LOGROTATE))
    days = audit.limit("retention_days")
    short = [f"{name} {count} 天" for name, count in kept.items() if count < days]
    short += [f"{name} 无轮转设置" for name in ("rsyslog", "mlps-sudo", "wtmp", "btmp") if name not in kept]
    audit.refuse("retention", f"本机日志留存不少于 {days} 天", short, LOGROTATE)
    conf = settings(audit.text(AUDITD_CONF))
    audit.judge(
        "no-overwriting",
        "审计记录不被提前覆盖",
        conf.get("max_log_file_action", "").upper() in ("KEEP_LOGS", "ROTATE")
        and (number(conf, "num_logs") or 0) >= 10
        and conf.get("disk_full_action", "").upper() == "SUSPEND",
        f"max_log_file_action={conf.get('max_log_file_action')}，num_logs={conf.get('num_logs')}",
        AUDITD_CONF,
    )
    audit.refuse("modes", "日志文件他人不可读写", audit.text(LOG_MODES).splitlines(), LOG_MODES)
    if "log_vault" in audit.host.groups:
        stores = any(each.port == 6514 for each in listeners(audit.text(LISTENING)))
        audit.judge("off-the-host", "日志中心自身在接收并存储", stores, "监听 6514", LISTENING)
        return
    forwarding, connected = audit.text(FORWARDING), audit.text(FORWARDED)
    safe = "omfwd" in forwarding and re.search(r"streamDriverAuthMode=.x509/name", forwarding) is not None
    buffered = re.search(r"queue\.(filename|type)", forwarding) is not None
    audit.judge(
        "off-the-host",
        "日志经 TLS 实时送日志中心并带磁盘队列",
        safe and buffered and bool(connected.strip()),
        f"转发配置{'完整' if safe and buffered else '缺失或不完整'}，"
        f"到日志中心的连接{'已建立' if connected.strip() else '不存在'}",
        FORWARDING,
        FORWARDED,
    )


@pytest.mark.control("8.1.4.3-d")
def test_recording_cannot_be_stopped(audit: Audit) -> None:
    services = {**blocks(audit.text(SERVICES)), **blocks(audit.text(AUDITD))}
    wanted = {"rsyslog": ("always", "on-failure"), "auditd": ("always", "on-failure")}
    frail = [name for name, values in wanted.items() if services.get(name, {}).get("restart") not in values]
    audit.refuse("restarts", "审计进程异常退出后自动恢复（缺失项）", frail, SERVICES, AUDITD)
    refused = services.get("auditd", {}).get("refusemanualstop") == "yes"
    audit.judge("manual-stop", "auditd 拒绝手工停止", refused, "RefuseManualStop", AUDITD)
    final = audit.text(RULES).rstrip().splitlines()[-1:] == ["-e 2"]
    audit.judge("immutable", "审计规则在重启前不可更改", final, "规则以 -e 2 结尾", RULES)
    able = [name for name, rights in RIGHTS.items() if re.search(r"auditd|rsyslog|systemctl \*", audit.text(rights))]
    audit.refuse("rights", "管理员的 sudo 权限不含停止审计服务", able, *RIGHTS.values())
    if in_container(audit):
        audit.leave_open("kernel-lock", "内核中的审计规则已锁定", CONTAINER_REASON, CONTAINER)
        return
    locked = re.search(r"^enabled 2$", audit.text(KERNEL_AUDIT), re.M) is not None
    audit.judge("kernel-lock", "内核中的审计规则已锁定", locked, "auditctl -s: enabled", KERNEL_AUDIT)
