"""8.1.5 安全管理中心: a zone to manage from, safe ways into it, everything watched, logged and patched from there."""

from __future__ import annotations

import pytest

from tests.compliance.platform import hosts, networks
from tests.compliance.platform.redundancy import dead
from tests.compliance.platform.rules import Permissions
from tests.compliance.platform.subject import PlatformAudit
from tests.compliance.test_8_1_4_1 import SSHD
from tests.compliance.test_8_1_4_3 import FORWARDED, FORWARDING

ANALYSIS_REASON = "事件的关联分析由人做，须访谈 (correlation is done by people)"
SSH = 22


@pytest.mark.control("8.1.5.4-a")
def test_the_platform_is_managed_from_a_zone_of_its_own(platform: PlatformAudit) -> None:
    t = platform.territory
    zones = {one.key: one.labels.zone for one in t.plan.segments}
    own = [key for key, zone in zones.items() if zone in ("management", "access")]
    plan = platform.planned("管理与接入分区 segments", own)
    missing = [key for key in own if key not in t.planned_networks]
    platform.refuse("zone", "管理区、接入区有独立网络（缺失项）", missing, "networks", plan)
    crossed = list(networks.on_several_networks(t))
    platform.refuse("apart", "没有主机同时接入管理网与业务网", crossed, "servers", "ports")
    permissions = Permissions(t)
    ways = [
        one.told
        for _, one in permissions.rules
        if one.direction == "ingress"
        and one.protocol in ("tcp", "")
        and one.ports[0] <= SSH <= one.ports[1]
        and one not in permissions.planned
    ]
    platform.refuse("bastion-only", "除计划中的堡垒机路径外没有登录通道", ways, "rules", "groups")


@pytest.mark.control("8.1.5.4-b")
def test_management_goes_by_safe_ways(platform: PlatformAudit) -> None:
    clear = platform.cloud.clear_endpoints
    platform.refuse("api", "云平台管理接口只经 HTTPS（明文的）", clear, "endpoints")
    platform.on_hosts("ssh", "主机管理只经强加密的 SSH", SSHD, hosts.sound_ciphers)
    platform.on_hosts("keys", "主机管理只用密钥登录", SSHD, hosts.keys_alone)
    platform.on_hosts("logs", "审计数据经 TLS 传输", FORWARDING, hosts.logs_over_tls)


@pytest.mark.control("8.1.5.4-c")
def test_everything_is_watched_from_one_place(platform: PlatformAudit) -> None:
    names = platform.hosts()
    monitor = hosts.doing("monitor")
    platform.on_hosts("hosts", "监控主机在采集全部主机", hosts.WATCHED, hosts.watches(names), monitor)
    platform.on_hosts("alerts", "监控有告警规则", hosts.WATCHED, hosts.warns, monitor)
    silent = dead(platform.territory)
    platform.refuse("cloud", "云平台各服务与物理机都在线（离线的）", silent, "agents", "services", "hypervisors")


@pytest.mark.control("8.1.5.4-d")
def test_records_are_gathered_and_kept_for_half_a_year(platform: PlatformAudit) -> None:
    names = platform.hosts()
    vault = hosts.doing("log_vault")
    copies = hosts.copies_of(names, platform.cloud.started)
    platform.on_hosts("gathered", "全部主机的日志都在日志中心", hosts.VAULT, copies, vault)
    platform.on_hosts("flowing", "全部主机都连着日志中心", FORWARDED, hosts.connected)
    title = f"留存不少于 {hosts.LONG_ENOUGH} 天（网络安全法：不少于六个月）"
    platform.on_hosts("kept", title, hosts.VAULT, hosts.kept_long_enough, vault)


@pytest.mark.control("8.1.5.4-e")
def test_packages_and_policies_come_from_one_place(platform: PlatformAudit) -> None:
    url = platform.plan.mirror_url
    sources = hosts.one_source(url)
    platform.on_hosts("packages", f"软件包与补丁只来自 {url}", hosts.PACKAGE_SOURCES, sources)
    permissions = Permissions(platform.territory)
    missing, extra = list(permissions.missing()), list(permissions.unplanned())
    platform.refuse("policies", "安全组策略由流量矩阵统一生成（不一致的）", [*missing, *extra], "rules", "groups")


@pytest.mark.control("8.1.5.4-f")
def test_security_events_raise_an_alarm(platform: PlatformAudit) -> None:
    platform.on_hosts("alerts", "监控有告警规则", hosts.WATCHED, hosts.warns, hosts.doing("monitor"))
    platform.leave_open("analysis", "安全事件的识别与分析", ANALYSIS_REASON)
