"""8.1.2 安全通信网络: planned zones, important ones behind others, spare parts, nothing readable on the way."""

from __future__ import annotations

import pytest

from infra.policies.enforce import exempt
from infra.policies.rules import endpoints_are_encrypted
from tests.compliance.platform import hosts, networks
from tests.compliance.platform.redundancy import apart, kept_apart, single_services
from tests.compliance.platform.subject import PlatformAudit
from tests.compliance.test_8_1_4_1 import SSHD
from tests.compliance.test_8_1_4_3 import FORWARDING

HALL_REASON = "物理线路与硬件须现场核查 (cables and hardware are seen on the spot, not by an API)"


@pytest.mark.control("8.1.2.1-c")
def test_each_zone_is_a_network_of_its_own_with_planned_addresses(platform: PlatformAudit) -> None:
    t = platform.territory
    plan = platform.planned("子网 subnets", (f"{one.name} {one.cidr} {one.cidr6}" for one in t.plan.segments))
    missing = networks.missing_networks(t)
    platform.refuse("planned", "计划的网络与子网均已建立（缺失项）", missing, "networks", "subnets", plan)
    strange = networks.strange_networks(t)
    platform.refuse("nothing-else", "没有计划外的网络与子网", strange, "networks", "subnets", plan)
    platform.refuse("no-overlap", "子网地址互不重叠", networks.overlaps(t), "subnets")
    zones = platform.planned("分区 zones", (f"{key} {block}" for key, block in t.plan.zones.items()))
    platform.refuse("within-zone", "子网都在所属分区的地址块内", networks.outside_zone(t), "subnets", zones)


@pytest.mark.control("8.1.2.1-d")
def test_important_zones_stand_behind_the_boundary(platform: PlatformAudit) -> None:
    t = platform.territory
    inner = networks.inner_exits(t)
    platform.refuse("inner-zones", "数据、管理、灾备等区不接入有外部网关的路由器", inner, "routers", "ports")
    strange = networks.strange_floating(t)
    platform.refuse("floating", "公网地址只在计划的位置", strange, "floating", "ports")
    direct = networks.direct_outside(t)
    platform.refuse("direct", "没有端口直接连在外部网络上", direct, "ports", "networks")
    platform.refuse("routes", "路由表与计划一致", networks.wrong_routes(t), "routers")
    several = networks.on_several_networks(t)
    platform.refuse("one-leg", "没有跨接多个网络的主机", several, "servers", "ports")


@pytest.mark.control("8.1.2.1-e")
def test_no_part_stands_alone(platform: PlatformAudit) -> None:
    t = platform.territory
    grouped = kept_apart(t)
    platform.refuse("anti-affinity", "成对主机在反亲和组内（缺失项）", grouped, "server_groups", "servers")
    together = apart(t)
    platform.refuse("hypervisors", "成对主机在不同物理机上", together, "servers", "hypervisors")
    pair = networks.pair_broken(t)
    platform.refuse("gateway-pair", "网关成对，均可承接虚拟地址", pair, "ports")
    alone = (one.name for one in t.planned_routers.values() if one.gateway and not one.ha)
    platform.refuse("exit", "出口路由器有备用（没有备用的）", alone, "routers")
    single = single_services(t)
    platform.refuse("services", "云平台控制、网络、计算服务都有备用（单点）", single, "agents", "services")
    platform.leave_open("lines", "通信线路与硬件冗余", HALL_REASON)


def encrypted_log_ins_and_logs(platform: PlatformAudit) -> None:
    """What both items of 通信传输 ask for alike."""
    platform.refuse("api", "云平台接口只经 HTTPS 提供（明文的）", platform.cloud.clear_endpoints, "endpoints")
    platform.on_hosts("logs", "日志经 TLS 传输且核对对端身份", FORWARDING, hosts.logs_over_tls)
    shaken = platform.cloud.handshakes.items()
    old = [f"{address} {said}" for address, said in shaken if not said.startswith(("TLSv1.2", "TLSv1.3"))]
    if platform.cloud.handshakes:
        platform.refuse("sites", "网站经 TLS 1.2 以上提供（握手失败或过旧的）", old, "handshakes")


@pytest.mark.control("7.1.2.2")
def test_what_is_sent_arrives_unchanged_at_level_2(platform: PlatformAudit) -> None:
    test_what_is_sent_arrives_unchanged(platform)


@pytest.mark.control("8.1.2.2-a")
def test_what_is_sent_arrives_unchanged(platform: PlatformAudit) -> None:
    platform.on_hosts("ssh", "SSH 完整性算法", SSHD, hosts.sound_macs)
    encrypted_log_ins_and_logs(platform)


@pytest.mark.control("8.1.2.2-b")
def test_nothing_readable_is_sent(platform: PlatformAudit) -> None:
    platform.on_hosts("ssh", "SSH 加密算法", SSHD, hosts.sound_ciphers)
    encrypted_log_ins_and_logs(platform)
    uncovered = []
    for where, text in endpoints_are_encrypted.breaks(platform.plan):
        entry = exempt(platform.world, endpoints_are_encrypted, platform.plan.name, where)
        if entry is None or entry.expires < platform.cloud.started.date():
            uncovered.append(f"{where} {text}")
        else:
            platform.exempt("clear-flows", f"明文流向 {where.removeprefix('security_groups.')}", entry)
    plan = platform.planned(
        "明文流向 clear flows", (where for where, _ in endpoints_are_encrypted.breaks(platform.plan))
    )
    platform.refuse("other-clear-flows", "其余流向均已加密（未登记或已到期的）", uncovered, plan)
