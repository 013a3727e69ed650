"""The flow matrix as one stack sees it: each line with both ends found, its own hosts by group, others' by address.

A line counts when the stack builds the system that declares it, or when it touches one of the stack's systems and a
stack of the same network builds the one that declares it. What nobody builds is let in nowhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from infra.plan.base import target
from infra.plan.needs import segment_key
from infra.plan.systems import Flow, System
from infra.plan.uplinks import joined
from infra.plan.world import World

EVERY_HOST = "every-host"
INTERNET = IPv4Network("0.0.0.0/0")
Addresses = Mapping[str, tuple[IPv4Network, ...]]


@dataclass(frozen=True)
class Side:
    """One end of a line: groups of this stack, blocks as the line names them, hosts of other stacks by their group."""

    groups: tuple[str, ...] = ()
    blocks: tuple[IPv4Network, ...] = ()
    hosts: Addresses = field(default_factory=dict)

    @property
    def named(self) -> tuple[str | IPv4Network, ...]:
        """What rules name as it stands."""
        return (*self.groups, *self.blocks)


@dataclass(frozen=True)
class Line:
    """One line of the matrix with both ends found."""

    flow: Flow
    source: Side
    destination: Side


def group_name(system: str, function: str) -> str:
    """The security group of a function."""
    return f"{system}-{function.replace('_', '-')}"


def members(world: World, system: System) -> Addresses:
    """All addresses of each of a system's groups, whether built yet or not."""
    found: dict[str, tuple[IPv4Network, ...]] = {}
    for name, function in system.functions.items():
        parent = segment_key(system, function.zone)
        names = [*function.hosts, *([function.virtual_address] if function.virtual_address else [])]
        found[group_name(system.name, name)] = tuple(world.ledger.block(f"{parent}/{one}") for one in names)
    return found


def stack_lines(world: World, name: str) -> tuple[Line, ...]:
    """Every line that concerns a stack, its own first."""
    return tuple(
        line
        for declaring in joined(world.stacks, name)
        for system in world.built(world.stacks[declaring])
        for line in _lines(world, name, declaring, system)
        if declaring == name or line.source.groups or line.destination.groups
    )


def _lines(world: World, name: str, declaring: str, system: System) -> Iterator[Line]:
    for flow in system.flows:
        source, destination = (_side(world, name, declaring, system, end) for end in (flow.from_, flow.to))
        yield Line(flow, source, destination)


def _side(world: World, name: str, declaring: str, system: System, endpoint: str) -> Side:
    """What an endpoint of a system stands for, as the stack `name` sees it."""
    if endpoint == "$systems:*":
        return _every_host(world, name, declaring, system)
    if endpoint == "$outside:internet":
        return Side(blocks=(INTERNET,))
    if endpoint == "$outside:operators":
        return Side(blocks=tuple(world.stacks[declaring].operators))
    found = world.system(endpoint, system.division)
    if not found:
        return Side(blocks=(IPv4Network(endpoint),))
    function = target(endpoint).partition("/")[2]
    groups = [group_name(found.name, one) for one in found.functions if function in ("", one)]
    if found in world.built(world.stacks[name]):
        return Side(groups=tuple(groups))
    addresses = members(world, found)
    return Side(hosts={group: addresses[group] for group in groups})


def _every_host(world: World, name: str, declaring: str, system: System) -> Side:
    """Those of the stack that builds the system, and of the network's other stacks of the system's division."""
    stacks = joined(world.stacks, name)
    meant = [one for one in stacks if one == declaring or world.stacks[one].division == system.division]
    hosts = {
        f"{one}-{EVERY_HOST}": tuple(
            block
            for built in world.built(world.stacks[one])
            for blocks in members(world, built).values()
            for block in blocks
        )
        for one in meant
        if one != name
    }
    return Side(groups=(EVERY_HOST,) if name in meant else (), hosts=hosts)
