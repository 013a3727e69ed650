"""What the departments of a stack below another lend each other, one policy a loan: each sees only its own project."""

from collections import Counter

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
