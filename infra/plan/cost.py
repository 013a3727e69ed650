"""What new facts would take: addresses by zone and what stays free, and quota by department."""

from collections import Counter
from collections.abc import Iterable, Iterator

from infra.plan.base import target
from infra.plan.stack import Stack
from infra.plan.systems import System
from infra.plan.world import World

QUOTA = {
    "instances": "主机",
    "cores": "核",
    "ram_mb": "内存 MB",
    "networks": "网络",
    "ports": "端口",
    "routers": "路由器",
    "floating_addresses": "公网地址",
    "security_groups": "安全组",
}


def address_cost(before: World, after: World) -> Iterator[str]:
    """One line a block that gets smaller: what is taken from it, and what is left of it."""
    taken: dict[str, list[str]] = {}
    for entry in after.ledger.entries:
        parent = entry.key.rpartition("/")[0]
        if entry.key not in before.ledger.by_key and parent in before.ledger.by_key:
            taken.setdefault(parent, []).append(f"/{entry.prefix}")
    for parent, sizes in sorted(taken.items()):
        whole = sum(1 << (32 - entry.prefix) for entry in after.ledger.by_key[parent])
        used = sum(1 << (32 - entry.prefix) for entry in after.ledger.entries if entry.key.rpartition("/")[0] == parent)
        counted = "，".join(f"{size} × {count}" for size, count in sorted(Counter(sizes).items()))
        yield (
            f"  {parent} {after.ledger.block(parent)}: 新占 takes {counted}，"
            f"余 left {whole - used} / {whole}（{(whole - used) * 100 // whole}%）"
        )


def quota_cost(world: World, systems: Iterable[System], stacks: Iterable[Stack]) -> dict[str, Counter[str]]:
    """By department, what its project needs for these systems and for these stacks' routers and links."""
    needed: dict[str, Counter[str]] = {}
    for system in systems:
        needed.setdefault(target(system.owner), Counter()).update(_of_system(world, system))
    for stack in stacks:
        for router in stack.routers.values():
            needed.setdefault(target(router.owner), Counter()).update(routers=1)
        for one, _ in stack.links:
            needed[target(stack.routers[one].owner)].update(networks=1, ports=3)
    return needed


def _of_system(world: World, system: System) -> Counter[str]:
    """A segment has a port of its router and one of DHCP besides those of its hosts."""
    need = Counter(networks=len(system.segments), ports=2 * len(system.segments))
    for function in system.functions.values():
        flavor = world.flavors[function.flavor]
        hosts = len(function.hosts)
        need.update(instances=hosts, cores=hosts * flavor.cores, ram_mb=hosts * flavor.ram_mb, security_groups=1)
        need.update(ports=hosts + (function.virtual_address is not None))
        need.update(floating_addresses=int(function.floating_address))
    return need


def quota_lines(needed: dict[str, Counter[str]]) -> Iterator[str]:
    """One line a department."""
    for owner, need in needed.items():
        yield f"  {owner}: " + "，".join(f"{word} {key} {need[key]}" for key, word in QUOTA.items() if need[key])
