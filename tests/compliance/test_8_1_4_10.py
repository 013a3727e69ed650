"""8.1.4.10 剩余信息保护: what was secret is gone before its room is used again."""

from __future__ import annotations

import re

import pytest

from tests.compliance.audit import CONTAINER_REASON, Audit
from tests.compliance.parse import settings
from tests.compliance.probes import probe
from tests.compliance.test_8_1_4_1 import SSHD
from tests.compliance.test_8_1_4_2_bfg import CONFINED
from tests.compliance.test_8_1_4_3 import CONTAINER, blocks, in_container

CORES = probe(
    "systemctl show -p DefaultLimitCORE; grep -rhsE '^[^#]*\\bcore\\b' /etc/security/limits.conf /etc/security/limits.d"
)
COLLECTED = probe(
    "systemd-analyze cat-config systemd/coredump.conf 2>/dev/null | grep -E '^(Storage|ProcessSizeMax)='; true"
)
SWAP = probe("systemctl is-enabled swap.target; swapon --show=NAME,TYPE --noheadings 2>&1; true")
HISTORY = probe("env -i HOME=/nonexistent PATH=/usr/bin:/bin bash -lc 'echo \"[$HISTFILE]\"'")
TEMPORARY = probe(
    "systemd-tmpfiles --cat-config | grep -E '^[a-zA-Z!+=^-]+ +/(var/)?tmp +';"
    " systemctl is-active systemd-tmpfiles-clean.timer"
)
KERNEL = probe("cat /proc/cmdline")
UNITS = {"s": 1 / 86400, "m": 1 / 1440, "h": 1 / 24, "d": 1, "w": 7}


def days(age: str) -> float | None:
    """The age of a line of tmpfiles.d in days; none where it names none."""
    match = re.fullmatch(r"(\d+)([smhdw])", age)
    return int(match[1]) * UNITS[match[2]] if match else None


@pytest.mark.control("8.1.4.10-a")
def test_secrets_leave_nothing_behind(audit: Audit) -> None:
    text = audit.text(CORES)
    people = {line.split()[0] for line in text.splitlines() if re.fullmatch(r"\S+\s+(hard|-)\s+core\s+0", line.strip())}
    services = re.search(r"^DefaultLimitCORE=0$", text, re.M) is not None
    shown = f"服务 {'禁止' if services else '允许'}，用户 {'禁止' if people >= {'*', 'root'} else '允许'}"
    audit.judge("core-dumps", "进程内存不转储到磁盘", services and people >= {"*", "root"}, shown, CORES)
    collected = settings(audit.text(COLLECTED), "=")
    audit.judge("core-copies", "不收集内存转储", collected.get("storage") == "none", f"{collected}", COLLECTED)
    lines = audit.text(SWAP).splitlines()
    audit.judge("swap-start", "不随开机启用交换空间", lines[:1] == ["masked"], f"swap.target {lines[0]}", SWAP)
    if in_container(audit):
        audit.leave_open("swap", "鉴别信息不换出到磁盘", CONTAINER_REASON, CONTAINER)
    else:
        used = [line for line in lines[1:] if not re.match(r"/dev/(zram|dm-)", line)]
        audit.refuse("swap", "鉴别信息不换出到磁盘（未加密的交换空间）", used, SWAP)
    shown = audit.text(HISTORY).strip()
    audit.judge("history", "会话命令不留在磁盘", shown.endswith("[]"), f"HISTFILE={shown[1:-1] or '无'}", HISTORY)
    forwarded = settings(audit.text(SSHD)).get("allowagentforwarding")
    audit.judge("agents", "登录凭据不随会话转发到主机", forwarded == "no", f"AllowAgentForwarding {forwarded}", SSHD)


@pytest.mark.control("8.1.4.10-b")
def test_data_are_gone_before_their_room_is_used_again(audit: Audit) -> None:
    lines = audit.text(TEMPORARY).splitlines()
    first: dict[str, float | None] = {}
    for words in (line.split() for line in lines if "/" in line):
        first.setdefault(words[1], days(words[5]) if len(words) > 5 else None)
    bound = audit.limit("temporary_days")
    kept = [f"{path} {first.get(path)}" for path in ("/tmp", "/var/tmp") if not (first.get(path) or bound + 1) <= bound]  # noqa: S108
    if lines[-1:] != ["active"]:
        kept.append("systemd-tmpfiles-clean.timer 未运行")
    audit.refuse("temporary", f"临时文件在 {bound} 天内清除（例外）", kept, TEMPORARY)
    running = [name for name, unit in blocks(audit.text(CONFINED)).items() if unit.get("activestate") == "active"]
    shared = [name for name in running if blocks(audit.text(CONFINED))[name].get("privatetmp") != "yes"]
    audit.refuse("private", "服务的临时文件随服务停止而清除（例外）", shared, CONFINED)
    if in_container(audit):
        audit.leave_open("memory", "内存分配与释放时清零", CONTAINER_REASON, CONTAINER)
        return
    arguments = audit.text(KERNEL).split()
    missing = [each for each in ("init_on_alloc=1", "init_on_free=1") if each not in arguments]
    audit.refuse("memory", "内存分配与释放时清零（缺失项）", missing, KERNEL)
