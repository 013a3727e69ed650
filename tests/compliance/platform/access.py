"""Who may do what and how much: roles, quotas and images held against the plan."""

from __future__ import annotations

from collections.abc import Iterator

from tests.compliance.platform.seen import Assignment, Quota
from tests.compliance.platform.territory import Territory

ADMIN = "admin"
SERVICES = ("service", "services")  # the project of OpenStack's own services, as deployers call it
HASH_LENGTHS = {"sha256": 64, "sha512": 128}


def asker(t: Territory) -> str:
    """The log-in that deploys and audits, as assignments name it."""
    domains = {domain.id: domain.name for domain in t.cloud.domains}
    found = (f"{domains.get(one.domain_id, '')}/{one.name}" for one in t.cloud.users if one.id == t.cloud.asker)
    return next(found, "")


def strange_roles(t: Territory) -> Iterator[str]:
    """Roles in the stack's domains that the plan does not give."""
    own = {domain.name for domain in t.plan.domains}
    planned = {
        (asker(t), "member", f"{domain.name}/{project.name}")
        for domain in t.plan.domains
        for project in domain.projects
        if project.hosts_servers
    }
    for one in t.cloud.assignments:
        if {one.project_domain, one.domain} & own and (one.who, one.role, one.where) not in planned:
            yield told(one)


def admins(t: Territory) -> list[Assignment]:
    """Everybody who is admin of anything."""
    return [one for one in t.cloud.assignments if one.role == ADMIN]


def strange_admins(t: Territory) -> Iterator[str]:
    """Admins besides the deploying log-in and OpenStack's own services."""
    for one in admins(t):
        if one.who != asker(t) and one.project not in SERVICES:
            yield told(one)


def told(one: Assignment) -> str:
    """As a report names an assignment."""
    return f"{one.who} 是 {one.where} 的 {one.role}"


def strange_users(t: Territory) -> Iterator[str]:
    """Users in the stack's own domains, where the plan makes none."""
    own = {domain.name for domain in t.plan.domains}
    names = {domain.id: domain.name for domain in t.cloud.domains}
    yield from (f"{names[one.domain_id]}/{one.name}" for one in t.cloud.users if names.get(one.domain_id) in own)


def wrong_projects(t: Territory) -> Iterator[str]:
    """Planned projects that are missing, and others in the stack's domains."""
    planned = {f"{domain.name}/{project.name}" for domain in t.plan.domains for project in domain.projects}
    own = {domain.name for domain in t.plan.domains}
    found = {label for label in t.labels.values() if label.partition("/")[0] in own}
    yield from (f"{label} 不存在" for label in sorted(planned - found))
    yield from (f"{label} 不在计划中" for label in sorted(found - planned))


def wrong_quotas(t: Territory, quotas: tuple[Quota, ...]) -> Iterator[str]:
    """Limits that differ from the planned ones."""
    found = {one.project_id: one.limits for one in quotas}
    for domain in t.plan.domains:
        for project in domain.projects:
            limits = found.get(t.projects.get(project.name, ""), {})
            if not limits:
                yield f"{project.name} 没有配额"
            for name, limit in limits.items():
                wanted = getattr(project.quota, name)
                if limit != wanted:
                    yield f"{project.name} {name}={'不限' if limit < 0 else limit}（应为 {wanted}）"


def lent_to_others(t: Territory) -> Iterator[str]:
    """What the stack's projects share with everybody, or with projects of others."""
    own = set(t.projects.values())
    for one in t.own(t.cloud.sharing):
        if one.target not in own:
            target = "所有项目" if one.target == "*" else t.labels.get(one.target, one.target)
            yield f"{t.told(one)} 把 {one.object_type} 共享给 {target}"


def shared_networks(t: Territory) -> Iterator[str]:
    """Networks that every project may use."""
    yield from (t.told(one) for one in t.judged(t.cloud.networks) if one.shared and not one.external)


def open_exits(t: Territory) -> Iterator[str]:
    """External networks that every project may use."""
    for one in t.cloud.sharing:
        if one.action == "access_as_external" and one.target == "*":
            network = t.networks.get(one.object_id)
            yield f"外部网络 {network.name if network else one.object_id} 对所有项目开放"


def unhashed(t: Territory) -> Iterator[str]:
    """Images without a checksum that is hard to forge."""
    for one in t.cloud.images:
        if len(one.os_hash_value) != HASH_LENGTHS.get(one.os_hash_algo, -1):
            yield f"{one.name} {one.os_hash_algo or '无摘要'}"


def foreign_images(t: Territory) -> Iterator[str]:
    """Servers of the stack that were born from an image which is gone, inactive, or not the planned one."""
    images = {one.id: one for one in t.cloud.images}
    for server in t.own(t.cloud.servers):
        image = images.get(server.image)
        group = t.hosts.get((server.project_id, server.name), (None,))[0]
        if image is None or image.status != "active":
            yield f"{server.name} 的镜像 {image.name if image else server.image or '无'} 不可用"
        elif group and image.name != group.image:
            yield f"{server.name} 用 {image.name}（应为 {group.image}）"


def open_snapshots(t: Territory) -> Iterator[str]:
    """Snapshots that others can read."""
    for one in t.cloud.images:
        if one.image_type == "snapshot" and one.visibility != "private":
            yield f"快照 {t.told(one)} 可见性 {one.visibility}"


def strange_public_images(t: Territory) -> Iterator[str]:
    """Public images that projects of the stack offer by themselves."""
    yield from (t.told(one) for one in t.own(t.cloud.images) if one.visibility in ("public", "community"))
