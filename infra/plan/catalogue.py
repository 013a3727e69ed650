"""docs/systems.md: every hosted system on one page, from the facts that also build it."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import get_args

from infra.plan.base import target
from infra.plan.services import unprovided
from infra.plan.systems import SystemEntry, SystemTier
from infra.plan.world import World

WORDS: dict[SystemTier, str] = {"province": "省级", "city": "市级", "county": "县级"}
HEAD = """# 系统目录 · Systems

Written by `python -m infra.plan systems docs/systems.md` from `stacks/systems/`; a test fails when it is older.

尚未提供：主机、地址、防火墙、加固、日志和监测都有，应用本身 ganyun 尚不安装 · not provided yet: hosts, addresses,
firewalls, hardening, logs and metrics are there, the application itself is not installed by ganyun.
"""
COLUMNS = (
    "系统 system",
    "名称 title",
    "责任单位 owner",
    "等保 level",
    "RPO / RTO",
    "主机 hosts（分区 zone）",
    "尚未提供 not provided yet",
    "依据 document",
)


def catalogue(world: World) -> str:
    """The page, by tier and division."""
    return HEAD + "".join(_tier(world, tier) for tier in get_args(SystemTier))


def _tier(world: World, tier: SystemTier) -> str:
    systems = [system for system in world.systems.values() if system.tier == tier]
    if not systems:
        return ""
    codes = dict.fromkeys(code for code, name in world.placed_systems if world.systems[name].tier == tier)
    places = [world.divisions[code].name for code in codes]
    rows = [COLUMNS, ("---",) * len(COLUMNS), *(_row(world, system) for system in systems)]
    return (
        f"\n## {WORDS[tier]} {tier}（{'、'.join(places)}）\n\n"
        + "\n".join(f"| {' | '.join(row)} |" for row in rows)
        + "\n"
    )


def _row(world: World, system: SystemEntry) -> tuple[str, ...]:
    zones: dict[str, int] = {}
    for function in system.functions.values():
        zones[function.zone] = zones.get(function.zone, 0) + len(function.hosts)
    missing = [f"`{name.partition('/')[2]}`" for name in unprovided([system])]
    everywhere = "" if system.division else f"（每{WORDS[system.tier][0]}一套 one in each {system.tier}）"
    return (
        f"`{system.name}`",
        system.title + everywhere,
        _owner(world, system),
        str(system.protection_level),
        f"{_short(system.recovery.rpo)} / {_short(system.recovery.rto)}",
        "，".join(f"{zone} {count}" for zone, count in zones.items()),
        " ".join(missing) or "—",
        system.source,
    )


def _owner(world: World, system: SystemEntry) -> str:
    divisions = [code for code, name in world.placed_systems if name == system.name]
    titles = {owner.title for code in divisions if (owner := world.department(system.owner, code))}
    own = world.departments[target(system.owner)].title
    return titles.pop() if len(titles) == 1 else f"各{WORDS[system.tier][0]}{own}"


def _short(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    unit, word = next(pair for pair in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")) if seconds % pair[0] == 0)
    return f"{seconds // unit}{word}"


def by_tier(systems: Iterable[SystemEntry]) -> Iterator[str]:
    """One line a tier: how many systems of which level, and on how many hosts."""
    found = list(systems)
    for tier in get_args(SystemTier):
        of_tier = [system for system in found if system.tier == tier]
        if of_tier:
            three = sum(system.protection_level == 3 for system in of_tier)
            hosts = sum(len(function.hosts) for system in of_tier for function in system.functions.values())
            levels = f"三级 {three}，二级 {len(of_tier) - three}"
            yield f"  {WORDS[tier]} {tier:<8} {len(of_tier):>3} 个：{levels}；主机 hosts {hosts}"
