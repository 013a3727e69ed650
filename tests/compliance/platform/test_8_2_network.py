"""8.2.2 and 8.2.3, the cloud's networks: tenants apart and masters of their own borders, rules no wider than needed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.compliance.platform import access
from tests.compliance.platform.rules import Permissions
from tests.compliance.platform.subject import PlatformAudit

OWN_LEVEL_REASON = "平台自身的定级备案不在数据中，须查备案证明 (the platform's own grading is a document)"
NOWHERE_REASON = "审计账户不是任何项目的成员 (the log-in is member of no project)"
RECORDS_REASON = "各服务的接口调用日志在控制节点上，云 API 不提供 (API logs lie on controllers, no API tells them)"


@pytest.mark.control("8.2.2.1-a")
def test_the_cloud_carries_no_system_above_its_level(platform: PlatformAudit) -> None:
    t = platform.territory
    wrong = []
    for server in t.own(t.cloud.servers):
        place = t.hosts.get((server.project_id, server.name))
        wanted = str(place[0].labels.level) if place else "无登记"
        if server.metadata.get("level") != wanted:
            wrong.append(f"{server.name} 标为 {server.metadata.get('level', '无')} 级（应为 {wanted}）")
    plan = platform.planned(
        "系统级别 levels", (f"{one.name} 第{one.protection_level}级" for one in platform.plan.systems)
    )
    platform.refuse("labelled", "每台主机标有其系统的级别", wrong, "servers", plan)
    platform.leave_open("own-level", "平台级别不低于所承载系统", OWN_LEVEL_REASON, plan)


@pytest.mark.control("8.2.2.1-b")
def test_tenants_are_apart(platform: PlatformAudit) -> None:
    t = platform.territory
    platform.refuse("shared", "没有所有项目共用的网络", access.shared_networks(t), "networks")
    platform.refuse("lent", "资源没有共享给计划外的项目", access.lent_to_others(t), "sharing")
    platform.refuse("external", "外部网络不对所有项目开放", access.open_exits(t), "sharing")
    tries = {one.told: one.crossed for one in platform.cloud.crossing}
    with_own_rights(platform, "crossing", "以一个项目的权限读取另一项目的资源，均被拒绝（未拒绝的）", "crossing", tries)
    entered = [one.told for one in platform.cloud.anonymous if one.crossed]
    platform.refuse("anonymous", "无令牌的请求均被拒绝（未拒绝的）", entered, "anonymous")


@pytest.mark.control("8.2.2.1-c")
def test_customers_find_means_of_protection(platform: PlatformAudit) -> None:
    t = platform.territory
    poor = [name for name, key in t.projects.items() if not _may_protect(platform, key)]
    platform.refuse("borders", "各项目可建安全组与规则（配额为零的）", poor, "network_quotas")
    known = {one.alias for one in platform.cloud.extensions}
    wanted = {"vpnaas": "加密隧道 VPN", "taas": "流量镜像", "logging": "流量日志"}
    lacking = [text for alias, text in wanted.items() if alias not in known]
    platform.refuse("services", "云平台提供传输加密、入侵检测所需的服务（缺少的）", lacking, "extensions")


def _may_protect(platform: PlatformAudit, project: str) -> bool:
    limits = next((one.limits for one in platform.cloud.network_quotas if one.project_id == project), {})
    return all(limits.get(name, 0) != 0 for name in ("security_groups", "security_group_rules"))


def with_own_rights(platform: PlatformAudit, point: str, title: str, source: str, tries: Mapping[str, bool]) -> None:
    """A point on tries with projects' own rights, and whether each ended wrong; open where none could be made."""
    if tries:
        platform.refuse(point, title, (told for told, wrong in tries.items() if wrong), source)
    else:
        platform.leave_open(point, title, NOWHERE_REASON, source)


