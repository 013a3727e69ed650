"""Rules over the plan: what no combination of valid facts may add up to.

Each is a pure function from a plan to what breaks it, named after its control item of GB/T 22239-2019.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infra.plan.base import BOUNDARY, Block, target
from infra.plan.flows import INTERNET
from infra.plan.plan import Plan
from infra.plan.sharing import loans, used

# TCP and UDP ports whose protocols carry content or passwords in clear (IANA): ftp, telnet, smtp, tftp, http, pop3,
# imap, snmp, ldap, rexec, rlogin, syslog, rsync, mysql, redis, http-alt, node exporter.
CLEARTEXT = frozenset({20, 21, 23, 25, 69, 80, 110, 143, 161, 389, 512, 513, 514, 873, 3306, 6379, 8080, 9100})


@dataclass(frozen=True)
class Policy:
    """A rule and the control that asks for it."""

    control: str
    title: str
    breaks: Callable[[Plan], Iterator[tuple[str, str]]]

    @property
    def name(self) -> str:
        """How exemptions name it."""
        return self.breaks.__name__


POLICIES: list[Policy] = []


def policy(control: str, title: str) -> Callable[[Callable[[Plan], Iterator[tuple[str, str]]]], Policy]:
    """Register a rule under its control."""

    def register(breaks: Callable[[Plan], Iterator[tuple[str, str]]]) -> Policy:
        POLICIES.append(Policy(control, title, breaks))
        return POLICIES[-1]

    return register


@policy("8.1.3.1-a", "统一互联网出口 one Internet exit")
def one_internet_exit(plan: Plan) -> Iterator[tuple[str, str]]:
    """All traffic across the boundary passes one controlled interface."""
    for router in [router for router in plan.routers if router.exit][1:]:
        yield f"routers.{router.name}", "第二个互联网出口 a second router with an external gateway"


@policy("8.1.3.2-a", "默认拒绝 default deny")
def default_deny(plan: Plan) -> Iterator[tuple[str, str]]:
    """Only named ports from named sides pass, and only the boundary zones hear the Internet."""
    for group in plan.security_groups:
        for rule in group.rules:
            where = f"security_groups.{group.name}.{rule.name}"
            if rule.protocol in ("tcp", "udp") and rule.port is None:
                yield where, "放行全部端口 lets every port pass"
            if rule.remote_block in INTERNET and (rule.direction == "egress" or group.labels.zone != "public"):
                yield where, "对整个互联网放行 opens to the whole Internet outside the public zone"


@policy("8.1.2.1-d", "不通政务内网 nothing routed to the inner network")
def nothing_reaches_the_inner_network(plan: Plan) -> Iterator[tuple[str, str]]:
    """The inner network is physically apart: no segment, route or rule names its blocks."""
    named: list[tuple[str, Block]] = []
    for segment in plan.segments:
        named += [(f"segments.{segment.name}", block) for block in (segment.cidr, segment.cidr6)]
    for link in plan.links:
        named += [(f"links.{link.name}", block) for block in (link.cidr, link.cidr6)]
    for router in plan.routers:
        routes = (*router.routes, *router.routes6)
        named += [(f"routers.{router.name}.routes", route.destination) for route in routes]
    for crossing in plan.crossings:
        routes = tuple(r for r in (*crossing.routes, *crossing.routes6) if r.destination.prefixlen)
        named += [(f"crossings.{crossing.name}", block) for block in (crossing.cidr, crossing.cidr6)]
        named += [(f"crossings.{crossing.name}.routes", route.destination) for route in routes]
    named += [(f"address_groups.{group.name}", block) for group in plan.address_groups for block in group.blocks]
    named += [
        (f"security_groups.{group.name}.{rule.name}", rule.remote_block)
        for group in plan.security_groups
        for rule in group.rules
        if rule.remote_block and rule.remote_block not in INTERNET
    ]
    for where, block in named:
        if any(block.overlaps(inner) for inner in plan.inner_network):
            yield where, f"{block} 触及政务内网 reaches the inner network"


@policy("8.1.2.1-d", "重要区域不在边界 no floating address behind the boundary")
def important_zones_stay_behind_the_boundary(plan: Plan) -> Iterator[tuple[str, str]]:
    """Data, management and recovery have no address on the Internet side."""
    exits = {router.name for router in plan.routers if router.exit} | {
        crossing.router
        for crossing in plan.crossings
        for route in (*crossing.routes, *crossing.routes6)
        if not route.destination.prefixlen
    }
    for group in plan.host_groups:
        if group.floating_address and group.zone not in BOUNDARY:
            yield (
                f"host_groups.{group.name}",
                f"{group.zone} 区主机有公网地址 a host of zone {group.zone} has a floating address",
            )
    for segment in plan.segments:
        if segment.router in exits and segment.labels.zone not in BOUNDARY:
            yield (
                f"segments.{segment.name}",
                f"{segment.labels.zone} 区接入互联网出口 zone joins a router with a way out",
            )


@policy("8.1.2.1-c", "三级与二级分开 level 3 apart from level 2")
def level_three_is_not_grouped_with_level_two(plan: Plan) -> Iterator[tuple[str, str]]:
    """Hosts of different levels share neither a host group nor a segment."""
    levels: dict[str, set[int]] = defaultdict(set)
    for group in plan.host_groups:
        levels[f"host_groups.{group.name}"].add(group.labels.level)
        levels[f"segments.{group.segment}"].add(group.labels.level)
    for where, found in levels.items():
        if len(found) > 1:
            yield where, "二级、三级主机混用 hosts of level 2 and 3 together"


@policy("8.1.2.2-b", "加密传输 encrypted endpoints")
def endpoints_are_encrypted(plan: Plan) -> Iterator[tuple[str, str]]:
    """What crosses the network can't be read on the way."""
    for group in plan.security_groups:
        for rule in group.rules:
            if rule.direction == "ingress" and rule.port in CLEARTEXT:
                yield (
                    f"security_groups.{group.name}.{rule.name}",
                    f"端口 {rule.port} 为明文协议 is a cleartext protocol",
                )


