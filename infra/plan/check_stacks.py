"""Checks of all stacks against each other: uplinks that lead somewhere, and clouds on which nothing is built twice."""

from collections.abc import Iterable, Iterator

from infra.plan.needs import link_key
from infra.plan.problems import Problem
from infra.plan.source import Where
from infra.plan.stack import Stack, Uplink
from infra.plan.tenancy import domain_name, home, owners
from infra.plan.uplinks import above
from infra.plan.world import World


def check_stacks(world: World) -> Iterator[Problem]:
    """Everything that takes more than one stack."""
    for name, stack in world.stacks.items():
        if stack.uplink:
            yield from _check_uplink(world, name, stack, stack.uplink)
    yield from _check_clouds(world)


def _check_uplink(world: World, name: str, stack: Stack, uplink: Uplink) -> Iterator[Problem]:
    source = world.sources[f"{name}.yaml"]
    if uplink.through not in stack.routers:
        yield source.problem(("uplink", "through"), _unknown("路由器 router", uplink.through, stack.routers))
    upper = world.stacks.get(uplink.stack)
    if upper is None:
        if uplink.stack not in world.unread:
            yield source.problem(("uplink", "stack"), _unknown("stack", uplink.stack, world.stacks))
        return
    chain = above(world.stacks, name)
    if name in chain:
        text = f"上联成环 · uplinks lead in a circle: {' → '.join([name, *chain])}"
        yield source.problem(("uplink", "stack"), text)
        return
    if upper.uplink:
        text = f"{uplink.stack} 自身也有上联 · it has an uplink too: only the cloud's admin makes room for stacks below"
        yield source.problem(("uplink", "stack"), text)
    if uplink.router not in upper.routers:
        yield source.problem(
            ("uplink", "router"), _unknown(f"{uplink.stack} 的路由器 router", uplink.router, upper.routers)
        )
    if upper.cloud != stack.cloud:
        text = (
            f"不在同一云上：{upper.cloud} · {uplink.stack} is on cloud {upper.cloud}; a link joins routers of one cloud"
        )
        yield source.problem(("uplink", "stack"), text)
    lineage = [division.code for division in world.divisions.lineage(stack.division)]
    if stack.division in world.divisions and upper.division in world.divisions and upper.division not in lineage:
        text = f"不是本级或上级 · {uplink.stack} is of {upper.division}, which is not {stack.division} nor above it"
        yield source.problem(("uplink", "stack"), text)


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    return f"{kind}不存在 · unknown: {name}; there are: {', '.join(known)}"


def _check_clouds(world: World) -> Iterator[Problem]:
    """On one cloud there is one exit, and one stack for each system, zone and link."""
    holders: dict[tuple[str, str], str] = {}
    for name, stack in world.stacks.items():
        for where, what, text in _held(world, name, stack):
            holder = holders.setdefault((stack.cloud, what), name)
            if holder != name:
                yield world.sources[f"{name}.yaml"].problem(where, f"stack {holder} {text}")


def _held(world: World, name: str, stack: Stack) -> Iterator[tuple[Where, str, str]]:
    """Where it is said, what it is, and what another stack that has it too is told."""
    for router, setting in stack.routers.items():
        if setting.exit:
            yield ("routers", router, "exit"), "exit", "已有互联网出口 · a second Internet exit; that stack has the one"
        for index, zone in enumerate(setting.zones):
            text = f"已接入该分区 · zone {zone} is already on a router of that stack on cloud {stack.cloud}"
            yield ("routers", router, "zones", index), f"zone {zone}", text
    for index, reference in enumerate(stack.systems):
        if system := world.system(reference, stack.division):
            text = f"已建设该系统 · that stack builds system {system.name} of {system.division} on cloud {stack.cloud}"
            yield ("systems", index), f"system {system.division}/{system.name}", text
    for department in owners(world, name):
        lineage = world.divisions.lineage(department.division)
        if not lineage[-1].parent:
            domain = domain_name(world, name, home(world, name, department))
            text = f"已有域 {domain} · that stack makes domain {domain}; join them by an uplink, or build it all in one"
            yield ("division",), f"domain {domain}", text
    if stack.division in world.divisions:
        for index, ends in enumerate(stack.links):
            text = f"已有同名链路 · that stack has a link {'-'.join(ends)} of {stack.division}; rename a router"
            yield ("links", index), link_key(world.divisions, stack, ends), text
