"""8.1.3.2 访问控制, and wireless: the border refuses by default, with few, precise rules that know sessions."""

from __future__ import annotations

import pytest

from tests.compliance.platform import firewalls, hosts
from tests.compliance.platform.rules import Permissions
from tests.compliance.platform.subject import PlatformAudit
from tests.compliance.test_8_1_4_4 import FIREWALL, PACKAGES


@pytest.mark.control("8.1.3.1-d")
def test_nothing_is_wireless(platform: PlatformAudit) -> None:
    platform.on_hosts("devices", "主机没有无线网卡", hosts.WIRELESS, hosts.nothing)
    platform.on_hosts("software", "主机没有无线组件", PACKAGES, hosts.wired_alone)
    platform.leave_open("places", "机房、办公区的无线网络经受控边界接入", "须现场核查 (seen on the spot)")


@pytest.mark.control("8.1.3.2-a")
def test_the_border_refuses_by_default(platform: PlatformAudit) -> None:
    permissions = Permissions(platform.territory)
    platform.refuse("cloud-default", "默认安全组没有规则", permissions.defaults(), "rules", "groups")
    platform.refuse("cloud", "安全组只放行流量矩阵所列", permissions.unplanned(), "rules", "groups")
    platform.on_hosts("hosts", "主机防火墙双向默认拒绝", FIREWALL, hosts.denies_both_ways)


@pytest.mark.control("8.1.3.2-b")
def test_the_border_has_no_rule_too_many(platform: PlatformAudit) -> None:
    permissions = Permissions(platform.territory)
    platform.refuse("used", "没有无用的安全组与规则", permissions.unused(), "rules", "groups", "ports")
    platform.refuse("covered", "没有重复或被其他规则覆盖的规则", permissions.covered(), "rules", "groups")
    platform.on_hosts("hosts", "主机防火墙没有重复的规则", FIREWALL, firewalls.says_each_thing_once)


@pytest.mark.control("8.1.3.2-c")
def test_rules_name_sides_ports_and_protocol(platform: PlatformAudit) -> None:
    permissions = Permissions(platform.territory)
    platform.refuse("cloud", "安全组规则均限定对端、端口与协议", permissions.too_wide(), "rules", "groups")
    platform.on_hosts("hosts", "主机防火墙规则均限定对端与端口", FIREWALL, firewalls.names_both_sides)


@pytest.mark.control("8.1.3.2-d")
def test_the_border_knows_sessions(platform: PlatformAudit) -> None:
    t = platform.territory
    stateless = (t.told(one) for one in t.own(t.cloud.groups) if not one.stateful)
    platform.refuse("cloud", "安全组按会话状态放行（无状态的）", stateless, "groups")
    platform.on_hosts("hosts", "主机防火墙按会话状态放行，丢弃无效包", FIREWALL, firewalls.knows_sessions)
