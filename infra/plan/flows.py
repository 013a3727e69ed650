"""The flow matrix as one stack sees it: each line with both ends found, its own hosts by group, others' by address.

A line counts when the stack builds the system that declares it, or when it touches one of the stack's systems and a
stack of the same network builds the one that declares it. What nobody builds is let in nowhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network

from infra.plan.base import VERSIONS, Block, target
from infra.plan.systems import Flow, System, group_name
from infra.plan.topology import zone_blocks
from infra.plan.uplinks import EVERYWHERE, joined
from infra.plan.world import Addresses, World

EVERY_HOST = "every-host"
INTERNET = tuple(EVERYWHERE.values())


@dataclass(frozen=True)
class Side:
    """One end of a line: groups of this stack, blocks as the line names them, hosts of other stacks by their group."""

    groups: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    hosts: Addresses = field(default_factory=dict)

    @property
    def named(self) -> tuple[str | Block, ...]:
        """What rules name as it stands."""
        return (*self.groups, *self.blocks)


@dataclass(frozen=True)
class Line:
    """One line of the matrix with both ends found."""

    flow: Flow
    source: Side
    destination: Side


def stack_lines(world: World, name: str) -> tuple[Line, ...]:
    """Every line that concerns a stack, its own first."""
    view = _View(world, name, {one: world.built(world.stacks[one]) for one in joined(world.stacks, name)})
    lines = (
        (declaring, Line(flow, view.side(declaring, system, flow.from_), view.side(declaring, system, flow.to)))
        for declaring, systems in view.built.items()
        for system in systems
        for flow in system.flows
    )
    return tuple(
        line for declaring, line in lines if declaring == name or line.source.groups or line.destination.groups
    )


@dataclass(frozen=True)
class _View:
    """A stack's network as the stack sees it: what each stack of it builds."""

    world: World
    name: str
    built: Mapping[str, Sequence[System]]

    def side(self, declaring: str, system: System, endpoint: str) -> Side:
        """What an endpoint stands for in a system's file, when a certain stack builds that system."""
        if endpoint == "$systems:*":
            return self._every_host(declaring, system)
        found = self.world.system(endpoint, system.division) if endpoint.startswith("$systems:") else None
        if not found:
            return Side(blocks=tuple(self._blocks(declaring, endpoint)))
        function = target(endpoint).partition("/")[2]
        groups = [group_name(found.name, one) for one in found.functions if function in ("", one)]
        if any(found is own for own in self.built[self.name]):
            return Side(groups=tuple(groups))
        addresses = self.world.addresses[found.division, found.name]
        return Side(hosts={group: addresses[group] for group in groups})

    def _blocks(self, declaring: str, endpoint: str) -> Sequence[Block]:
        """What is named by block, or stands for blocks."""
        if endpoint == "$outside:internet":
            return INTERNET
        if endpoint == "$outside:operators":
            return self.world.stacks[declaring].operators
        if endpoint.startswith("$divisions:"):
            return [block for version in VERSIONS for block in zone_blocks(self.world, [target(endpoint)], version)]
        return [ip_network(endpoint)]

    def _every_host(self, declaring: str, system: System) -> Side:
        """Those of the stack that builds the system, and of the network's other stacks of the system's division."""
        meant = [one for one in self.built if one == declaring or self.world.stacks[one].division == system.division]
        hosts = {
            f"{one}-{EVERY_HOST}": tuple(
                block
                for built in self.built[one]
                for blocks in self.world.addresses[built.division, built.name].values()
                for block in blocks
            )
            for one in meant
            if one != self.name
        }
        return Side(groups=(EVERY_HOST,) if self.name in meant else (), hosts=hosts)
