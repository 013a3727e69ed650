"""What new facts would take: addresses by zone and what stays free, and quota by department."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from infra.plan.base import VERSIONS, target
from infra.plan.ledger import Entry
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
    """One line an IPv4 block that gets smaller: what is taken from it, and what is left. IPv6 is never scarce."""
    old, new = (_blocks(world) for world in (before, after))
    taken: dict[str, list[str]] = {}
    used: Counter[str] = Counter()
    for key, entries in new.items():
        parent = key.rpartition("/")[0]
        used[parent] += sum(entry.last - entry.first + 1 for entry in entries)
        if key not in old and parent in old:
            taken.setdefault(parent, []).extend(f"/{entry.prefix}" for entry in entries)
    for parent, sizes in sorted(taken.items()):
        whole = sum(entry.last - entry.first + 1 for entry in new[parent])
        free = whole - used[parent]
        counted = "，".join(f"{size} × {count}" for size, count in sorted(Counter(sizes).items()))
        left = f"{free} / {whole}（{free * 100 // whole}%）"
        yield f"  {parent} {after.ledger.block(parent)}: 新占 takes {counted}，余 left {left}"


def _blocks(world: World) -> dict[str, tuple[Entry, ...]]:
    return {key: entries for (version, key), entries in world.ledger.by_key.items() if version == 4}


def quota_cost(world: World, systems: Iterable[System], stacks: Iterable[Stack]) -> dict[str, Counter[str]]:
    """By division and department, what its project needs for these systems and for these stacks' routers and links."""
    needed: dict[str, Counter[str]] = defaultdict(Counter)
    built = list(stacks)
    elsewhere = [system for stack in built if stack.uplink for system in world.built(stack)]
    for system in systems:
        need = _of_system(world, system)
        if system in elsewhere:  # it is reached by way of the exit, which is not its own stack's
            need.pop("floating_addresses")
        needed[_project(world, system.owner, system.division)].update(need)
    for stack in built:
        for router in stack.routers.values():
            needed[_project(world, router.owner, stack.division)].update(routers=1)
        for one, _ in stack.links:
            needed[_project(world, stack.routers[one].owner, stack.division)].update(networks=1, ports=3)
        if stack.uplink:
            owner = stack.routers[stack.uplink.through].owner
            needed[_project(world, owner, stack.division)].update(networks=1, ports=3)
    return needed


def _project(world: World, owner: str, division: str) -> str:
    department = world.department(owner, division)
    return f"{department.division} {department.name}" if department else target(owner)


def _of_system(world: World, system: System) -> Counter[str]:
    """A segment has a port of DHCP, and one of its router for each family, besides those of its hosts."""
    need = Counter(networks=len(system.segments), ports=(1 + len(VERSIONS)) * len(system.segments))
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
