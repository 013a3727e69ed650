"""8.2.5 the cloud's management: everybody's share is bounded, managing is apart from using, each side sees its own."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

import pytest

from infra.plan.base import Block
from tests.compliance.platform import access, hosts, networks
from tests.compliance.platform.redundancy import dead
from tests.compliance.platform.subject import PlatformAudit


@pytest.mark.control("8.2.5.1-a")
def test_resources_are_given_by_plan(platform: PlatformAudit) -> None:
    t = platform.territory
    platform.refuse("projects", "项目与计划一致", access.wrong_projects(t), "projects", "domains")
    plan = platform.planned("配额 quotas", (f"{p.name} {p.quota}" for d in t.plan.domains for p in d.projects))
    network = access.wrong_quotas(t, t.cloud.network_quotas)
    platform.refuse("network-quotas", "网络配额与计划一致，没有不限的", network, "network_quotas", plan)
    compute = access.wrong_quotas(t, t.cloud.compute_quotas)
    platform.refuse("compute-quotas", "计算配额与计划一致，没有不限的", compute, "compute_quotas", plan)


def _inside(platform: PlatformAudit) -> Iterator[str]:
    """APIs at addresses of the tenants' own networks."""
    blocks: tuple[Block, ...] = (*platform.plan.extranet, *platform.plan.extranet6)
    for url in sorted({one.url for one in platform.cloud.endpoints}):
        try:
            address = ip_address(urlsplit(url).hostname or "")
        except ValueError:
            continue
        if any(address in block for block in blocks):
            yield url


@pytest.mark.control("8.2.5.1-b")
def test_management_does_not_share_ways_with_business(platform: PlatformAudit) -> None:
    t = platform.territory
    plan = platform.planned("政务外网地址块 extranet", (*t.plan.extranet, *t.plan.extranet6))
    platform.refuse("api", "云平台接口不在业务网的地址内（在其内的）", _inside(platform), "endpoints", plan)
    several = networks.on_several_networks(t)
    platform.refuse("hosts", "没有主机同时接入管理网与业务网", several, "servers", "ports")
    joins = networks.wrong_joins(t)
    platform.refuse("networks", "管理网只经计划的路由器与业务网互联", joins, "ports", "routers")


@pytest.mark.control("8.2.5.1-c")
def test_each_side_gathers_its_own_records(platform: PlatformAudit) -> None:
    names = platform.hosts()
    vault = hosts.doing("log_vault")
    platform.on_hosts(
        "tenants", "客户主机的审计数据集中", hosts.VAULT, hosts.copies_of(names, platform.cloud.started), vault
    )
    platform.on_hosts("cloud", "云平台自身服务的日志集中保存", hosts.VAULT, hosts.others_than(names), vault)


@pytest.mark.control("8.2.5.1-d")
def test_each_side_watches_its_own(platform: PlatformAudit) -> None:
    names = platform.hosts()
    platform.on_hosts("tenants", "客户主机集中监测", hosts.WATCHED, hosts.watches(names), hosts.doing("monitor"))
    silent = dead(platform.territory)
    platform.refuse(
        "cloud", "云平台服务、网络代理、物理机均在线（离线的）", silent, "agents", "services", "hypervisors"
    )
