"""8.1.4.4 入侵防范: nothing runs, listens or gets in that is not needed."""

from __future__ import annotations

import re

import pytest

from tests.compliance.audit import CONTAINER_REASON, Audit
from tests.compliance.known import RISKY_PORTS, UNWANTED_MODULES, UNWANTED_PACKAGES, UNWANTED_UNITS
from tests.compliance.parse import (
    base_chain,
    listeners,
    open_to,
    reachable,
    refuses_by_default,
    settings,
    sources_of_port,
    within,
)
from tests.compliance.probes import probe
from tests.compliance.test_8_1_4_1 import LISTENING, SSHD, sshd_settings
from tests.compliance.test_8_1_4_3 import CONTAINER, in_container

PACKAGES = probe("dpkg-query -W -f='${db:Status-Abbrev} ${Package}\\n' | sed -n 's/^ii *//p' | tr '\\n' ' '")
UNITS = probe(
    "systemctl list-units --type=service,socket --state=active --plain --no-legend --no-pager | cut -d' ' -f1"
)
ENABLED = probe("systemctl is-enabled ctrl-alt-del.target debug-shell.service")
MODULES = probe("grep -rhE '^ *install ' /etc/modprobe.d /usr/lib/modprobe.d /run/modprobe.d 2>/dev/null; true")
FIREWALL_TEXT = probe("nft list ruleset")
FIREWALL = probe("nft -j list ruleset")
FIREWALL_ENABLED = probe("systemctl is-enabled nftables")
NETWORK = {
    "net.ipv4.conf.all.rp_filter": ("1", "2"),
    "net.ipv4.conf.all.accept_redirects": ("0",),
    "net.ipv4.conf.all.send_redirects": ("0",),
    "net.ipv4.conf.all.accept_source_route": ("0",),
    "net.ipv4.conf.all.log_martians": ("1",),
    "net.ipv4.tcp_syncookies": ("1",),
    "net.ipv4.icmp_echo_ignore_broadcasts": ("1",),
    "net.ipv6.conf.all.accept_redirects": ("0",),
}
KERNEL = {
    "kernel.randomize_va_space": ("2",),
    "kernel.kptr_restrict": ("1", "2"),
    "kernel.dmesg_restrict": ("1",),
    "kernel.yama.ptrace_scope": ("1", "2", "3"),
    "kernel.unprivileged_bpf_disabled": ("1", "2"),
    "fs.suid_dumpable": ("0",),
}
NETWORK_SETTINGS = probe(f"sysctl {' '.join(NETWORK)}")
KERNEL_SETTINGS = probe(f"sysctl {' '.join(KERNEL)}")


def astray(wanted: dict[str, tuple[str, ...]], found: dict[str, str]) -> list[str]:
    """Settings that differ from what is wanted."""
    return [f"{name}={found.get(name, '无')}" for name, values in wanted.items() if found.get(name) not in values]


@pytest.mark.control("8.1.4.4-a")
def test_only_what_is_needed_is_installed(audit: Audit) -> None:
    unwanted = [name for name in audit.text(PACKAGES).split() if UNWANTED_PACKAGES.match(name)]
    audit.refuse("packages", "没有服务器用不到的组件", unwanted, PACKAGES)


@pytest.mark.control("8.1.4.4-b")
def test_only_what_is_needed_runs_and_listens(audit: Audit) -> None:
    running = [line.split()[0] for line in audit.text(UNITS).splitlines() if UNWANTED_UNITS.match(line)]
    audit.refuse("services", "没有多余的系统服务在运行", running, UNITS)
    states = audit.text(ENABLED).split()
    audit.judge("consoles", "Ctrl-Alt-Del 与调试终端已屏蔽", states == ["masked", "masked"], " ".join(states), ENABLED)
    open_ports = listeners(audit.text(LISTENING))
    risky = [f"{each.protocol}/{each.port} {each.program}" for each in open_ports if each.port in RISKY_PORTS]
    audit.refuse("risky-ports", "高危端口不对外", risky, LISTENING)
    declared = audit.host.flows_in
    undeclared = {
        f"{each.protocol}/{each.port} {each.program}"
        for each in open_ports
        if each.port != 22
        and not any(flow.covers(each.protocol, each.port) for flow in declared)
        and reachable(audit.text(FIREWALL), each.protocol, each.port)
    }
    audit.refuse("undeclared-ports", "外部可达的端口都有登记的流向", sorted(undeclared), LISTENING, FIREWALL_TEXT)
    strangers = {
        f"{each.protocol}/{each.port} {source}"
        for each in open_ports
        if each.port != 22
        for source in open_to(audit.text(FIREWALL), each.protocol, each.port)
        if not within(source, audit.host.peers(each.protocol, each.port))
    }
    audit.refuse("undeclared-sources", "放行的来源都在登记的流向之内", sorted(strangers), FIREWALL_TEXT)
    blocked = set(re.findall(r"install (\S+) /(?:usr/)?bin/(?:false|true)", audit.text(MODULES)))
    audit.refuse(
        "modules", "多余内核模块禁止加载（缺失项）", [m for m in UNWANTED_MODULES if m not in blocked], MODULES
    )
    network = settings(audit.text(NETWORK_SETTINGS), "=")
    audit.refuse(
        "network", "网络协议栈参数", astray(NETWORK, {k.strip(): v for k, v in network.items()}), NETWORK_SETTINGS
    )
    if in_container(audit):
        audit.leave_open("kernel", "内核安全参数", CONTAINER_REASON, CONTAINER)
        return
    kernel = settings(audit.text(KERNEL_SETTINGS), "=")
    audit.refuse("kernel", "内核安全参数", astray(KERNEL, {k.strip(): v for k, v in kernel.items()}), KERNEL_SETTINGS)


@pytest.mark.control("8.1.4.4-c")
def test_log_in_only_from_declared_terminals(audit: Audit) -> None:
    ruleset = audit.text(FIREWALL)
    for hook, title in (("input", "主机防火墙默认拒绝入向"), ("output", "主机防火墙默认拒绝出向")):
        audit.judge(f"{hook}-denied", title, refuses_by_default(ruleset, hook), "policy drop", FIREWALL_TEXT)
    denying = [chain for chain in base_chain(ruleset, "input") if chain.get("policy") == "drop"]
    allowed = [source for chain in denying for source in sources_of_port(chain, 22)]
    strangers = [source for source in allowed if not within(source, audit.host.terminals)]
    audit.refuse("ssh-sources", "防火墙只放行登记的管理终端访问 SSH", strangers, FIREWALL_TEXT)
    audit.judge("ssh-reachable", "管理终端的放行规则存在", bool(allowed), f"{len(allowed)} 个来源", FIREWALL_TEXT)
    state = audit.text(FIREWALL_ENABLED).strip()
    audit.judge("from-the-start", "防火墙随开机启动", state == "enabled", f"nftables {state}", FIREWALL_ENABLED)
    sshd_settings(audit)
    users = re.findall(r"^allowusers (\S+)$", audit.text(SSHD), re.M)
    loose = [user for user in users if not within(user.rpartition("@")[2], audit.host.terminals)]
    audit.judge(
        "sshd-sources",
        "sshd 限定账户与来源地址",
        bool(users) and not loose,
        f"AllowUsers {len(users)} 条" + (f"，来源过宽：{'、'.join(loose)}" if loose else ""),
        SSHD,
    )