def sees_its_own(platform: PlatformAudit, point: str, title: str, path: str) -> None:
    """A point on what each project may see of itself."""
    tries = {one.told: one.status != 200 for one in platform.cloud.own_views if path in one.what}
    with_own_rights(platform, point, title, "own_views", tries)


def self_service(platform: PlatformAudit) -> None:
    """Whether projects see and may change their own security groups."""
    poor = [name for name, key in platform.territory.projects.items() if not _may_protect(platform, key)]
    platform.refuse("borders", "各项目可自建安全组与规则（配额为零的）", poor, "network_quotas")
    sees_its_own(platform, "own-groups", "以项目自己的权限可查看其安全组（不能的）", "security-groups")


@pytest.mark.control("8.2.2.1-d")
def test_customers_set_their_own_policies(platform: PlatformAudit) -> None:
    self_service(platform)


@pytest.mark.control("8.2.3.1-a")
def test_rules_are_those_of_the_flow_matrix_and_no_wider(platform: PlatformAudit) -> None:
    permissions = Permissions(platform.territory)
    listed = sorted(one.told for one in permissions.planned)
    matrix = platform.planned("流量矩阵 flow matrix", listed)
    defaults = permissions.defaults()
    platform.refuse("default-deny", "默认安全组没有规则，未列明的均拒绝", defaults, "rules", "groups")
    extra = permissions.unplanned()
    platform.refuse("planned", "没有流量矩阵以外的规则", extra, "rules", "groups", matrix)
    platform.refuse("complete", "流量矩阵的规则都在（缺失项）", permissions.missing(), "rules", "groups", matrix)
    platform.refuse("narrow", "没有过宽的规则", permissions.too_wide(), "rules", "groups", matrix)
    platform.refuse("used", "没有无用的安全组与规则", permissions.unused(), "rules", "groups", "ports")
    platform.refuse("covered", "没有重复或被其他规则覆盖的规则", permissions.covered(), "rules", "groups")


@pytest.mark.control("8.2.3.1-b")
def test_levels_are_apart(platform: PlatformAudit) -> None:
    t = platform.territory
    levels: dict[str, set[int]] = {}
    for group, _, port in t.host_ports():
        if port:
            levels.setdefault(port.network_id, set()).add(group.labels.level)
    mixed = [t.networks[key].name for key, found in levels.items() if len(found) > 1 and key in t.networks]
    platform.refuse("networks", "不同级别的主机不在同一网络", mixed, "ports", "networks")
    crossing = Permissions(t).across_levels()
    platform.refuse("rules", "级别之间只放行计划的流量", crossing, "rules", "groups")


@pytest.mark.control("8.2.3.3-a")
def test_privileged_commands_are_recorded(platform: PlatformAudit) -> None:
    bare = [
        f"{server} {action.action}"
        for server, actions in platform.cloud.actions.items()
        for action in actions
        if not (action.user_id and action.start_time and action.request_id)
    ]
    silent = [server for server, actions in platform.cloud.actions.items() if not actions]
    title = "虚拟机的创建、重启等操作均有记录（含时间、用户）（抽查，缺失项）"
    platform.refuse("recorded", title, [*silent, *bare], "actions")
    gone = platform.cloud.deleted
    title = "已删除虚拟机的删除操作仍有记录（抽查，缺失项）"
    if gone:
        lost = [server for server, actions in gone.items() if not any(one.action == "delete" for one in actions)]
        platform.refuse("deleted", title, lost, "deleted")
    else:
        platform.leave_open("deleted", title, "尚无被删除的虚拟机 (no server was deleted yet)", "deleted")
    platform.leave_open("calls", "管理接口的每次调用均有日志", RECORDS_REASON)


@pytest.mark.control("8.2.3.3-b")
def test_customers_see_what_was_done_to_their_servers(platform: PlatformAudit) -> None:
    sees_its_own(platform, "own-records", "以项目自己的权限可查看对其虚拟机的操作记录（不能的）", "os-instance-actions")
