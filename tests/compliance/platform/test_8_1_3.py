"""8.1.3 安全区域边界: only planned ways in and out, nobody else's devices, attacks seen, records kept."""

from __future__ import annotations

import pytest

from tests.compliance.platform import hosts, networks
from tests.compliance.platform.rules import Permissions
from tests.compliance.platform.subject import PlatformAudit
from tests.compliance.scope import HostScope
from tests.compliance.test_8_1_4_3 import CLOCK, FORWARDED, RECORDS
from tests.compliance.test_8_1_4_4 import FIREWALL, NETWORK_SETTINGS, UNITS

OFF = 2
MAIL = (25, 465, 587)


@pytest.mark.control("8.1.3.1-a")
def test_the_boundary_is_crossed_at_controlled_interfaces_alone(platform: PlatformAudit) -> None:
    t = platform.territory
    exits = networks.other_exits(t)
    platform.refuse("one-exit", "只有计划中的统一出口有外部网关", exits, "routers")
    platform.refuse("no-translation", "出口不做地址转换，内部地址出不去", networks.translated(t), "routers")
    strange = networks.strange_routers(t)
    platform.refuse("routers", "没有计划外的路由器", strange, "routers")
    joins = networks.wrong_joins(t)
    platform.refuse("joins", "各网络只经计划的路由器互联", joins, "ports", "routers")
    unfiltered = networks.unfiltered(t)
    platform.refuse("port-security", "端口都受安全组与防冒用约束", unfiltered, "ports")
    open_networks = networks.unfiltered_networks(t)
    platform.refuse("network-security", "网络上新建的端口默认受约束", open_networks, "networks")
    platform.on_hosts("forwarding", "主机不转发", hosts.FORWARDING_SWITCH, hosts.no_forwarding)


@pytest.mark.control("8.1.3.1-b")
def test_no_strange_device_joins_the_inner_network(platform: PlatformAudit) -> None:
    t = platform.territory
    platform.refuse("ports", "没有计划外的端口", networks.strange_ports(t), "ports")
    wrong = networks.wrong_host_ports(t)
    platform.refuse("bound", "主机的地址、网络、安全组与计划一致", wrong, "ports", "groups")
    platform.refuse("pairs", "端口只能用计划给它的地址", networks.pairs(t), "ports")
    platform.leave_open(
        "physical", "物理接入控制", "机房交换机端口与准入须现场核查 (switch ports are seen on the spot)"
    )


@pytest.mark.control("8.1.3.1-c")
def test_nobody_inside_gets_out_unasked(platform: PlatformAudit) -> None:
    permissions = Permissions(platform.territory)
    anywhere = [one.told for rule, one in permissions.rules if rule.direction == "egress" and rule.open_to_all]
    platform.refuse("egress", "安全组不放行去往任何地址的流量", anywhere, "rules", "groups")
    platform.on_hosts("host-egress", "主机防火墙默认拒绝出向", FIREWALL, hosts.denies_outgoing)
    platform.leave_open("other-ways", "拨号、无线等旁路", "须现场核查 (other ways out are seen on the spot)")


def watched(platform: PlatformAudit) -> None:
    """Whether something looks for attacks at the key nodes."""
    detects = hosts.runs(hosts.DETECTION, "检测组件")
    platform.on_hosts("detection", "边界节点有攻击检测组件", UNITS, detects, hosts.at_the_edge)


@pytest.mark.control("7.1.3.3")
def test_attacks_are_watched_at_level_2(platform: PlatformAudit) -> None:
    watched(platform)


@pytest.mark.control("8.1.3.3-a")
def test_attacks_from_outside_are_held_back(platform: PlatformAudit) -> None:
    permissions = Permissions(platform.territory)
    inward = [
        one.told
        for rule, one in permissions.rules
        if rule.direction == "ingress" and rule.open_to_all and one not in permissions.planned
    ]
    platform.refuse("openings", "对任何来源放行的只有计划中的端口", inward, "rules", "groups")
    platform.on_hosts("syn", "主机抵御半开连接攻击", NETWORK_SETTINGS, hosts.guards_against_floods)
    watched(platform)


