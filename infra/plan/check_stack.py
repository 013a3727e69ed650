"""Checks of one stack's settings against the facts that it builds, one by one."""

from collections.abc import Iterator

import networkx as nx

from infra.plan.base import target
from infra.plan.lookup import check_division, check_owner, lacks
from infra.plan.problems import Problem
from infra.plan.source import Source
from infra.plan.stack import Stack
from infra.plan.systems import System
from infra.plan.uplinks import above
from infra.plan.world import World


def check_stack(world: World, name: str) -> Iterator[Problem]:
    """Everything of one stack."""
    stack, source = world.stacks[name], world.sources[f"{name}.yaml"]
    yield from check_division(world, source, ("division",), stack.division)
    for index, reference in enumerate(stack.systems):
        where = ("systems", index)
        system = target(reference)
        if system not in world.systems:
            if f"systems/{system}" not in world.unread:
                text = f"系统不存在 · unknown system {system}; known: {', '.join(world.systems)}"
                yield source.problem(where, text)
        elif lacks(world, reference, [stack.division]):
            text = f"系统不属于 {stack.division} 或其上级 · system {system} is not one of {stack.division} or above it"
            yield source.problem(where, text)
        if reference in stack.systems[:index]:
            yield source.problem(where, f"重复 · {reference} is already there")
    systems = world.built(stack)
    yield from _check_names(world, systems)
    yield from _check_flavors_and_images(world, source, stack, systems)
    yield from _check_routers(world, source, stack, systems)
    yield from _check_settings(world, source, stack, systems)
    yield from _check_mirror(world, name)


def _check_names(world: World, systems: list[System]) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    functions: dict[str, str] = {}
    for system in systems:
        source = world.sources[f"systems/{system.name}.yaml"]
        for name, function in system.functions.items():
            for one in (name, *function.also):
                if functions.setdefault(one, f"{system.name}/{name}") != f"{system.name}/{name}":
                    text = f"职能重名：{functions[one]} · function {one} is already that of {functions[one]}"
                    yield source.problem(("functions", name), text)
            for index, host in enumerate(function.hosts):
                if owners.setdefault(host, system.name) != system.name:
                    text = f"主机名与系统 {owners[host]} 重复 · host {host} is already one of system {owners[host]}"
                    yield source.problem(("functions", name, "hosts", index), text)


def _check_flavors_and_images(world: World, source: Source, stack: Stack, systems: list[System]) -> Iterator[Problem]:
    for system in systems:
        own = world.sources[f"systems/{system.name}.yaml"]
        for name, function in system.functions.items():
            for key, value, known in (
                ("flavor", function.flavor, stack.flavors),
                ("image", function.image, stack.images),
            ):
                if value not in known:
                    word, file = "规格" if key == "flavor" else "镜像", source.of((f"{key}s",)).name
                    text = f"{word}不存在：{value} · unknown {key} {value}; {file} {key}s has: {', '.join(known)}"
                    yield own.problem(("functions", name, key), text)


def _check_routers(world: World, source: Source, stack: Stack, systems: list[System]) -> Iterator[Problem]:
    served: dict[str, str] = {}
    exits = [name for name, router in stack.routers.items() if router.exit]
    for name in exits[1:]:
        text = f"全省只许一个互联网出口，已有 {exits[0]} · a second Internet exit; {exits[0]} is the one (8.1.3.1-a)"
        yield source.problem(("routers", name, "exit"), text)
    for name, router in stack.routers.items():
        yield from check_owner(world, source, ("routers", name, "owner"), router.owner, [stack.division])
        for index, key in enumerate(router.zones):
            where = ("routers", name, "zones", index)
            code, _, zone = key.partition("/")
            if code not in world.divisions:
                yield from check_division(world, source, where, code)
            elif not any(zone == z and world.divisions[code].level in s.sizes for z, s in world.network.zones.items()):
                yield source.problem(where, f"没有该分区 · division {code} has no zone {zone} in network.yaml")
            elif not _related(world, code, stack.division):
                yield source.problem(
                    where, f"与本 stack 无关 · zone of {code}, which {stack.division} is neither in nor above"
                )
            if served.setdefault(key, name) != name:
                yield source.problem(where, f"分区已接入 {served[key]} · zone is already on router {served[key]}")
    yield from _check_links(source, stack)
    for system in systems:
        own = world.sources[f"systems/{system.name}.yaml"]
        for zone in system.segments:
            if f"{system.division}/{zone}" not in served:
                file = source.of(("routers",)).name
                text = f"没有路由器接入该分区 · no router of {file} joins zone {system.division}/{zone}"
                yield own.problem(("segments", zone), text)
        for name, function in system.functions.items():
            joined = served.get(f"{system.division}/{function.zone}")
            if function.floating_address and joined and not (stack.routers[joined].exit or stack.uplink):
                text = f"该分区不在互联网出口上 · zone {function.zone} is not on the Internet exit: no floating address"
                yield own.problem(("functions", name, "floating_address"), text)


def _related(world: World, one: str, other: str) -> bool:
    """Whether one of two divisions lies in the other, as far as both are known."""
    codes = [{division.code for division in world.divisions.lineage(code)} for code in (one, other)]
    return other not in world.divisions or one in codes[1] or other in codes[0]


def _check_links(source: Source, stack: Stack) -> Iterator[Problem]:
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(stack.routers)
    for index, (one, other) in enumerate(stack.links):
        for end in (one, other):
            if end not in stack.routers:
                yield source.problem(("links", index), f"路由器不存在 · unknown router {end}")
        if one == other or graph.has_edge(one, other):
            yield source.problem(
                ("links", index), f"链路重复或指向自身 · link {one}-{other} is there twice or leads to itself"
            )
        graph.add_edge(one, other)
    if stack.routers and not nx.is_connected(graph):
        yield source.problem(("links",), "有路由器未互联 · some routers have no link to the others")


def _check_settings(world: World, source: Source, stack: Stack, systems: list[System]) -> Iterator[Problem]:
    for index, block in enumerate(stack.operators):
        if any(block.overlaps(inner) for inner in world.network.inner_network):
            yield source.problem(("operators", index), f"{block} 触及政务内网 · reaches the inner network's blocks")
    for name in stack.quotas:
        if name != "default" and name not in world.departments:
            yield source.problem(("quotas", name), f"单位不存在 · unknown department {name}")
    owners = {target(system.owner) for system in systems} | {target(router.owner) for router in stack.routers.values()}
    for owner in sorted(owners & world.departments.keys()):
        if owner not in stack.quotas and "default" not in stack.quotas:
            text = f"{owner} 没有配额 · {owner} has no quota; add quotas.{owner} or quotas.default"
            yield source.problem(("quotas",), text)


def _check_mirror(world: World, name: str) -> Iterator[Problem]:
    function = world.stacks[name].mirror.function
    stacks = [world.stacks[one] for one in (name, *above(world.stacks, name))]
    built = [world.built(stack) for stack in stacks]
    read = all(len(found) == len(stack.systems) for found, stack in zip(built, stacks, strict=True))
    if read and not any(function in system.functions for found in built for system in found):
        text = f"职能不存在 · no system of this stack, or of one above, has function {function}"
        yield world.sources[f"{name}.yaml"].problem(("mirror", "function"), text)
