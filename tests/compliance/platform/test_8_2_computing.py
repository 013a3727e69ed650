"""8.2.4 the cloud's computing: who gets in and may do what, servers and images that nobody slipped in."""

from __future__ import annotations

import pytest

from tests.compliance.platform import access, hosts, networks
from tests.compliance.platform.rules import Permissions
from tests.compliance.platform.subject import PlatformAudit
from tests.compliance.platform.test_8_2_network import self_service
from tests.compliance.test_8_1_4_1 import SSHD
from tests.compliance.test_8_1_4_4 import FIREWALL_ENABLED

WRITTEN_REASON = "客户的书面授权须查文件 (a customer's consent is a document)"
CONTENT_REASON = "不打开镜像内容，残留密钥、口令须另查 (images are not opened)"
MIGRATION_REASON = "迁移通道的加密在 nova.conf，云 API 不提供 (how migration is protected is told by no API)"


@pytest.mark.control("8.2.4.1")
def test_both_ends_of_management_prove_themselves(platform: PlatformAudit) -> None:
    clear = platform.cloud.clear_endpoints
    platform.refuse("api", "云平台接口以证书证明身份（明文 HTTP、不能证明的）", clear, "endpoints")
    platform.on_hosts("hosts", "管理终端以密钥向主机证明身份，主机密钥预先登记", SSHD, hosts.keys_alone)
    entered = [one.told for one in platform.cloud.anonymous if one.crossed]
    platform.refuse("tokens", "接口拒绝未证明身份的请求（未拒绝的）", entered, "anonymous")


@pytest.mark.control("8.2.4.2-a")
def test_policies_go_where_a_server_goes(platform: PlatformAudit) -> None:
    wrong = networks.wrong_host_ports(platform.territory)
    platform.refuse("bound", "安全组绑定在主机的端口上，随主机迁移、重建（不一致的）", wrong, "ports", "groups")


@pytest.mark.control("8.2.4.2-b")
def test_customers_set_policies_between_their_servers(platform: PlatformAudit) -> None:
    permissions = Permissions(platform.territory)
    between = [one for rule, one in permissions.rules if rule.remote_group_id]
    said = f"{len(between)} 条规则以对端安全组为界"
    platform.judge("between", "虚拟机之间按组设置访问控制", bool(between), said, "rules", "groups")
    self_service(platform)


@pytest.mark.control("8.2.4.3-b")
def test_no_server_is_new_or_back_unasked(platform: PlatformAudit) -> None:
    t = platform.territory
    plan = platform.planned("主机 hosts", platform.hosts())
    known = t.hosts.keys()
    strange = [t.told(one) for one in t.judged(t.cloud.servers) if (one.project_id, one.name) not in known]
    platform.refuse("strange", "没有计划外的虚拟机", strange, "servers", plan)
    found = {(one.project_id, one.name): one.status for one in t.cloud.servers}
    off = [f"{host.name} {found.get(place, '不存在')}" for place, (_, host) in t.hosts.items()
           if found.get(place) != "ACTIVE"]  # fmt: skip
    platform.refuse("running", "计划的虚拟机都在运行", off, "servers", plan)


@pytest.mark.control("8.2.4.4-a")
def test_servers_are_born_from_known_images_and_hardened(platform: PlatformAudit) -> None:
    foreign = access.foreign_images(platform.territory)
    platform.refuse("images", "主机由计划的镜像产生", foreign, "servers", "images")
    platform.on_hosts("hardened", "加固已在每台主机生效（主机防火墙随开机启动）", FIREWALL_ENABLED, hosts.enabled)
    platform.on_hosts("log-in", "加固已在每台主机生效（只用密钥登录）", SSHD, hosts.keys_alone)


@pytest.mark.control("8.2.4.4-b")
def test_images_can_be_checked(platform: PlatformAudit) -> None:
    t = platform.territory
    platform.refuse("hashes", "每个镜像、快照都有 SHA-256 以上的摘要（没有的）", access.unhashed(t), "images")
    offered = access.strange_public_images(t)
    platform.refuse("offered", "公共镜像只由云平台提供（项目自行公开的）", offered, "images")


@pytest.mark.control("8.2.4.4-c")
def test_snapshots_stay_with_their_owner(platform: PlatformAudit) -> None:
    platform.refuse("snapshots", "快照仅所属项目可见", access.open_snapshots(platform.territory), "images")
    crossed = [one.told for one in platform.cloud.crossing if one.crossed and "image" in one.what]
    platform.refuse("crossing", "他人读取私有镜像均被拒绝（未拒绝的）", crossed, "crossing")
    platform.leave_open("content", "镜像内没有密钥、口令残留", CONTENT_REASON)


@pytest.mark.control("8.2.4.5-b")
def test_nobody_has_rights_that_were_not_given(platform: PlatformAudit) -> None:
    t = platform.territory
    given = (
        f"{access.asker(t)} member {d.name}/{p.name}" for d in t.plan.domains for p in d.projects if p.hosts_servers
    )
    plan = platform.planned("角色 roles", given)
    platform.refuse("roles", "项目内没有计划外的角色", access.strange_roles(t), "assignments", plan)
    platform.refuse("users", "各域内没有计划外的用户", access.strange_users(t), "users", plan)
    listed = "、".join(dict.fromkeys(f"{one.who}@{one.where}" for one in access.admins(t)))
    others = access.strange_admins(t)
    platform.refuse("admins", f"云管理员只有部署账户与各服务账户（现有：{listed}）", others, "assignments")
    platform.leave_open("consent", "客户授权", WRITTEN_REASON)


@pytest.mark.control("8.2.4.5-c")
def test_migration_keeps_data_whole(platform: PlatformAudit) -> None:
    title = "迁移通道加密并校验"
    if len(platform.cloud.hypervisors) == 1:
        alone = "只有一台物理机，不发生迁移 (one machine: nothing migrates)"
        platform.not_applicable("protected", title, alone, "hypervisors")
    else:
        platform.leave_open("protected", title, MIGRATION_REASON, "hypervisors")


@pytest.mark.control("8.2.4.5-d")
def test_customers_can_keep_their_own_keys(platform: PlatformAudit) -> None:
    offered = any(one.type == "key-manager" for one in platform.cloud.catalogue)
    said = f"服务目录{'有' if offered else '没有'}密钥管理服务"
    platform.judge("keys", "云平台提供密钥管理服务", offered, said, "catalogue")
