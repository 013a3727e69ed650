"""Checks that need more than one file: every reference names something, every name is there once."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from infra.plan.base import target
from infra.plan.check_stack import check_stack
from infra.plan.check_stacks import check_stacks
from infra.plan.lookup import check_division, check_owner, lacks
from infra.plan.needs import GATEWAY, SERVICE
from infra.plan.problems import Problem
from infra.plan.source import Source, Where
from infra.plan.systems import SystemEntry
from infra.plan.world import World


def check_world(world: World) -> list[Problem]:
    """All cross-file checks."""
    problems: list[Problem] = []
    departments = world.sources["departments.yaml"]
    for name, department in world.departments.items():
        problems += check_division(world, departments, (name, "division"), department.division)
    for name, system in world.systems.items():
        problems += _check_system(world, world.sources[f"systems/{name}.yaml"], system)
    problems += _check_sites(world)
    for name in world.stacks:
        problems += check_stack(world, name)
    problems += check_stacks(world)
    return problems


def _check_system(world: World, source: Source, system: SystemEntry) -> Iterator[Problem]:
    divisions = [code for code, name in world.placed_systems if name == system.name]
    yield from check_division(world, source, ("division",), system.division)
    yield from check_owner(world, source, ("owner",), system.owner, divisions)
    yield from _check_tier(world, source, system)
    yield from _check_zones(world, source, system)
    yield from _check_flavors(world, source, system)
    yield from _check_room(source, system)
    yield from _check_hosts(source, system)
    for index, flow in enumerate(system.flows):
        for side, endpoint in (("from", flow.from_), ("to", flow.to)):
            if fault := _endpoint_fault(world, endpoint, divisions):
                yield source.problem(("flows", index, side), fault)


def _check_tier(world: World, source: Source, system: SystemEntry) -> Iterator[Problem]:
    division = world.divisions.by_code.get(system.division or "")
    if division and (level := division.level) != system.tier:
        text = f"与行政区划的层级不符，应为 {level} · division {system.division} is a {level}; write that"
        yield source.problem(("tier",), text)


def _check_flavors(world: World, source: Source, system: SystemEntry) -> Iterator[Problem]:
    for name, function in system.functions.items():
        if world.flavors and function.flavor not in world.flavors:
            known = ", ".join(world.flavors)
            text = f"规格不存在：{function.flavor} · unknown flavor {function.flavor}; flavors.yaml has: {known}"
            yield source.problem(("functions", name, "flavor"), text)


def _check_room(source: Source, system: SystemEntry) -> Iterator[Problem]:
    """A segment holds its hosts besides what no host gets: network, gateway, the cloud's own, broadcast."""
    kept = GATEWAY + 1 + SERVICE + 1
    for zone, segment in system.segments.items():
        inside = [function for function in system.functions.values() if function.zone == zone]
        count = sum(len(function.hosts) + (function.virtual_address is not None) for function in inside)
        room = (1 << (32 - segment.prefix)) - kept
        if count > room:
            fitting = 32 - (count + kept - 1).bit_length()
            text = (
                f"子网太小：需要 {count} 个地址，/{segment.prefix} 只有 {room} 个，应为 /{fitting} · "
                f"{count} addresses needed, a /{segment.prefix} has {room}; write {fitting}"
            )
            yield source.problem(("segments", zone, "prefix"), text)


def _check_zones(world: World, source: Source, system: SystemEntry) -> Iterator[Problem]:
    for zone in system.segments:
        if system.division and system.division not in world.divisions:
            continue
        level = world.divisions[system.division].level if system.division else system.tier
        if zone not in world.network.zones or level not in world.network.zones[zone].sizes:
            text = f"{level} 一级没有该分区 · a {level} has no zone {zone}; size it in network.yaml, zones.{zone}.sizes"
            yield source.problem(("segments", zone), text)
    for name, function in system.functions.items():
        if function.zone not in system.segments:
            text = f"系统在该分区没有子网 · no segment in zone {function.zone}; add segments.{function.zone}"
            yield source.problem(("functions", name, "zone"), text)


def _check_hosts(source: Source, system: SystemEntry) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, function in system.functions.items():
        for index, host in enumerate([*function.hosts, function.virtual_address]):
            if host is None:
                continue
            last = "virtual_address" if index == len(function.hosts) else "hosts"
            where: Where = ("functions", name, last, index) if last == "hosts" else ("functions", name, last)
            if host in seen:
                yield source.problem(where, f"名称重复：{host} · {host} is already in functions.{seen[host]}")
            seen.setdefault(host, name)


def _endpoint_fault(world: World, endpoint: str, divisions: Sequence[str]) -> str:
    kind, _, rest = endpoint.partition(":")
    if not kind.startswith("$"):
        try:
            block = ip_network(endpoint)
        except ValueError as error:
            return f"不是网段 · not a block: {error}"
        inner = next((inner for inner in world.network.inner_network if inner.overlaps(block)), None)
        return (
            f"触及政务内网 {inner} · reaches the inner network's block {inner}; that is never allowed" if inner else ""
        )
    if kind == "$divisions":
        return _division_fault(world, rest)
    return "" if kind != "$systems" or rest == "*" else _system_fault(world, endpoint, divisions)


def _division_fault(world: World, code: str) -> str:
    """Nothing while the table of divisions, or that of their sizes, is itself at fault."""
    if code in world.divisions.faulty or not world.divisions.by_code or not world.network.levels:
        return ""
    known = code in world.divisions and world.divisions[code].level in world.network.levels
    return "" if known else f"没有该行政区或其地址块 · no division {code} with a block of its own"


def _system_fault(world: World, endpoint: str, divisions: Sequence[str]) -> str:
    name, _, function = target(endpoint).partition("/")
    if name not in world.systems:
        known = ", ".join(world.systems)
        return (
            "" if f"systems/{name}" in world.unread else f"系统不存在：{name} · unknown system {name}; known: {known}"
        )
    functions = world.systems[name].functions
    if function and function not in functions:
        return f"职能不存在：{function} · system {name} has no function {function}; it has: {', '.join(functions)}"
    if lacking := lacks(world, endpoint, divisions):
        return f"{lacking.name}及其上级没有系统 {name} · neither {lacking.code} nor one above it has system {name}"
    return ""


def _check_sites(world: World) -> Iterator[Problem]:
    hosts: dict[str, str] = {}
    for stem, site in world.sites.items():
        source = world.sources[f"sites/{stem}.yaml"]
        yield from check_division(world, source, ("division",), site.division)
        yield from check_owner(world, source, ("owner",), site.owner, [site.division])
        if site.host in hosts:
            yield source.problem(("host",), f"域名重复 · {site.host} is already the host of site {hosts[site.host]}")
        hosts.setdefault(site.host, stem)
        names = [column.name for column in site.columns]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield source.problem(("columns", index, "name"), f"栏目名称重复 · column {name} is already there")