@policy("8.1.4.2-a", "资源有归属 every resource tagged")
def every_resource_says_whose_it_is(plan: Plan) -> Iterator[tuple[str, str]]:
    """Whatever stands in the cloud names its system, owner, level and zone; owners are known departments' projects."""
    projects = {project.name for domain in plan.domains for project in domain.projects}
    for kind in ("segments", "links", "crossings", "routers", "address_groups", "security_groups", "host_groups"):
        for thing in getattr(plan, kind):
            empty = [key for key, value in thing.labels.model_dump().items() if not value]
            if empty:
                yield f"{kind}.{thing.name}", f"缺少标签 lacks the tag {', '.join(empty)}"
            elif thing.labels.owner not in projects:
                yield f"{kind}.{thing.name}", f"归属 {thing.labels.owner} 不是本 stack 的项目 owner is no project here"


@policy("8.1.4.9-a", "有保护级别和恢复目标 level and recovery objective")
def every_host_belongs_to_a_recoverable_system(plan: Plan) -> Iterator[tuple[str, str]]:
    """What nobody has set a level and an objective for can be neither protected nor recovered."""
    systems = {system.name: system for system in plan.systems}
    for group in plan.host_groups:
        system = systems.get(group.system)
        if system is None:
            yield f"host_groups.{group.name}", "主机不属于任何系统 hosts of no system"
        elif group.labels.level != system.protection_level:
            yield f"host_groups.{group.name}", "级别与系统不符 level differs from that of its system"
        elif not system.recovery.rto:
            yield f"systems.{system.name}.recovery.rto", "恢复时间目标为零 a recovery time of zero can't be met"


@policy("8.2.5.1-a", "配额 quota")
def every_project_has_a_sufficient_quota(plan: Plan) -> Iterator[tuple[str, str]]:
    """No tenant can starve another; all that is planned for it fits, and all its hosts, however few this cloud has."""
    needed: dict[str, int] = defaultdict(int)
    for system in plan.systems:
        needed[target(system.owner)] += sum(len(function.hosts) for function in system.functions.values())
    quotas = {project.name: project.quota for domain in plan.domains for project in domain.projects}
    for project, count in needed.items():
        if project not in quotas:
            yield f"quotas.{project}", "项目没有配额 project without a quota"
        elif count > quotas[project].instances:
            yield (
                f"quotas.{project}.instances",
                f"需要 {count} 台，配额 {quotas[project].instances} · needs {count}",
            )
    for kind, counted in (("shares", loans(plan)), *used(plan).items()):
        for project, count in counted.items():
            quota = getattr(quotas.get(project), kind, count)
            if count > quota:
                yield f"quotas.{project}.{kind}", f"需要 {count}，配额 {quota} · needs {count}"
