"""What a passed check proves, in words and numbers."""

from collections import Counter
from collections.abc import Sequence

from infra.plan.catalogue import by_tier
from infra.plan.divisions import TIERS
from infra.plan.plan import Plan
from infra.plan.services import functions, unprovided
from infra.plan.world import World

WORDS = {"province": "省", "city": "市", "county": "县", "township": "乡"}


def proof(world: World, plans: Sequence[Plan]) -> str:
    """Lines to print."""
    levels = Counter(division.level for division in world.divisions.by_code.values())
    counted = "，".join(f"{WORDS[tier]} {levels[tier]}" for tier in TIERS if levels[tier])
    inner = ", ".join(map(str, world.network.inner_network))
    named = sum(1 for system in world.placed_systems.values() for _ in functions(system))
    missing = len(unprovided(world.placed_systems.values()))
    lines = [
        f"行政区划 divisions: {counted}，共 {levels.total()}",
        f"地址 addresses: {len(world.ledger.entries)} 项，逐级包含、互不重叠，不触及政务内网 {inner}",
        "  each block inside its parent's, none overlapping another, none in the inner network",
        f"系统 systems: {len(world.placed_systems)}，均有保护级别和恢复目标 · all with level and recovery objective",
        *by_tier(world.placed_systems.values()),
        f"职能 functions: {named}，其中 {missing} 项 ganyun 尚不提供 · not provided yet: python -m infra.plan systems",
        f"网站 sites: {len(world.sites)}；单位 departments: {len(world.departments)}",
    ]
    for plan in plans:
        rules = sum(len(group.rules) for group in plan.security_groups)
        hosts = sum(len(group.hosts) for group in plan.host_groups)
        exits = sum(router.exit for router in plan.routers)
        lines.append(
            f"stack {plan.name}: 主机 hosts {hosts}，网段 segments {len(plan.segments)}，互联网出口 exits {exits}，"
            f"放行规则 rules {rules}（余皆拒绝 all else refused）"
        )
        if found := unprovided(plan.systems):
            lines.append(f"  尚未提供 not provided yet: {', '.join(found)}")
    return "\n".join(lines)