@pytest.mark.control("8.1.3.3-b")
def test_attacks_from_inside_are_held_back(platform: PlatformAudit) -> None:
    permissions = Permissions(platform.territory)
    platform.refuse("segmented", "内部主机之间只放行计划的流量", permissions.unplanned(), "rules", "groups")
    platform.on_hosts("host-firewall", "主机防火墙双向默认拒绝", FIREWALL, hosts.denies_both_ways)
    watched(platform)


@pytest.mark.control("8.1.3.3-d")
def test_attacks_are_told(platform: PlatformAudit) -> None:
    watched(platform)
    platform.on_hosts("alerts", "监控有告警规则", hosts.WATCHED, hosts.warns, hosts.doing("monitor"))
    platform.leave_open("channel", "告警送达到人", "须演示一次告警 (an alarm is shown by raising one)")


@pytest.mark.control("8.1.3.4-a")
def test_malware_is_caught_at_the_boundary(platform: PlatformAudit) -> None:
    scans = hosts.runs(hosts.SCANNERS, "查杀组件")
    platform.on_hosts("scanner", "边界节点有恶意代码查杀组件在运行", UNITS, scans, hosts.at_the_edge)


@pytest.mark.control("8.1.3.4-b")
def test_no_mail_passes_the_boundary(platform: PlatformAudit) -> None:
    flows = [one for group in platform.plan.security_groups for one in group.rules if one.port in MAIL]
    matrix = platform.planned(f"端口 {MAIL} 的流量 mail", (one.name for one in flows))
    if flows:
        platform.leave_open(
            "mail", "垃圾邮件防护", "计划中有邮件流量，邮件网关须现场核查 (mail gateways are judged by hand)"
        )
    else:
        platform.not_applicable("mail", "垃圾邮件防护", "没有邮件系统与邮件流量 (no flow carries mail)", matrix)


@pytest.mark.control("8.1.3.5-a")
def test_the_boundary_keeps_records(platform: PlatformAudit) -> None:
    bastion = hosts.doing("bastion")
    platform.on_hosts("log-ins", "堡垒机记录每次登录与操作", RECORDS, hosts.has_records, bastion)
    platform.on_hosts("shipped", "边界节点的日志实时送日志中心", FORWARDED, hosts.connected, hosts.at_the_edge)
    able = any(one.alias == "logging" for one in platform.cloud.extensions)
    said = f"Neutron logging 扩展{'已' if able else '未'}提供"
    platform.judge("flows", "云网络记录被放行与拒绝的流量", able, said, "extensions")


@pytest.mark.control("8.1.3.5-b")
def test_records_of_the_boundary_say_when(platform: PlatformAudit) -> None:
    late = [f"{service} 偏差 {seconds:.0f} 秒" for service, seconds in platform.cloud.clocks.items() if seconds > OFF]
    platform.refuse("cloud-clocks", f"云平台各服务时钟与控制端一致（误差不超过 {OFF} 秒）", late, "clocks")

    def in_time(host: HostScope, text: str) -> tuple[bool, str]:
        answer = platform.answers[host.name]
        return hosts.in_time(answer.started, answer.ended, text, OFF)

    platform.on_hosts("host-clocks", "边界节点时钟与控制端一致", CLOCK, in_time, hosts.at_the_edge)
    platform.on_hosts("fields", "边界节点的记录含日期、时间、时区", RECORDS, hosts.has_records, hosts.at_the_edge)


@pytest.mark.control("8.1.3.5-c")
def test_records_of_the_boundary_are_kept(platform: PlatformAudit) -> None:
    copies = hosts.copies_of(platform.hosts(hosts.at_the_edge), platform.cloud.started)
    vault = hosts.doing("log_vault")
    platform.on_hosts("vault", "边界节点的日志在日志中心有副本", hosts.VAULT, copies, vault)
    title = f"日志中心保存不少于 {hosts.LONG_ENOUGH} 天"
    platform.on_hosts("days", title, hosts.VAULT, hosts.kept_long_enough, vault)


@pytest.mark.control("8.1.3.5-d")
def test_remote_access_has_records_of_its_own(platform: PlatformAudit) -> None:
    copies = hosts.copies_of(platform.hosts(hosts.doing("bastion")), platform.cloud.started)
    platform.on_hosts("bastion", "堡垒机日志单独存放", hosts.VAULT, copies, hosts.doing("log_vault"))
    platform.leave_open("analysed", "对远程访问与上网行为单独分析", "由审计管理员分析，须访谈 (done by people)")
