"""What a plan takes of each department's quota, and what departments of a stack below another lend each other."""

from collections import Counter

from infra.plan.base import VERSIONS, target
from infra.plan.plan import Plan


def loans(plan: Plan) -> Counter[str]:
    """By project, how often its networks and security groups are lent to other projects of the stack.

    A network is lent to the router that joins it, a security group to the hosts that carry it and to the rules that
    name it. The cloud's admin, who builds a stack without an uplink, sees all projects and lends nothing.
    """
    if not plan.stack.uplink:
        return Counter()
    networks = {segment.key: segment.project for segment in plan.segments}
    groups = {group.name: group.project for group in plan.security_groups}
    lent = {(networks[key], key, router.project) for router in plan.routers for key in router.segments}
    lent |= {(groups[name], name, host.project) for host in plan.host_groups for name in host.security_groups}
    lent |= {
        (groups[rule.remote_group], rule.remote_group, group.project)
        for group in plan.security_groups
        for rule in group.rules
        if rule.remote_group
    }
    return Counter(owner for owner, _, borrower in lent if owner != borrower)


def used(plan: Plan) -> dict[str, Counter[str]]:
    """By kind of quota and project, what the plan needs, with all hosts of its systems, however few this cloud has.

    A network has a port of DHCP, and one of its router for each family; a link has one at each end. A group begins with
    a rule of each family, which Neutron adds by itself.
    """
    links = [*plan.links, *(crossing.link for crossing in plan.downlinks)]
    ports: Counter[str] = Counter()
    for segment in plan.segments:
        ports[segment.project] += 1 + len(VERSIONS)
    for link in links:
        ports[link.project] += 2
    for system in plan.systems:
        for function in system.functions.values():
            ports[target(system.owner)] += len(function.hosts) + (function.virtual_address is not None)
    rules: Counter[str] = Counter()
    for group in plan.security_groups:
        rules[group.project] += len(VERSIONS) + len(group.rules)
    return {
        "networks": Counter([*(one.project for one in plan.segments), *(one.project for one in links)]),
        "ports": ports,
        "security_groups": Counter(group.project for group in plan.security_groups),
        "security_group_rules": rules,
    }
